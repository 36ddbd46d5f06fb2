import { messagesOfTranscript } from '../../../../client/cognigyAi/transcriptMessages';
import { transcriptRowSchema } from '../../../../client/cognigyAi/wire';

const at = (second: number) => new Date(Date.UTC(2026, 8, 1, 12, 0, second)).toISOString();

const input = (second: number, inputText: string, more: object = {}) => ({
	...{ type: 'input', source: 'user', inputId: `in-${second}`, outputId: null, inputText, inputData: {} },
	...{ timestamp: at(second), channel: 'rest', contactId: 'user-1', rating: null, ratingComment: '' },
	...more,
});
const output = (second: number, inputText: string, more: object = {}) => ({
	...input(second, inputText),
	...{ type: 'output', source: 'bot', outputId: `out-${second}` },
	...more,
});
const chunk = (second: number, text: string, more: object = {}) =>
	output(second, text, { inputId: 'in-1', inputData: { _cognigy: { _messageId: 'answer-1', ...more } } });

const read = (rows: readonly object[]) =>
	messagesOfTranscript(
		rows.map((row) => transcriptRowSchema.parse(row)),
		'session-1',
	);
const texts = (rows: readonly object[]) => read(rows).map(({ text }) => text);

it('has what was said, by whom, when, and on which channel', () => {
	expect(read([input(1, 'Hello'), output(2, 'Hi.'), output(3, 'Wait.', { source: 'agent' })])).toEqual([
		{ messageId: 'in-1', text: 'Hello', source: 'user', timestamp: at(1), channel: 'rest' },
		{ messageId: 'out-2', text: 'Hi.', source: 'bot', timestamp: at(2), channel: 'rest' },
		{ messageId: 'out-3', text: 'Wait.', source: 'agent', timestamp: at(3), channel: 'rest' },
	]);
});

it('takes the type where nobody says who it was', () => {
	const rows = [input(1, 'Hello', { source: '' }), output(2, 'Hi.', { source: null })];
	expect(read(rows).map(({ source }) => source)).toEqual(['user', 'bot']);
	// An example in the reference has the type "user".
	expect(read([output(1, 'Hello', { source: undefined, type: 'user' })])).toMatchObject([{ source: 'user' }]);
});

it('does not show where an execution waits for its outcome, wherever a flow has said it', () => {
	const url = `https://n8n.example/webhook-waiting/7/outcome?run=0&key=${'a'.repeat(64)}`;
	const said = [output(1, `Posting to ${url}`), output(2, url, { inputData: { context: { callbackUrl: url } } })];
	const messages = read(said);

	expect(JSON.stringify(messages)).not.toContain('aaaa');
	expect(messages).toMatchObject([
		{ text: 'Posting to ***' },
		{ text: '***', data: { context: { callbackUrl: '***' } } },
	]);
	expect(messages[1]).not.toHaveProperty('isMasked');
});

describe('order', () => {
	it('is that of time, whatever that of the rows is', () => {
		expect(texts([output(5, 'Five'), input(1, 'One'), output(9, 'Nine'), output(2, 'Two')])).toEqual([
			...['One', 'Two', 'Five', 'Nine'],
		]);
	});

	it('has what the user said before what came of it at the same moment', () => {
		expect(texts([output(1, 'Hi.'), input(1, 'Hello'), output(1, 'How are you?')])).toEqual([
			...['Hello', 'Hi.', 'How are you?'],
		]);
	});

	it('keeps rows of the same moment as they came, also where the newest comes first', () => {
		const rows = [input(1, 'Hello'), output(2, 'One'), output(2, 'Two'), output(2, 'Three'), output(3, 'Four')];
		expect(texts(rows)).toEqual(['Hello', 'One', 'Two', 'Three', 'Four']);
		expect(texts(rows.reverse())).toEqual(['Hello', 'One', 'Two', 'Three', 'Four']);
	});

	it('has a row without a time behind the one before it', () => {
		const rows = [input(1, 'One'), output(2, 'Two', { timestamp: {} }), output(3, 'Three')];
		expect(read(rows)).toMatchObject([{ text: 'One' }, { text: 'Two', timestamp: '' }, { text: 'Three' }]);
	});
});

it.each([
	['ISO 8601', at(7)],
	['ISO 8601 of another zone', '2026-09-01T14:00:07.000+02:00'],
	['seconds', Date.parse(at(7)) / 1000],
	['milliseconds', Date.parse(at(7))],
])('reads times as %s', (_what, timestamp) => {
	expect(read([input(7, 'Hello', { timestamp })])).toMatchObject([{ timestamp: at(7) }]);
});

it.each([1e300, -1e300, Infinity, 'yesterday', null, {}])('knows no time of %p', (timestamp) => {
	expect(read([input(7, 'Hello', { timestamp })])).toMatchObject([{ timestamp: '' }]);
});

describe('a streamed answer', () => {
	it('is one message, at the time of its first row', () => {
		const rows = [
			...[input(1, 'Tell me'), chunk(2, 'Once '), chunk(3, 'upon '), chunk(4, 'a time.')],
			chunk(5, '', { _finishReason: 'stop' }),
		];
		const [question, answer, ...others] = read(rows);
		expect(question).toMatchObject({ text: 'Tell me' });
		expect(answer).toMatchObject({ messageId: 'answer-1', text: 'Once upon a time.', timestamp: at(2) });
		expect(others).toEqual([]);
	});

	it('is one also where somebody speaks in between, and its last row does not say what it belongs to', () => {
		const rows = [
			...[input(1, 'Tell me'), chunk(2, 'Once '), input(3, 'Quick!'), chunk(4, 'upon a time.')],
			output(5, '', { inputData: { _cognigy: { _finishReason: 'stop' } } }),
		];
		expect(texts(rows)).toEqual(['Tell me', 'Once upon a time.', 'Quick!']);
	});

	it('of another turn is another one, whatever its id', () => {
		const [, first, , second] = read([
			...[input(1, 'One'), chunk(2, 'First'), input(3, 'Two')],
			{ ...chunk(4, 'Second'), inputId: 'in-3' },
		]);
		expect([first?.text, second?.text]).toEqual(['First', 'Second']);
		expect(first?.messageId).toBe('answer-1');
		expect(second?.messageId).toMatch(/^answer-1-[0-9a-f]{8}$/);
	});

	it('keeps what is rich in it', () => {
		const quickReplies = { _default: { _quickReplies: { text: '', quickReplies: [{ title: 'Yes' }] } } };
		const [answer] = read([chunk(1, 'Shall '), chunk(2, 'I?'), chunk(3, '', quickReplies)]);
		expect(answer?.text).toMatch(/^Shall I\?\n.*Yes/s);
		expect(answer?.data).toMatchObject({ _cognigy: quickReplies });
	});
});

describe('texts', () => {
	it('of a bot read as they do in a reply, and as they were sent in the data', () => {
		const [message] = read([output(1, '<p>Hello <b>you</b></p>')]);
		expect(message).toMatchObject({ text: 'Hello you', data: { _text: '<p>Hello <b>you</b></p>' } });
	});

	it('of a user stay what they are', () => {
		expect(read([input(1, 'if a <b and c> d')])).toMatchObject([{ text: 'if a <b and c> d' }]);
		expect(read([input(1, 'if a <b and c> d')])[0]).not.toHaveProperty('data');
	});

	it.each([
		['an object', { order: 'A-1' }],
		['its JSON', '{"order":"A-1"}'],
	])('have the data, which is %s', (_what, inputData) => {
		expect(read([output(1, 'Done.', { inputData })])).toMatchObject([{ data: { order: 'A-1' } }]);
	});

	it.each(['{"cut', '[1]', '7', 'null', 7, [1], null])('are there without data that is no object: %p', (inputData) => {
		const [message] = read([output(1, 'Done.', { inputData })]);
		expect(message).toMatchObject({ text: 'Done.' });
		expect(message).not.toHaveProperty('data');
	});

	it('that are blank are left out, unless there is something else', () => {
		const event = { event: 'CALL_CREATED' };
		const rows = [
			...[input(1, ''), output(2, '  \n'), output(3, '', { inputData: { _cognigy: { _finishReason: 'stop' } } })],
			...[input(4, '', { inputData: event }), output(5, '', { rating: -1 })],
		];
		expect(read(rows)).toMatchObject([{ data: event }, { rating: -1 }]);
	});
});

describe('masks', () => {
	it.each(['*', '*****', '** ***', '•••'])('stay, and it is said: %s', (text) => {
		const rows = [input(1, text, { inputData: '****' }), output(2, text, { inputData: '{"a":"***"}' })];
		expect(read(rows)).toMatchObject([
			{ text, isMasked: true },
			{ text, isMasked: true, data: { a: '***' } },
		]);
	});

	it('are only what the service calls so, where it says', () => {
		expect(read([input(1, '***', { isMasked: false })])[0]).not.toHaveProperty('isMasked');
		expect(read([input(1, 'Anonymous', { isMasked: true })])).toMatchObject([{ text: 'Anonymous', isMasked: true }]);
	});

	it('stay what they are, also with HTML around them', () => {
		const [message] = read([output(1, 'Dear <b>****</b>', { isMasked: true })]);
		expect(message).toMatchObject({ text: 'Dear <b>****</b>', isMasked: true });
		expect(message).not.toHaveProperty('data');
	});

	it('are not what is only bold', () => {
		expect(read([output(1, '***Attention***')])[0]).not.toHaveProperty('isMasked');
	});
});

it('has the rating, and what was said about it', () => {
	expect(read([output(1, 'Bye.', { rating: 1, ratingComment: 'Nice bot' }), output(2, 'Bye.')])).toEqual([
		expect.objectContaining({ rating: 1, ratingComment: 'Nice bot' }),
		expect.not.objectContaining({ rating: expect.anything(), ratingComment: expect.anything() }),
	]);
});

it('gives each message an id of its own, the same each time', () => {
	const rows = [
		...[input(1, 'Hello', { inputId: '' }), input(1, 'Hello', { inputId: '' })],
		...[
			output(2, 'One', { outputId: 'out' }),
			output(3, 'Two', { outputId: 'out' }),
			output(4, 'x', { outputId: null }),
		],
	];
	const ids = read(rows).map(({ messageId }) => messageId);
	expect(new Set(ids).size).toBe(5);
	expect(ids).toContain('out');
	for (const id of ids) expect(id).not.toBe('');
	expect(read(rows).map(({ messageId }) => messageId)).toEqual(ids);
});
