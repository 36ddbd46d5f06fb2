import type { CallOptions } from '../../../../../client/types';
import type { V1ResetSessionInput } from '../../../../../client/v1/inputs';
import { cognigyErrorOf } from '../../../../support/errors';
import { settle } from '../../../../support/fakeClock';
import { resetInput, resetOptions, runtimeSetup, type RuntimeSetup } from '../../../../support/runtime';
import { clean, complete, dirty, type FrameAnswer } from '../../../../support/runtimeService';
import { until } from '../../../../support/until';
import { closeSetups } from '../../../../support/setups';

let setup: RuntimeSetup;

beforeEach(async () => {
	setup = await runtimeSetup();
});
afterEach(closeSetups);

const reset = (changes: Partial<V1ResetSessionInput> = {}, options: Partial<CallOptions> = {}) =>
	setup.client.resetSession({ ...resetInput, ...changes }, { ...resetOptions, ...options });

/** What every check is answered with. */
const checkedWith = (...answers: FrameAnswer[]) => setup.service.frameAnswers.push(complete, ...answers);

const times = (count: number, answer: FrameAnswer) => Array.from({ length: count }, () => answer);
const state = (json: object): FrameAnswer => ({ json });

describe('a session is clean', () => {
	it.each<[object, object]>([
		[{ flowState: 'RESET', variables: {} }, { flowState: 'RESET' }],
		[{ flowState: 'RESET' }, { flowState: 'RESET' }],
		[{ flowState: 'RESET', variables: null }, { flowState: 'RESET' }],
		[{ flowState: null, variables: {} }, { flowState: null }],
		[{ variables: {} }, { flowState: null }],
		[{}, { flowState: null }],
		[{ flowState: 'RESET', error: null, sessionId: 'session-1', more: [1] }, { flowState: 'RESET' }],
		[{ flowState: 'RESET', error: 'of before' }, { flowState: 'RESET' }],
	])('with %j', async (json, seen) => {
		checkedWith(state(json));

		expect(await reset()).toMatchObject({ verified: true, remainingVariables: 0, ...seen, audit: { checks: 1 } });
	});

	it('with variables when they were to stay', async () => {
		checkedWith(state({ flowState: 'RESET', variables: { a: 1, b: null, c: {} } }));

		expect(await reset({ clearVariables: false })).toMatchObject({ verified: true, remainingVariables: 3 });
	});

	it('in the state that the State Clear Matrix names', async () => {
		checkedWith(state({ flowState: 'IDLE' }));

		expect(await reset({ stateClearMatrix: { flowState: 'IDLE' } })).toMatchObject({ flowState: 'IDLE' });
	});

	it('in the state RESET, also when the State Clear Matrix names another one', async () => {
		checkedWith(clean);

		expect(await reset({ stateClearMatrix: { flowState: 'IDLE' } })).toMatchObject({ flowState: 'RESET' });
	});

	it('in any state when the State Clear Matrix leaves it alone', async () => {
		checkedWith(state({ flowState: 'RUNNING' }));

		expect(await reset({ stateClearMatrix: { dialogState: 'COLD' } })).toMatchObject({ flowState: 'RUNNING' });
	});
});

describe('a session is not clean yet', () => {
	it.each<[object, Partial<V1ResetSessionInput>]>([
		[{ flowState: 'RUNNING' }, {}],
		[{ flowState: 'reset' }, {}],
		[{ flowState: '' }, {}],
		[{ flowState: 'RESET', variables: { a: null } }, {}],
		[{ variables: { a: 1 } }, {}],
		[{ flowState: 'RUNNING' }, { clearVariables: false }],
		[{ flowState: 'RUNNING' }, { stateClearMatrix: { flowState: 'IDLE' } }],
		[{ flowState: 'RUNNING' }, { stateClearMatrix: {} }],
	])('with %j after %j, and is asked again', async (json, changes) => {
		checkedWith(state(json));

		expect(await reset(changes)).toMatchObject({ verified: true, audit: { attempts: 1, checks: 2 } });
	});

	it('is asked with growing pauses, and reset only once', async () => {
		checkedWith(...times(6, dirty));
		const outcome = reset();
		await until(() => setup.service.frames.length === 7 && setup.clock.isWaiting(5_000));
		expect(setup.clock.skipped).toEqual([250, 500, 1000, 2000, 4000]);
		await setup.clock.advance(4_999);
		expect(setup.service.frames).toHaveLength(7);
		await setup.clock.advance(1);
		await until(() => setup.service.frames.length === 8);

		expect(await outcome).toMatchObject({ verified: true, latencyMs: 12_750, audit: { attempts: 1, checks: 7 } });
		expect(setup.service.channels).toHaveLength(1);
	});

	it('and no pause is longer than 5 s', async () => {
		checkedWith(...times(9, dirty));
		const outcome = reset();
		for (let checks = 6; checks < 9; checks++) {
			await until(() => setup.service.frames.length === 1 + checks && setup.clock.isWaiting(5_000));
			await setup.clock.advance(5_000);
		}
		await until(() => setup.service.frames.length === 10 && setup.clock.isWaiting(5_000));
		await setup.clock.advance(5_000);

		expect(await outcome).toMatchObject({ latencyMs: 7_750 + 4 * 5_000 });
	});
});

describe('a session that does not become clean in time', () => {
	it.each<[object, string]>([
		[{ flowState: 'RUNNING', variables: { a: 1, b: 2 } }, 'flow state RUNNING, 2 variables remain'],
		[{ flowState: 'RESET', variables: { a: 1 } }, 'flow state RESET, 1 variable remains'],
		[{ variables: { a: 1 } }, 'flow state not given, 1 variable remains'],
		[{ flowState: 'WAITING' }, 'flow state WAITING, 0 variables remain'],
	])('(%j): the error says what was seen last', async (json, seen) => {
		checkedWith(...times(50, state(json)));
		const error = await cognigyErrorOf(reset({ verifyTimeoutSeconds: 8 }));

		expect(error).toMatchObject({ category: 'timeout' });
		expect(error.message).toBe(`Session "session-1" was reset, but is not clean yet: ${seen}`);
		expect(error.advice).toMatch(/Verify Timeout/);
		expect(error.audit).toMatchObject({ attempts: 1, checks: 6, latencyMs: 7_750, errorCategory: 'timeout' });
	});

	it('is asked for verifyTimeoutSeconds, however much time there is', async () => {
		checkedWith(...times(50, dirty));
		const error = await cognigyErrorOf(reset({ verifyTimeoutSeconds: 7 }));

		expect(error.message).toMatch(/2 variables remain/);
		// The next pause, of 4 s, would end after the limit.
		expect(setup.clock.skipped).toEqual([250, 500, 1000, 2000]);
	});

	it('is asked for no longer than timeoutSeconds', async () => {
		checkedWith(...times(50, dirty));
		const error = await cognigyErrorOf(reset({ verifyTimeoutSeconds: 3600 }, { timeoutSeconds: 5 }));

		expect(error.message).toMatch(/not clean yet/);
		expect(setup.clock.skipped).toEqual([250, 500, 1000, 2000]);
	});

	it('because the last question got no answer: the error says what was seen before', async () => {
		checkedWith(dirty, 'silence');
		const outcome = cognigyErrorOf(reset({ verifyTimeoutSeconds: 6 }));
		await until(() => setup.service.frames.length === 3);
		await setup.clock.advance(6_000);

		expect((await outcome).message).toMatch(/not clean yet: flow state RUNNING, 2 variables remain/);
		expect((await outcome).audit).toMatchObject({ checks: 1 });
	});

	it('because no question got an answer: the error says so', async () => {
		checkedWith('silence');
		const outcome = cognigyErrorOf(reset({ verifyTimeoutSeconds: 6 }));
		await until(() => setup.service.frames.length === 2);
		await setup.clock.advance(6_000);

		expect(await outcome).toMatchObject({ category: 'timeout' });
		expect((await outcome).message).toBe('Checking session "session-1" after its reset took too long');
		expect((await outcome).audit).not.toHaveProperty('checks');
	});
});

describe('the whole reset has timeoutSeconds', () => {
	it('also when the reset itself gets no answer', async () => {
		setup.service.frameAnswers.push(...times(9, 'silence'));
		const outcome = cognigyErrorOf(reset({}, { timeoutSeconds: 30, retries: 10 }));
		for (let attempts = 1; attempts <= 3; attempts++) {
			await until(() => setup.service.frames.length === attempts);
			await setup.clock.advance(10_000);
		}

		expect(await outcome).toMatchObject({ category: 'timeout', audit: { attempts: 3, latencyMs: 30_000 } });
		expect(setup.clock.pendingTimers).toBe(0);
	});

	it('with the login', async () => {
		setup.service.loginAnswers.push('hang');
		const outcome = cognigyErrorOf(reset({}, { timeoutSeconds: 5 }));
		await until(() => setup.service.loginAnswers.length === 0);
		await setup.clock.advance(5_000);

		expect(await outcome).toMatchObject({ category: 'timeout' });
		await settle();
		expect(setup.clock.pendingTimers).toBe(0);
	});

	it('with the check', async () => {
		checkedWith('silence');
		const outcome = cognigyErrorOf(reset({}, { timeoutSeconds: 30, retries: 0 }));
		await until(() => setup.service.frames.length === 2);
		await setup.clock.advance(30_000);

		expect(await outcome).toMatchObject({ category: 'timeout', audit: { latencyMs: 30_000 } });
		await until(() => setup.service.openChannels === 0);
	});
});
