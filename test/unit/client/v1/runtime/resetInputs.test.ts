import type { CallOptions } from '../../../../../client/types';
import { cognigyErrorOf } from '../../../../support/errors';
import { resetInput, resetOptions, runtimeSetup, type RuntimeSetup } from '../../../../support/runtime';
import { closeSetups } from '../../../../support/setups';

let setup: RuntimeSetup;

beforeAll(async () => {
	setup = await runtimeSetup();
});
afterAll(closeSetups);

/** The input as a node reads it from a workflow: nobody has checked its types. */
const inputWith = (field: string, value: unknown) => ({ ...resetInput, [field]: value });

const notText: Array<[string, unknown]> = [
	['nothing', undefined],
	['null', null],
	['a number', 5],
	['empty text', ''],
	['blanks', ' \u00a0 '],
	['"."', '.'],
	['".."', '..'],
	['a line break', 'a\nb'],
	['a null character', 'a\u0000'],
	['half of a character', 'a\ud83d'],
];

const badDurations = [59, 3601, 60.5, '900', NaN, Infinity, -900, 0, null, undefined];

const badMatrices: Array<[unknown, string]> = [
	[5, 'stateClearMatrix must be a JSON object'],
	['RESET', 'stateClearMatrix must be a JSON object'],
	[['RESET'], 'stateClearMatrix must be a JSON object'],
	[null, 'stateClearMatrix must be a JSON object'],
	[{ flowstate: 'RESET' }, 'stateClearMatrix has the unknown key "flowstate"'],
	[{ flowState: 'RESET', nluState: 'COLD' }, 'stateClearMatrix has the unknown key "nluState"'],
	[{ flowState: 5 }, 'stateClearMatrix.flowState must be text'],
	[{ flowState: null }, 'stateClearMatrix.flowState must be text'],
	[{ dialogState: ' ' }, 'stateClearMatrix.dialogState is empty'],
	[{ engineState: ['INITIALIZED'] }, 'stateClearMatrix.engineState must be text'],
];

async function expectRefused(input: typeof resetInput, parameter: string, options: CallOptions = resetOptions) {
	const error = await cognigyErrorOf(setup.client.resetSession(input, options));
	expect(error).toMatchObject({ category: 'invalidInput', parameter });
	expect(error.message).toMatch(new RegExp(`^${parameter.replaceAll('.', '\\.')} \\S`));
	expect(error.message).not.toMatch(/invalid input/i);
	expect(error.advice).toMatch(/Nothing was sent/);
	expect(error.audit).toMatchObject({ status: 'error', attempts: 0, errorCategory: 'invalidInput' });
	expect(setup.service.accepted).toBe(0);
	expect(() => setup.client.check('resetSession', input, options)).toThrow(
		expect.objectContaining({ category: 'invalidInput', parameter }),
	);
	return error;
}

describe('input that cannot be right is refused before anything is sent, naming the parameter (guarantee 9)', () => {
	it.each(['botId', 'sessionId'].flatMap((field) => notText.map(([name, value]) => [field, name, value] as const)))(
		'%s: %s',
		async (field, _, value) => {
			await expectRefused(inputWith(field, value), field);
		},
	);

	it.each(badDurations)('maxDurationSec: %p', async (value) => {
		const error = await expectRefused(inputWith('maxDurationSec', value), 'maxDurationSec');
		expect(error.message).toBe('maxDurationSec must be a whole number from 60 to 3600');
	});

	it.each(
		['clearVariables', 'clearHistory', 'clearNluContext', 'verify'].flatMap((field) =>
			['true', 1, null, undefined].map((value) => [field, value] as const),
		),
	)('%s: %p', async (field, value) => {
		await expectRefused(inputWith(field, value), field);
	});

	it.each(badMatrices)('stateClearMatrix: %j', async (value, message) => {
		const [parameter = ''] = message.split(' ');
		const error = await expectRefused(inputWith('stateClearMatrix', value), parameter);
		expect(error.message).toContain(message);
	});

	it('stateClearMatrix: a key of the prototype', async () => {
		const value: unknown = JSON.parse('{"__proto__": {"flowState": "x"}}');
		await expectRefused(inputWith('stateClearMatrix', value), 'stateClearMatrix');
	});

	it.each([0, 0.5, 3601, -1, NaN, '30', null])('verifyTimeoutSeconds: %p', async (value) => {
		const error = await expectRefused(inputWith('verifyTimeoutSeconds', value), 'verifyTimeoutSeconds');
		expect(error.message).toBe('verifyTimeoutSeconds must be a number from 1 to 3600');
	});

	it.each([
		['options.timeoutSeconds', { timeoutSeconds: 0 }],
		['options.retries', { retries: 11 }],
	])('%s', async (parameter, changes) => {
		await expectRefused(resetInput, parameter, { ...resetOptions, ...changes });
	});

	it.each(['', '   '])('a tenant that is missing in the credential ("%s")', async (tenantId) => {
		const { client } = await runtimeSetup({ service: setup.service, fields: { tenantId } });
		const error = await cognigyErrorOf(client.resetSession(resetInput, resetOptions));

		expect(error).toMatchObject({ category: 'invalidInput', parameter: 'tenantId' });
		expect(error.message).toMatch(/^Tenant ID in the credential is empty/);
		expect(error.advice).toMatch(/Nothing was sent/);
		expect(setup.service.accepted).toBe(0);
		expect(() => client.check('resetSession', resetInput, resetOptions)).toThrow(
			expect.objectContaining({ parameter: 'tenantId' }),
		);
	});
});

it('good input passes the check, and nothing is sent by it', () => {
	setup.client.check('resetSession', { ...resetInput, stateClearMatrix: {}, verifyTimeoutSeconds: 1 }, resetOptions);
	expect(setup.service.accepted).toBe(0);
});
