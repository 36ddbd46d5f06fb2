import fc from 'fast-check';

import { CognigyError } from '../../../../../client/errors';
import { readRuntimeAnswer } from '../../../../../client/v1/runtime/answer';
import { resetAnswerSchema, stateCheckAnswerSchema } from '../../../../../client/v1/runtime/wire';

const about = { action: 'Doing it', sessionId: 'session-1' };

const readReset = (frame: string) => readRuntimeAnswer(frame, resetAnswerSchema, about);
const readState = (frame: string) => readRuntimeAnswer(frame, stateCheckAnswerSchema, about);

/** @returns whether it could be read */
function reads(read: (frame: string) => object, frame: string): boolean {
	try {
		return typeof read(frame) === 'object';
	} catch (error) {
		expect(error).toBeInstanceOf(CognigyError);
		expect(error).toMatchObject({ category: 'protocol', isTransient: false });
		expect(String(error)).toMatch(/Doing it: Cognigy's answer cannot be used, \S/);
		return false;
	}
}

/** JSON that looks like an answer. */
const answerLike = fc.record(
	{
		sessionId: fc.oneof(fc.constant('session-1'), fc.jsonValue()),
		status: fc.oneof(fc.constant('RESET_COMPLETE'), fc.jsonValue()),
		flowState: fc.oneof(fc.constant('RESET'), fc.jsonValue()),
		variables: fc.oneof(fc.object(), fc.jsonValue()),
		error: fc.jsonValue(),
	},
	{ requiredKeys: [] },
);

/** Names that mean something to JavaScript. */
const oddNames = fc.dictionary(
	fc.constantFrom('toString', 'valueOf', '__proto__', 'constructor', 'then', 'toJSON', 'length'),
	fc.jsonValue(),
);

describe('whatever comes as an answer is read, or refused with a CognigyError', () => {
	it.each([
		['any text', fc.string({ unit: 'binary' })],
		['any JSON', fc.json()],
		['JSON that looks like an answer', answerLike.map((answer) => JSON.stringify(answer))],
		[
			'JSON with odd names',
			fc.record({ sessionId: oddNames, variables: oddNames }).map((json) => JSON.stringify(json)),
		],
		['JSON that is an odd object', oddNames.map((json) => JSON.stringify(json))],
		['JSON that breaks off', fc.tuple(fc.json(), fc.nat()).map(([json, at]) => json.slice(0, at % (json.length + 1)))],
	])('%s', (_, frames) => {
		fc.assert(
			fc.property(frames, (frame) => {
				reads(readReset, frame);
				reads(readState, frame);
			}),
			{ numRuns: 500 },
		);
	});

	it.each([
		`${'['.repeat(200_000)}`,
		`${'['.repeat(200_000)}${']'.repeat(200_000)}`,
		`{"variables":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`,
		'{"sessionId":{"toString":1,"valueOf":1},"status":"RESET_COMPLETE"}',
		'{"sessionId":{"toString":null}}',
		'\ufeff{}',
	])('a thing made to break it (%#)', (frame) => {
		reads(readReset, frame);
		reads(readState, frame);
	});
});

describe('an answer that names a session', () => {
	it.each(['"session-1"', 'null'])('is read when it names the right one, or none: %s', (named) => {
		expect(reads(readState, `{"sessionId":${named}}`)).toBe(true);
	});

	it.each(['"session-2"', '"SESSION-1"', '""', '"session-1 "', '0', '1', 'true', 'false', '{}', '["session-1"]'])(
		'is refused when it names another one: %s',
		(named) => {
			expect(reads(readState, `{"sessionId":${named}}`)).toBe(false);
			expect(() => readState(`{"sessionId":${named}}`)).toThrow(/it is about another session$/);
		},
	);
});

it('the advice of a refusal names the field of the credential', () => {
	expect(() => readReset('[]')).toThrow(
		expect.objectContaining({ advice: expect.stringMatching(/^Check WebSocket URL of the credential/) as unknown }),
	);
});
