import { cognigy, only, says, type Shapes } from './shape';

/** Texts with and without markup. */
export const texts: Shapes = {
	'data-only-then-text': [
		...cognigy({ _voiceGateway2: { json: { verb: 'config' } } }),
		{ text: 'Good morning!', data: {} },
		...cognigy({ _voiceGateway2: { json: { action: 'hangup' } } }),
		{ text: null, data: { _webchat: { botAvatarOverrideUrl: 'https://example.org/a.png' } } },
	],
	'white-space-only': [...says(' \n\n'), ...says('\n\u000b\t'), ...says('Ready.')],
	'control-characters': [...says('\b\n'), ...says('\u200b'), ...says('Set.')],
	html: says("Read <a href='https://example.org/faq'>our FAQ</a>, <strong>please</strong>.<br>Then ask."),
	ssml: says('<speak>Your code is <say-as interpret-as="digits">4711</say-as>.<break time="200ms"/> Bye.</speak>'),
	'not-html': says('if a < b and c > d, write <your name> & go'),
	'markdown-stays': says('## Steps\n\n1. **Open** it\n2. `npm i`'),
	'html-blocks': says('<h1>Opening hours</h1>\n<div style="color: red">Closed on <em>Sunday</em></div>'),
	'html-list': says(
		'<p>You need:</p>\n<ul>\n  <li>your <b>passport</b></li>\n  <li>a ticket\n    <ol><li>printed</li><li>or on a phone</li></ol>\n  </li>\n</ul>',
	),
	'html-table': says(
		"Our prices: <table border='1'><thead><tr><th>Day</th><th>Price</th></tr></thead>" +
			'<tbody><tr><td><strong>Monday</strong></td><td>4 &euro;</td></tr><tr><td>Sunday</td><td>6 &euro;</td></tr></tbody></table>',
	),
	'html-picture': says(
		'Our map: <img src="https://example.org/map.png?w=1&amp;h=2" alt="The old town"> <a href="https://example.org">https://example.org</a>',
	),
	'html-form-in-markdown': says(
		"### Were you content? \n <ul><li><input type='checkbox'/> Quite</li><li><input type='checkbox'/> Not quite</li></ul>",
	),
	'html-script': says('<style>p { color: red }</style><p>Welcome back.</p><script>if (1 < 2) alert("Hey")</script>'),
	'html-entities': says('Salt &amp; pepper, 3 &lt; 4, caf&eacute;&nbsp;&#8211; see https://example.org/?a=1&copy=2'),
	'html-in-code': says('Write this:\n```html\n<p>Hi &amp; bye</p>\n```\nand `<br>` for a <b>new</b> line'),
	'html-phone-link': says(
		"## Call us\n<a href='tel:+4930123'>Our desk</a> or <a href='mailto:a@example.org'>a@example.org</a>",
	),
	'html-unclosed': says('<p>Your parcel is <b>on its way'),
	'html-comment': says('<!-- greeting -->Hello<!-- end -->'),
	'html-only': [...says('<p>&nbsp;</p><br>'), ...says('Still there?')],
	'loading-tag': [...says('<loading>\n'), ...says('<p>I look it up.</p>'), ...says('</loading>\n')],
	'lookalike-tags': says('Map<String, List<Item>> and a <b and c> d; give me <address> or <title>, x<3'),
	'ssml-sentences': says(
		'<speak><p><s>It rains.</s><s>Take a coat.</s></p><prosody rate="slow">Good luck.</prosody></speak>',
	),
	'ssml-styles': says(
		'<speak version="1.0" xml:lang="en-US"><voice name="en-US-A"><mstts:express-as style="cheerful">Hooray!</mstts:express-as></voice> <sub alias="World Wide Web">WWW</sub></speak>',
	),
	'ssml-without-speak': says(
		'Your number: <say-as interpret-as="telephone">555 123</say-as><break strength="weak"/>Bye',
	),
	multiline: says('First line\nsecond line'),
	'with-own-data': [{ text: 'Done.', data: { orderId: 'A-7', total: 3 } }],
	'markdown-links': says('[Our page](https://example.org) costs 5 < 6 and **nothing** more'),
	'agent-says': [{ text: 'Hello, this is <b>Kim</b>.', source: 'agent', data: {} }],
	'text-and-same-message': [{ text: 'Hello!', data: { _cognigy: { _webchat: { message: { text: 'Hello!' } } } } }],
	'data-between-texts': [{ text: 'Before.', data: {} }, ...only({ step: 2 }), { text: 'After.', data: {} }],
	'data-empty': [{ text: 'Just text.', data: {} }, ...only({})],
};
