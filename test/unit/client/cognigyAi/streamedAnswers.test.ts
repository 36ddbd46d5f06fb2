import { messagesOf, OutputHistory } from '../../../../client/cognigyAi/messages';
import { outputSchema } from '../../../../client/cognigyAi/wire';

const NOW = Date.parse('2026-01-31T12:00:00Z');

const output = (text: string, notes: object = {}, data: object = {}) =>
	outputSchema.parse({ text, data: { ...data, _cognigy: notes }, traceId: 't-1', source: 'bot' });
const chunk = (id: string, text: string, data: object = {}) => output(text, { _messageId: id }, data);
const end = (id: string, reason = 'stop') => output('', { _messageId: id, _finishReason: reason });

/** The messages of a REST answer with these outputs. */
const heard = (...outputs: Array<ReturnType<typeof output>>) => messagesOf(outputs, new OutputHistory('s-1'), NOW);
const textsOf = (...outputs: Array<ReturnType<typeof output>>) => heard(...outputs).map(({ text }) => text);

it('is one message, with the chunks exactly as they came and the id of the answer', () => {
	const messages = heard(chunk('m-1', 'Like this:\n'), chunk('m-1', '  indented\n'), chunk('m-1', 'done.'), end('m-1'));
	expect(messages).toEqual([
		{
			messageId: 'm-1',
			text: 'Like this:\n  indented\ndone.',
			type: 'bot',
			timestamp: '2026-01-31T12:00:00.000Z',
			data: { _cognigy: { _messageId: 'm-1', _finishReason: 'stop' } },
		},
	]);
});

it('keeps equal chunks', () => {
	const words = ['3 ', 'and ', '3', ' make ', '6, ', '3 ', 'and ', '3'];
	expect(textsOf(...words.map((word) => chunk('m-1', word)), end('m-1'))).toEqual(['3 and 3 make 6, 3 and 3']);
});

it('has a line for each chunk where somebody has cut off the white space', () => {
	expect(textsOf(chunk('m-1', 'Packed.'), chunk('m-1', 'On its way.'), end('m-1'))).toEqual(['Packed.\nOn its way.']);
});

it.each([
	['its end is told', [chunk('m-1', 'One '), end('m-1'), chunk('m-1', 'Two ')]],
	['a chunk says so itself', [output('One ', { _messageId: 'm-1', _finishReason: 'stop' }), chunk('m-1', 'Two ')]],
	['another answer begins', [chunk('m-1', 'One '), chunk('m-2', 'Two ')]],
	['something else is said', [chunk('m-1', 'One '), output('Two ')]],
	['an end without an id is told', [chunk('m-1', 'One '), output('', { _finishReason: 'stop' }), chunk('m-1', 'Two ')]],
	['somebody else speaks', [chunk('m-1', 'One '), { ...chunk('m-1', 'Two '), source: 'agent' }]],
])('is over when %s', (_what, outputs) => {
	const messages = heard(...outputs);
	expect(messages.map(({ text }) => text.trim())).toEqual(['One', 'Two']);
	expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(2);
});

it('says nothing when it only calls tools', () => {
	expect(
		textsOf(end('a', 'tool_calls'), output('One moment.'), chunk('b', 'Found:\n'), chunk('b', 'it.'), end('b')),
	).toEqual(['One moment.', 'Found:\nit.']);
});

describe('data of the chunks', () => {
	it('is in the message as a whole', () => {
		const [message] = heard(
			chunk('m-1', 'A ', { one: { a: 1 } }),
			chunk('m-1', 'B', { one: { b: 2 }, two: [3] }),
			end('m-1'),
		);
		expect(message?.data).toEqual({
			one: { a: 1, b: 2 },
			two: [3],
			_cognigy: { _messageId: 'm-1', _finishReason: 'stop' },
		});
	});

	it('stays as it came where chunks contradict each other', () => {
		const [message] = heard(chunk('m-1', 'A ', { step: 1 }), chunk('m-1', 'B', { step: 2 }), end('m-1'));
		expect(message?.data).toMatchObject({ step: 2, _chunks: [{ step: 1 }, { step: 2 }] });
	});

	it('means nothing to JavaScript', () => {
		const evil = JSON.parse('{"__proto__": {"polluted": true}}') as object;
		const [message] = heard(chunk('m-1', 'A ', evil), chunk('m-1', 'B', evil), end('m-1'));
		expect(Reflect.get({}, 'polluted')).toBeUndefined();
		expect(JSON.stringify(message?.data)).toContain('"__proto__":{"polluted":true}');
	});

	it('is read as text when it is rich', () => {
		const quickReplies = { text: 'Which?', quickReplies: [{ title: 'Red' }] };
		const rich = output('', { _messageId: 'm-1', _default: { _quickReplies: quickReplies } });
		expect(textsOf(chunk('m-1', 'I have '), chunk('m-1', 'two.'), rich, end('m-1'))).toEqual([
			'I have two.\nWhich?\n[Red]',
		]);
	});
});
