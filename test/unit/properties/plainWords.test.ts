/** Whatever comes in and is refused, is refused in our words: those of the library that checks never reach anybody. */
import fc from 'fast-check';
import * as z from 'zod/v4';

import { callOptionsSchema } from '../../../client/call/observedCall';
import { parseCognigyAiConfig } from '../../../client/cognigyAi/config';
import * as cognigyAiInputs from '../../../client/cognigyAi/inputs';
import * as cognigyAiWire from '../../../client/cognigyAi/wire';
import { CognigyError } from '../../../client/errors';
import { checkFollow } from '../../../client/v1/inputs';
import * as v1Inputs from '../../../client/v1/inputs';
import { parseV1Config } from '../../../client/v1/config';
import * as runtimeWire from '../../../client/v1/runtime/wire';
import * as v1Wire from '../../../client/v1/wire';
import { checked } from '../../../client/validation/fields';
import { buildWebhookContext, type WebhookEvent } from '../../../client/v1/webhookContext';
import { likeSchema } from './likeSchema';

const LIBRARY_WORDS =
	/invalid (input|option|string|key|value|element|union|discriminator)|expected|received|too (big|small):|unrecognized|[<>]=|required$/i;

const modules = { v1Inputs, cognigyAiInputs, v1Wire, cognigyAiWire, runtimeWire, options: { callOptionsSchema } };
const schemas = Object.entries(modules).flatMap(([from, module]) =>
	Object.entries(module)
		.filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType)
		.map(([name, schema]) => [`${from}.${name}`, schema] as const),
);

it('finds every schema', () => {
	expect(schemas.length).toBeGreaterThanOrEqual(25);
});

it.each(schemas)('%s', (_name, schema) => {
	fc.assert(
		fc.property(fc.oneof(likeSchema(schema), fc.jsonValue({ maxDepth: 1 }), fc.constant(undefined)), (value) => {
			const result = checked(schema, value);
			// What somebody named is repeated as it is.
			if ('problem' in result) expect(result.problem.replace(/".*"/s, '')).not.toMatch(LIBRARY_WORDS);
		}),
		{ numRuns: 300 },
	);
});

it('also where a schema has no words of its own', () => {
	const silent = z.object({
		...{ text: z.string().min(2).max(3), number: z.int().min(1).max(2), list: z.array(z.boolean()).min(1) },
		...{ one: z.enum(['a']), either: z.union([z.string(), z.number()]), link: z.url(), only: z.strictObject({}) },
	});
	const good = { text: 'ab', number: 1, list: [true], one: 'a', either: 1, link: 'https://a.example', only: {} };
	expect(checked(silent, good)).toEqual({ value: good });
	const bad: Array<[keyof typeof good, unknown, string]> = [
		['text', 5, 'must be text'],
		['text', 'a', 'is too short'],
		['text', 'abcd', 'is too long'],
		['number', 'a', 'must be a number'],
		['number', 1.5, 'must be a whole number'],
		['number', 0, 'is too small'],
		['number', 3, 'is too large'],
		['list', {}, 'must be a list'],
		['list', [], 'is too short'],
		['list', ['a'], 'must be true or false'],
		['one', 'b', 'is not valid'],
		['either', null, 'is not valid'],
		['link', 'a', 'is not written as it should be'],
		['only', { more: 1 }, 'has a field that is not known'],
		['only', 1, 'must be an object'],
		['only', undefined, 'is missing'],
	];
	for (const [field, value, problem] of bad) {
		expect(checked(silent, { ...good, [field]: value })).toMatchObject({ problem });
	}
});

const odd = [
	undefined,
	null,
	'',
	' ',
	'text',
	'a\nb',
	'\ud83d',
	5,
	-1,
	1.5,
	NaN,
	Infinity,
	2 ** 60,
	true,
	[],
	[1],
	{},
	{ a: 1 },
];

const v1Fields = { baseUrl: 'https://a.example', username: 'u', password: 'p' };
const aiFields = { apiBaseUrl: 'https://a.example', apiKey: 'k', projectId: 'p' };
const fieldsOf = (names: string[]) => names.flatMap((name) => odd.map((value) => [name, value] as const));
const common = ['stateStore', 'redisUrl', 'allowInsecure'];
const message = (refuse: () => unknown): string => {
	try {
		refuse();
	} catch (error) {
		expect(error).toBeInstanceOf(CognigyError);
		return (error as CognigyError).message;
	}
	return '';
};

it.each(
	fieldsOf([
		...common,
		'baseUrl',
		'webSocketUrl',
		'tenantId',
		'username',
		'password',
		'tokenTtlMinutes',
		'requestsPerMinute',
	]),
)('a credential of v1: %s is %p', (field, value) => {
	expect(message(() => parseV1Config({ ...v1Fields, stateStore: 'redis', [field]: value }))).not.toMatch(LIBRARY_WORDS);
});

it.each(fieldsOf([...common, 'apiBaseUrl', 'apiKey', 'projectId', 'requestsPer5Minutes']))(
	'a credential of Cognigy.AI: %s is %p',
	(field, value) => {
		const fields = { ...aiFields, stateStore: 'redis', [field]: value };
		expect(message(() => parseCognigyAiConfig(fields))).not.toMatch(LIBRARY_WORDS);
	},
);

it.each(odd)('no credential, input or event at all: %p', (value) => {
	const refusals = [
		() => parseV1Config(value),
		() => parseCognigyAiConfig(value),
		() => checkFollow(value),
		() => buildWebhookContext(value as WebhookEvent),
	];
	for (const refuse of refusals) {
		expect(message(refuse)).not.toMatch(LIBRARY_WORDS);
		expect(message(refuse)).not.toBe('');
	}
});

it.each(['a\nb', '.', 7, null])('what to follow: an id that is %p', (botId) => {
	expect(message(() => checkFollow({ botId, flowId: '', sessionId: '', messageTypes: ['bot'] }))).toMatch(
		/^botId (must|is) /,
	);
});
