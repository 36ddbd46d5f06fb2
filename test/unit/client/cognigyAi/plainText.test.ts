import { plainText } from '../../../../client/cognigyAi/outputs/html/plainText';

describe('what is no HTML stays as it is', () => {
	it.each([
		'Hello',
		'',
		'  spaces  stay\n\n\tand lines ',
		'if a < b and c > d, write <your name> & go',
		'a <b and c> d',
		'Foo<B> and x<i>, if a<b>c',
		'<https://example.org> or <mail@example.org>',
		'| a | b |\n| --- | --- |\n| 1 | `<br>` |',
		'x<y, x <b, <, </, <>, </>, <3, a<',
		'Map<String, List<Integer>> and std::vector<int>',
		'Reply with <address>, <title>, <code>, <time> or <email@example.org>',
		'<loading>\n',
		'</loading>\n',
		'https://example.org/?a=1&copy=2&lt=3 & AT&T',
		'an open <a href="https://example.org',
		'an open <!-- comment',
		'`<br>` and ``<b>`</b>`` stay',
		'```html\n<p>Hi &amp; bye</p>\n```',
		'~~~\n<p>\n~~~',
		'- in a list:\n    ```\n    <b>x</b>\n    ```',
		'```\n<b>never closed</b>',
		'## Title\n\n> quoted\n\n1. **one**\n2. [two](https://example.org)',
		'\uFDD0 <b>not for interchange</b>',
	])('%j', (text) => {
		expect(plainText(text)).toBe(text);
	});
});

describe('HTML becomes text', () => {
	it.each([
		['tags go', 'a <b>bold</b> <i class="x">word</i>', 'a bold word'],
		['in capitals too', '<B>Hi</B><BR>you', 'Hi\nyou'],
		['also beside what looks like tags', 'I <3 <b>you</b> & <your name>', 'I <3 you & <your name>'],
		['also inside of it', 'x <b and <i>it</i>; see <!-- note: <b>x</b>', 'x <b and it; see <!-- note: x'],
		['also unclosed', '<p>Hello <b>there', 'Hello there'],
		['also unopened', 'Hello</b></p> there', 'Hello\nthere'],
		['blocks become lines', '<h1>A</h1>\n\n<p>B</p><div>C<div>D</div></div>E', 'A\nB\nC\nD\nE'],
		['breaks too, and two of them a blank line', 'A<br>B<br/>\nC<br><br>D<br><br><br>E', 'A\nB\nC\n\nD\n\nE'],
		['lines of the text stay', '<p>One\n   Two</p>', 'One\nTwo'],
		['lists', '<ul>\n <li>a</li>\n <li>b<ul><li>c</ul></ul>d', '- a\n- b\n  - c\nd'],
		['numbered lists', '<ol start="3"><li>x<li>y</ol><ol><li>z</li></ol>', '3. x\n4. y\n1. z'],
		['empty list items say nothing', '<ul><li></li><li> </li><li>a</li></ul>', '- a'],
		[
			'tables',
			'<table><tr><th>A</th><th>B</th></tr><tr><td>1<br>2</td><td><p>3</p></td></tr></table>',
			'A | B\n1 2 | 3',
		],
		['links keep their addresses', '<a href="https://e.org/?a=1&amp;b=2">here</a>.', 'here (https://e.org/?a=1&b=2).'],
		['once', '<a href="https://e.org">https://e.org</a>', 'https://e.org'],
		['without words', '<a href="https://e.org"></a>', 'https://e.org'],
		['unclosed', 'see <a href="https://e.org">this', 'see this (https://e.org)'],
		['of phones and mail', '<a href="tel:+49">Call</a> <a href="mailto:a@b.c">a@b.c</a>', 'Call (+49) a@b.c'],
		['not those that lead nowhere', '<a href="#top">up</a> <a href="javascript:void(0)">do</a>', 'up do'],
		[
			'pictures',
			'<img alt="Map" src="https://e.org/m.png"> <img src="data:image/png;base64,AA">',
			'Map (https://e.org/m.png) ',
		],
		['films', '<video controls><source src="https://e.org/v.mp4"></video>', 'https://e.org/v.mp4'],
		['entities', '&lt;b&gt; &amp;amp; caf&eacute; &#8364;&nbsp;5 &nope;', '<b> &amp; café € 5 &nope;'],
		[
			'without what nobody sees',
			'<head><title>T</title></head><style>a<b</style>x<script>if(a<b)"</p>"</script><!-- c -->y',
			'xy',
		],
		['preformatted', '<pre>a\n  b</pre>', 'a\n  b'],
		['quotes', '<q>Yes</q>', '"Yes"'],
		['CDATA and declarations', '<!DOCTYPE html><?xml version="1.0"?><p><![CDATA[a < b]]></p>', 'a < b'],
		[
			'placeholders of inputs',
			'<input type="text" placeholder="Your name"/><input type="submit" value="Go">',
			'Your name Go',
		],
		['code of Markdown in HTML', '<p>Use `<br>`</p>', 'Use `<br>`'],
		['rows of Markdown tables stay rows', '| a<br>b | <b>c</b> |\n| d | e<br/> |', '| a b | c |\n| d | e |'],
		['apostrophes are no code', 'it`s <b>b</b> and that`s <i>c</i>', 'it`s b and that`s c'],
	])('%s', (_what, html, text) => {
		expect(plainText(html)).toBe(text);
	});
});

it.each([
	[
		'<speak>Your code is <say-as interpret-as="digits">4711</say-as>.<break time="200ms"/>Bye</speak>',
		'Your code is 4711. Bye',
	],
	['<speak><s>One.</s><s>Two.</s></speak>', 'One. Two.'],
	['<speak version="1.1"><amazon:effect name="whispered">hush</amazon:effect></speak>', 'hush'],
	['<audio src="https://e.org/a.mp3"/>', 'https://e.org/a.mp3'],
	['Wait<break strength="weak"/>a <emphasis>bit</emphasis>', 'Wait a bit'],
])('SSML becomes text: %s', (ssml, text) => {
	expect(plainText(ssml)).toBe(text);
});
