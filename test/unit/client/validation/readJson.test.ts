import fc from 'fast-check';

import { OutputHistory, messagesOf } from '../../../../client/cognigyAi/messages';
import { readOutput, restAnswerSchema } from '../../../../client/cognigyAi/wire';
import { mayHaveLostDigits, readJson } from '../../../../client/validation/readJson';
import { readAnswer } from '../../../../client/call/answer';
import { readRuntimeAnswer } from '../../../../client/v1/runtime/answer';
import { stateCheckAnswerSchema } from '../../../../client/v1/runtime/wire';
import { messagesAnswerSchema, versionsAnswerSchema } from '../../../../client/v1/wire';

describe('JSON of a service', () => {
	it.each<[string, unknown]>([
		['9007199254740993', '9007199254740993'],
		[
			'[9007199254740992,9007199254740993,-9007199254740995]',
			[9007199254740992, '9007199254740993', '-9007199254740995'],
		],
		['{"id":12345678901234567890}', { id: '12345678901234567890' }],
		['{ "id" : 100000000000000000001 , "n": 7 }', { id: '100000000000000000001', n: 7 }],
		[
			'[1e22, 0.1234567890123456789, 1234567890123456789.5]',
			[1e22, 0.12345678901234568, Number('1234567890123456789.5')],
		],
		[
			'{"a":"9007199254740993","b\\\\":"\\"9007199254740993\\\\"}',
			{ a: '9007199254740993', 'b\\': '"9007199254740993\\' },
		],
		['{"9007199254740993":[9007199254740993]}', { '9007199254740993': ['9007199254740993'] }],
		['[1234567890123456]', [1234567890123456]],
		['"\u2028 9007199254740993\\u000a"', '\u2028 9007199254740993\n'],
	])('%s', (json, expected) => {
		expect(readJson(json)).toEqual(expected);
	});

	it('is what JSON.parse makes of it where no digits get lost', () => {
		fc.assert(fc.property(fc.json(), (json) => expect(readJson(json)).toEqual(JSON.parse(json))));
	});

	it('keeps the digits of every integer, wherever it stands', () => {
		fc.assert(
			fc.property(fc.bigInt(), fc.string(), (id, text) => {
				const json = `{${JSON.stringify(text)}:[${JSON.stringify(text)},${id}]}`;
				expect(String(Object.values(readJson(json) as Record<string, unknown[]>)[0]?.[1])).toBe(String(id));
			}),
		);
	});

	it('may hold long texts of any kind', () => {
		const text = '\\"'.repeat(1_000_000);
		expect(readJson(JSON.stringify([text, 'x'.repeat(5_000_000)]).replace(']', ',9007199254740993]'))).toEqual([
			text,
			'x'.repeat(5_000_000),
			'9007199254740993',
		]);
	});

	it.each(['', '{', '9007199254740993 9007199254740993', '{"a":9007199254740993', "{'a':1}"])(
		'is refused: %j',
		(json) => {
			expect(() => readJson(json)).toThrow(SyntaxError);
		},
	);

	it('keeps a key called __proto__', () => {
		expect(JSON.stringify(readJson('{"__proto__":{"a":9007199254740993}}'))).toBe(
			'{"__proto__":{"a":"9007199254740993"}}',
		);
	});
});

it.each([
	[2 ** 53 - 1, false],
	[2 ** 53, true],
	[-(2 ** 60), true],
	[1e21, true],
	[NaN, true],
	[0, false],
])('a number that somebody else read, %d, may have lost digits: %s', (value, expected) => {
	expect(mayHaveLostDigits(value)).toBe(expected);
});

describe('ids that come as long numbers', () => {
	const read = <T>(body: string, schema: Parameters<typeof readAnswer<T>>[1]) =>
		readAnswer({ status: 200, headers: {}, body }, schema, { action: 'Reading', service }, false);
	const service = { name: 'the service', addressField: 'Base URL' };
	/** Next to each other, and the same as numbers. */
	const [one, other] = ['720575940379279361', '720575940379279362'] as const;

	it('stay two messages of v1', () => {
		const message = (id: string) => `{"messageId":${id},"text":"a","type":"bot","timestamp":"t"}`;
		const messages = read(`[${[one, other, '-5', '9007199254740992'].map(message).join()}]`, messagesAnswerSchema);
		expect(messages.map(({ messageId }) => messageId)).toEqual([one, other, '-5', '9007199254740992']);
	});

	it('are refused, naming the field, where digits are lost in another way', () => {
		const body = '[{"messageId":1.2345678901234567890e25,"text":"a","type":"bot","timestamp":"t"}]';
		expect(() => read(body, messagesAnswerSchema)).toThrow('its field [0].messageId must be text');
	});

	it('stay two versions', () => {
		const version = (id: string) => `{"id":${id},"name":"n","state":"s"}`;
		const { versions } = read(`{"versions":[${version(one)},${version(other)}]}`, versionsAnswerSchema);
		expect(versions.map(({ id }) => id)).toEqual([one, other]);
	});

	it('tell one session from another on the runtime channel', () => {
		const frame = `{"sessionId":${other},"flowState":"INIT","variables":{}}`;
		const about = (sessionId: string) =>
			readRuntimeAnswer(frame, stateCheckAnswerSchema, { action: 'Checking', sessionId });
		expect(() => about(one)).toThrow('about another session');
		expect(about(other)).toBeDefined();
	});

	it('stay two outputs of Cognigy.AI, in an answer', () => {
		const output = (id: string) => `{"text":"Yes.","data":{"_cognigy":{"_messageId":${id}}},"traceId":"t"}`;
		const outputs = read(`{"outputStack":[${output(one)},${output(other)}]}`, restAnswerSchema);
		const ids = messagesOf(outputs, new OutputHistory('s'), 0).map(({ messageId }) => messageId);
		expect(ids).toEqual([one, other]);
	});

	it('do not make one of two outputs that somebody else has read', () => {
		const outputs = ['One.', 'Two.'].map((text) =>
			readOutput({ text, traceId: 't', data: { _messageId: Number(one) }, source: 'bot' }),
		);
		const ids = messagesOf(outputs, new OutputHistory('s'), 0).map(({ messageId }) => messageId);
		expect(new Set([...ids, String(Number(one))]).size).toBe(3);
		expect(readOutput({ text: 'a', traceId: Number(one) }).traceId).toBe('');
		expect(readOutput({ text: 'a', traceId: 7 }).traceId).toBe('7');
	});
});
