import { readableText } from '../../../../client/cognigyAi/outputs/readableText';

const rich = (content: object) => ({ _cognigy: { _default: content } });
const read = (content: object, text = '') => readableText(text, rich(content));

it('is the text where there is nothing rich', () => {
	expect(readableText(' Hello ')).toBe('Hello');
	expect(readableText('', { k: 1 })).toBe('');
	expect(readableText('Hello', { _cognigy: 'odd', _data: 7 })).toBe('Hello');
});

it('sums up quick replies, also those one level deeper', () => {
	const _quickReplies = { text: 'Which colour?', quickReplies: [{ title: 'Red' }, { title: 'Blue', payload: 'b' }] };
	expect(read({ _quickReplies })).toBe('Which colour?\n[Red] [Blue]');
	expect(readableText('', { _data: rich({ _quickReplies }) })).toBe('Which colour?\n[Red] [Blue]');
	expect(read({ _quickReplies }, 'Which colour?')).toBe('Which colour?\n[Red] [Blue]');
	expect(read({ _quickReplies }, 'Choose.')).toBe('Choose.\nWhich colour?\n[Red] [Blue]');
});

it('sums up buttons with where they lead', () => {
	const buttons = [
		{ type: 'postback', title: 'Track', payload: 'track' },
		{ type: 'web_url', title: 'Shop', url: 'https://shop.example.com' },
		{ type: 'phone_number', title: 'Call us', payload: '+49 211 0' },
	];
	expect(read({ _buttons: { text: 'What now?', buttons } })).toBe(
		'What now?\n[Track] [Shop: https://shop.example.com] [Call us: +49 211 0]',
	);
});

it('sums up galleries and lists, a line for each entry', () => {
	const items = [
		{ title: 'Shoe', subtitle: '89 EUR', buttons: [{ title: 'Buy' }] },
		{ title: 'Jacket', buttons: null },
		{ imageAltText: 'A hat', defaultActionUrl: 'https://shop.example.com/hat' },
		{},
	];
	const lines = '- Shoe: 89 EUR [Buy]\n- Jacket\n- A hat https://shop.example.com/hat';
	expect(read({ _gallery: { items } })).toBe(lines);
	expect(read({ _list: { items, button: { title: 'All' } } })).toBe(`${lines}\n[All]`);
});

it('sums up adaptive cards, whatever they are nested in', () => {
	const card = {
		type: 'AdaptiveCard',
		body: [
			{ type: 'TextBlock', text: 'Your return' },
			{ type: 'Container', items: [{ type: 'FactSet', facts: [{ title: 'Number', value: 'R-77' }] }] },
			{ type: 'ColumnSet', columns: [{ type: 'Column', items: [{ type: 'TextBlock', text: 'Left' }] }] },
			{ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'Rich' }, 'plain'] },
			{ type: 'Input.Text', label: 'Your name' },
			{ type: 'Image', altText: 'A label' },
		],
		actions: [
			{ type: 'Action.Submit', title: 'Print' },
			{ type: 'Action.OpenUrl', title: 'See', url: 'https://e.example' },
		],
	};
	expect(read({ _adaptiveCard: { adaptiveCard: card } })).toBe(
		'Your return\nNumber: R-77\nLeft\nRichplain\nYour name\nImage: A label\n[Print] [See: https://e.example]',
	);
});

it('writes the dates of cards that are left to who shows them', () => {
	const body = [
		{ type: 'TextBlock', text: 'On {{DATE(2026-01-31T08:15:00Z, SHORT)}} at {{TIME(2026-01-31T08:15:00Z)}}' },
		{ type: 'FactSet', facts: [{ title: 'Due', value: '{{DATE(2026-02-01T00:00:00+01:00,LONG)}}' }] },
		{ type: 'TextBlock', text: '{{name}} {{DATE(soon)}}' },
	];
	expect(read({ _adaptiveCard: { adaptiveCard: { body } } })).toBe(
		'On 2026-01-31 at 08:15\nDue: 2026-02-01\n{{name}} {{DATE(soon)}}',
	);
});

it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
	'takes no name of JavaScript for one of its own: %s',
	(type) => {
		expect(readableText('', { _plugin: { type } })).toBe('');
		expect(readableText('', { attachments: [{ type, name: 'a.pdf' }] })).toBe('File: a.pdf');
		const elements = [{ media_type: type, title: 'Film' }];
		const message = { attachment: { type, payload: { elements } } };
		expect(readableText('', { _cognigy: { _webchat: { message } } })).toBe('- Film');
		expect(readableText(`<${type}>x</${type}>`)).toBe(`<${type}>x</${type}>`);
	},
);

it('does not follow a card without end', () => {
	let card: object = { type: 'TextBlock', text: 'deep' };
	for (let depth = 0; depth < 50_000; depth++) card = { type: 'Container', items: [card] };
	expect(read({ _adaptiveCard: { adaptiveCard: card } })).toBe('');
});

it('sums up media', () => {
	expect(read({ _image: { imageUrl: 'https://e.example/a.png', imageAltText: 'A map' } })).toBe(
		'Image: A map (https://e.example/a.png)',
	);
	expect(read({ _audio: { audioUrl: 'https://e.example/a.mp3' } })).toBe('Audio: https://e.example/a.mp3');
	expect(read({ _video: { videoAltText: 'A tour' } })).toBe('Video: A tour');
	expect(read({ _image: {} })).toBe('');
});

it.each([null, 7, 'text', [], [null], { items: 'no' }, { buttons: [null, 3] }, { adaptiveCard: [] }])(
	'does without what is not as expected: %j',
	(odd) => {
		const names = ['_quickReplies', '_buttons', '_gallery', '_list', '_adaptiveCard', '_image', '_audio', '_video'];
		expect(read(Object.fromEntries(names.map((name) => [name, odd])), 'Hello')).toBe('Hello');
	},
);
