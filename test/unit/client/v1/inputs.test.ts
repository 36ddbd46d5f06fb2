import fc from 'fast-check';

import type { CallOptions } from '../../../../client/types';
import type { V1TriggerFlowInput, V1ValidateVersionInput } from '../../../../client/v1/inputs';
import { jsonWritesNoBigInts } from '../../../support/bigInts';
import { cognigyErrorOf } from '../../../support/errors';
import { callOptions, startInput, v1Setup, versionsInput, type V1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

let setup: V1Setup;

jsonWritesNoBigInts();
beforeAll(async () => {
	setup = await v1Setup();
});
afterAll(closeSetups);

/** The input as a node reads it from a workflow: nobody has checked its types. */
function withField<Input extends object>(input: Input, field: string, value: unknown): Input {
	return { ...input, [field]: value };
}

async function expectRefused(call: () => Promise<unknown>, check: () => void, parameter: string): Promise<void> {
	const before = setup.sandbox.requests.length;
	const error = await cognigyErrorOf(call());
	expect(error).toMatchObject({ category: 'invalidInput', parameter, mayHaveRun: false });
	expect(error.message).toMatch(new RegExp(`^${parameter.replaceAll('.', '\\.')} \\S`));
	expect(error.message).not.toMatch(/invalid input/i);
	expect(error.advice).not.toBe('');
	expect(error.audit).toMatchObject({ status: 'error', attempts: 0, errorCategory: 'invalidInput' });
	expect(setup.sandbox.requests).toHaveLength(before);
	expect(check).toThrow(expect.objectContaining({ category: 'invalidInput', parameter }));
}

const refusedStart = async (input: V1TriggerFlowInput, parameter: string, options: CallOptions = callOptions) =>
	await expectRefused(
		() => setup.client.triggerFlow(input, options),
		() => setup.client.check('triggerFlow', input, options),
		parameter,
	);
const refusedValidation = async (
	input: V1ValidateVersionInput,
	parameter: string,
	options: CallOptions = callOptions,
) =>
	await expectRefused(
		() => setup.client.validateVersion(input, options),
		() => setup.client.check('validateVersion', input, options),
		parameter,
	);

const badIds: Array<[string, unknown]> = [
	['nothing', undefined],
	['null', null],
	['a number', 5],
	['an object', { id: 1 }],
	['empty text', ''],
	['blanks', ' \u00a0\u3000 '],
	['"."', '.'],
	['".."', '..'],
	['a line break', 'a\nb'],
	['a carriage return', 'a\r'],
	['a tab', '\ta'],
	['a null character', 'a\u0000'],
	['a delete character', 'a\u007f'],
	['half of a character', 'a\ud83d'],
	['the other half of a character', '\ude80a'],
];

describe.each(badIds)('an id that is %s is refused before anything is sent', (_, id) => {
	it.each(['botId', 'flowId'])('as %s of a validation', async (field) => {
		await refusedValidation(withField(versionsInput, field, id), field);
	});

	it.each(['botId', 'flowId', 'userId', 'sessionId'])('as %s of a start', async (field) => {
		// Without a session id one is made.
		if (field === 'sessionId' && (id === '' || id === undefined)) return;
		await refusedStart(withField(startInput, field, id), field);
	});
});

describe('an id that looks like a path, a query or an escape', () => {
	const awkward = [
		'a b',
		' leading and trailing ',
		'a/b',
		'/',
		'\\',
		'../x',
		'./',
		'...',
		'a"b\'c`',
		'100%',
		'%2F',
		'%2e%2e',
		'%',
		'?x=1&y=2',
		'#fragment',
		'a;b:c@d,e+f=g&h',
		'Größe ✓ 日本語',
		'🚀',
		'e\u0301 and \u00e9',
		'\u0085\u2028',
		'constructor',
		'__proto__',
		'{{botId}} <b> $& ${x} [a]{b}|^~',
	];

	/** What the service understood last. */
	const arrived = () => {
		const { botId, flowId, sessionId } = setup.sandbox.requests.at(-1) ?? {};
		return { botId, flowId, sessionId };
	};

	it.each(awkward)('arrives as it is: %j', async (id) => {
		await setup.client.validateVersion({ ...versionsInput, botId: id }, callOptions).catch(() => {});
		expect(arrived()).toMatchObject({ botId: id });

		const start = { ...startInput, botId: id, flowId: `${id} `, sessionId: id };
		await setup.client.triggerFlow(start, callOptions).catch(() => {});
		expect(arrived()).toEqual({ botId: id, flowId: `${id} `, sessionId: id });
	});

	it('works where the service knows it', async () => {
		const bot = setup.sandbox.bots.find(({ id }) => id.includes('/'));
		const flowId = bot?.flows.find((id) => id.includes('%')) ?? '';

		const result = await setup.client.triggerFlow(
			{ ...startInput, botId: bot?.id ?? '', flowId, targetEnvironment: 'production', sessionId: 'awkward' },
			callOptions,
		);
		expect(result).toMatchObject({ botId: bot?.id, flowId, status: 'started' });
	});

	it('arrives as it is, whatever it looks like', async () => {
		// eslint-disable-next-line no-control-regex -- finding control characters is the purpose
		const isGood = (id: string) => id.trim() !== '' && id !== '.' && id !== '..' && !/[\u0000-\u001f\u007f]/.test(id);
		const ids = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter(isGood);
		const scenario = fc.asyncProperty(ids, ids, async (botId, flowId) => {
			await setup.client.triggerFlow({ ...startInput, botId, flowId }, callOptions).catch(() => {});
			expect(arrived()).toMatchObject({ botId, flowId });
		});
		await fc.assert(scenario, { numRuns: 200 });
	});
});

describe('an environment', () => {
	it.each([undefined, null, 5, '', '   '])('that is %p is refused', async (targetEnvironment) => {
		await refusedValidation(withField(versionsInput, 'targetEnvironment', targetEnvironment), 'targetEnvironment');
	});

	it.each([null, 5, '', '   '])('to be checked before a start that is %p is refused', async (targetEnvironment) => {
		await refusedStart(withField(startInput, 'targetEnvironment', targetEnvironment), 'targetEnvironment');
	});
});

describe('the rest of a start', () => {
	it.each([undefined, null, 5, {}, ['text']])('its input must be text: %p is refused', async (input) => {
		await refusedStart(withField(startInput, 'input', input), 'input');
	});

	const cyclic: Record<string, unknown> = {};
	cyclic.self = { cyclic };
	it.each<[string, unknown]>([
		['an array', [1]],
		['null', null],
		['nothing', undefined],
		['text', '{"a":1}'],
		['a number', 5],
		['a function', () => ({})],
		['a circle', cyclic],
		['an object with a BigInt', { a: { b: 1n } }],
		[
			'an object that throws',
			{
				toJSON: () => {
					throw new Error('no');
				},
			},
		],
	])('its context must be a JSON object: %s is refused', async (_, context) => {
		const input = withField(startInput, 'context', context);
		const before = setup.sandbox.requests.length;
		for (const auditInput of ['hash', 'full', 'none'] as const) {
			const error = await cognigyErrorOf(setup.client.triggerFlow(input, { ...callOptions, auditInput }));
			expect(error).toMatchObject({ category: 'invalidInput', parameter: 'context' });
			expect(() => JSON.stringify(error.audit)).not.toThrow();
		}
		expect(setup.sandbox.requests).toHaveLength(before);
	});

	it.each([undefined, null, '30', 0, -1, NaN, Infinity, 7 * 24 * 60 + 1])(
		'its session must live a sensible time: %p is refused',
		async (minutes) => {
			await refusedStart(withField(startInput, 'sessionTtlMinutes', minutes), 'sessionTtlMinutes');
		},
	);
});

describe('options out of range are refused', () => {
	const cases: Array<[string, unknown]> = [
		...[undefined, null, '5', 0, 0.99, -1, 3_600.5, NaN, Infinity].map((value): [string, unknown] => [
			'timeoutSeconds',
			value,
		]),
		...[undefined, null, '3', -1, 11, 1.5, NaN, Infinity].map((value): [string, unknown] => ['retries', value]),
		...[undefined, null, 'all', 1].map((value): [string, unknown] => ['auditInput', value]),
	];

	it.each(cases)('%s: %p', async (option, value) => {
		const options = withField(callOptions, option, value);
		await refusedStart(startInput, `options.${option}`, options);
		await refusedValidation(versionsInput, `options.${option}`, options);
	});

	it.each([
		{ timeoutSeconds: 1, retries: 0 },
		{ timeoutSeconds: 3_600, retries: 10 },
		{ timeoutSeconds: 1.5, retries: 3 },
	])('%j is in range', (options) => {
		expect(() => setup.client.check('triggerFlow', startInput, { ...callOptions, ...options })).not.toThrow();
	});
});

describe('check', () => {
	it('finds nothing in good input, and sends nothing', () => {
		const before = setup.sandbox.requests.length;
		setup.client.check('triggerFlow', { ...startInput, sessionId: '' }, callOptions);
		setup.client.check('triggerFlow', { ...startInput, targetEnvironment: 'production' }, callOptions);
		setup.client.check('validateVersion', versionsInput, callOptions);

		expect(setup.sandbox.requests).toHaveLength(before);
	});
});
