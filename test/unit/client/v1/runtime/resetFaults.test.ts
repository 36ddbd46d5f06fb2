import type { CallOptions } from '../../../../../client/types';
import type { V1ResetSessionInput } from '../../../../../client/v1/inputs';
import { cognigyErrorOf } from '../../../../support/errors';
import { resetInput, resetOptions, runtimeSetup, type RuntimeSetup } from '../../../../support/runtime';
import { clean, complete, type FrameAnswer } from '../../../../support/runtimeService';
import { closedPort } from '../../../../support/servers';
import { until } from '../../../../support/until';
import { closeSetups } from '../../../../support/setups';

let setup: RuntimeSetup;

beforeEach(async () => {
	setup = await runtimeSetup();
});
afterEach(closeSetups);

const reset = (options: Partial<CallOptions> = {}, changes: Partial<V1ResetSessionInput> = {}) =>
	setup.client.resetSession({ ...resetInput, ...changes }, { ...resetOptions, ...options });

const frameTypes = () => setup.service.frames.map((frame) => (JSON.parse(frame) as { type: string }).type);

/**
 * Answers that are a passing fault: the same frame is sent again, on another channel. All others are in the fault matrix
 * (test/faults), and the words of close codes in closeErrors.test.ts.
 */
const passing: Array<[string, FrameAnswer]> = [
	['cut (1006)', 'cut'],
	['closed without a code (1005)', { close: 1005 }],
];

/** Answers that the same frame would get again. */
const final: Array<[string, FrameAnswer, string, RegExp]> = [
	['text that is not JSON', { text: '<html>' }, 'protocol', /cannot be used, it is not JSON/],
	['empty text', { text: '' }, 'protocol', /cannot be used, it is not JSON/],
	['a list', { json: [] }, 'protocol', /cannot be used, it is not a JSON object/],
	['null', { json: null }, 'protocol', /cannot be used, it is not a JSON object/],
	['plain text', { json: 'RESET_COMPLETE' }, 'protocol', /cannot be used, it is not a JSON object/],
	['something binary', { bytes: Buffer.from('{}') }, 'protocol', /answer is not text/],
	['something huge', { text: 'x'.repeat(1024 * 1024 + 1) }, 'protocol', /answer is too large/],
];

describe('a reset whose answer is lost is sent again (guarantee 2)', () => {
	it.each(passing)('%s', async (_, answer) => {
		setup.service.frameAnswers.push(answer);

		expect(await reset()).toMatchObject({ verified: true, audit: { attempts: 2, checks: 1 } });
		expect(frameTypes()).toEqual(['SEND', 'SEND', 'QUERY']);
		expect(setup.service.frames[1]).toBe(setup.service.frames[0]);
		expect(setup.service.channelOfFrame).toEqual([0, 1, 1]);
	});

	it('as often as there are retries, and no more', async () => {
		setup.service.frameAnswers.push('cut', 'cut', 'cut', 'cut');
		const error = await cognigyErrorOf(reset({ retries: 3 }));

		expect(error).toMatchObject({ category: 'network', isTransient: true, audit: { attempts: 4 } });
		expect(error.message).toBe(
			'Resetting session "session-1" failed: the connection was lost before Cognigy answered (1006)',
		);
		expect(setup.service.frames).toHaveLength(4);
	});

	it('not at all with 0 retries', async () => {
		setup.service.frameAnswers.push({ close: 1012 });
		const error = await cognigyErrorOf(reset({ retries: 0 }));

		expect(error).toMatchObject({ category: 'server', audit: { attempts: 1 } });
		expect(setup.service.frames).toHaveLength(1);
	});

	it('with pauses that grow', async () => {
		setup = await runtimeSetup({ service: setup.service, random: () => 0.5 });
		setup.service.frameAnswers.push('cut', 'cut', 'cut');
		await reset({}, { verify: false });

		expect(setup.clock.skipped).toEqual([250, 500, 1000]);
	});
});

describe('a check whose answer is lost is sent again (guarantee 2)', () => {
	it.each(passing)('%s', async (_, answer) => {
		setup.service.frameAnswers.push(complete, answer);

		expect(await reset()).toMatchObject({ verified: true, audit: { attempts: 1, checks: 1 } });
		expect(frameTypes()).toEqual(['SEND', 'QUERY', 'QUERY']);
		expect(setup.service.channelOfFrame).toEqual([0, 0, 1]);
	});

	it('as often as there are retries, and no more', async () => {
		setup.service.frameAnswers.push(complete, 'cut', 'cut');
		const error = await cognigyErrorOf(reset({ retries: 1 }));

		expect(error).toMatchObject({ category: 'network', audit: { attempts: 1 } });
		expect(error.message).toMatch(/^Checking session "session-1" after its reset failed/);
		expect(setup.service.frames).toHaveLength(3);
	});
});

describe('a reset is not sent again when it is answered with', () => {
	it.each([
		...final,
		['another status', { json: { status: 'RESET_FAILED' } }, 'rejected', /answered "RESET_FAILED" instead of RESET_C/],
		['an empty status', { json: { status: '' } }, 'rejected', /answered "" instead of RESET_COMPLETE/],
		['no status', { json: { ok: true } }, 'protocol', /its field status must be text/],
		['a status that is a number', { json: { status: 1 } }, 'protocol', /its field status must be text/],
		['another session', { json: { status: 'RESET_COMPLETE', sessionId: 'session-2' } }, 'protocol', /another session/],
		['a session of no kind', { json: { status: 'RESET_COMPLETE', sessionId: {} } }, 'protocol', /another session/],
	] satisfies typeof final)('%s', async (_, answer, category, message) => {
		setup.service.frameAnswers.push(answer);
		const error = await cognigyErrorOf(reset());

		expect(error).toMatchObject({ category, isTransient: false, audit: { attempts: 1, errorCategory: category } });
		expect(error.message).toMatch(/^Resetting session "session-1"/);
		expect(error.message).toMatch(message);
		expect(error.advice).not.toBe('');
		expect(frameTypes()).toEqual(['SEND']);
		await until(() => setup.service.openChannels === 0);
	});
});

describe('a check is not sent again when it is answered with', () => {
	it.each([
		['a state that is a number', { json: { flowState: 5 } }, 'protocol', /its field flowState must be text/],
		['variables that are a list', { json: { variables: [] } }, 'protocol', /its field variables must be a JSON object/],
		[
			'variables that are a number',
			{ json: { variables: 0 } },
			'protocol',
			/its field variables must be a JSON object/,
		],
		['an error', { json: { error: 'no such session' } }, 'protocol', /its field error says that the check failed/],
		['another session', { json: { flowState: 'RESET', sessionId: 'session-2' } }, 'protocol', /another session/],
	] satisfies typeof final)('%s', async (_, answer, category, message) => {
		setup.service.frameAnswers.push(complete, answer);
		const error = await cognigyErrorOf(reset());

		expect(error).toMatchObject({ category, isTransient: false, audit: { attempts: 1, errorCategory: category } });
		expect(error.message).toMatch(/^Checking session "session-1" after its reset/);
		expect(error.message).toMatch(message);
		expect(frameTypes()).toEqual(['SEND', 'QUERY']);
		await until(() => setup.service.openChannels === 0);
	});
});

describe('a channel that cannot be opened', () => {
	it('is dialled again after as long as the service asks', async () => {
		setup.service.dialAnswers.push({ status: 429, headers: { 'Retry-After': '3' } });
		await reset();

		expect(setup.clock.skipped).toEqual([3_000]);
	});

	it('is dialled again when the service asks to wait until a date', async () => {
		setup.service.dialAnswers.push({ status: 503, headers: { 'Retry-After': 'Sat, 31 Jan 2026 12:00:04 GMT' } });
		await reset();

		expect(setup.clock.skipped).toEqual([4_000]);
	});

	it('is given up at once when the wait does not fit into the time', async () => {
		setup.service.dialAnswers.push({ status: 429, headers: { 'Retry-After': '31' } });
		const error = await cognigyErrorOf(reset({ timeoutSeconds: 30 }));

		expect(error).toMatchObject({ category: 'rateLimit', retryAfterMs: 31_000, httpStatus: 429 });
		expect(error.message).toMatch(/too many requests to Cognigy \(429\); it asks to wait 31 s/);
		expect(setup.service.dials).toHaveLength(1);
	});

	it('because nobody listens is a matter of the network', async () => {
		const webSocketUrl = `ws://127.0.0.1:${await closedPort()}`;
		setup = await runtimeSetup({ service: setup.service, fields: { webSocketUrl } });
		const error = await cognigyErrorOf(reset());

		expect(error).toMatchObject({ category: 'network', isTransient: true, audit: { attempts: 4 } });
		expect(error.message).toMatch(/^Resetting session "session-1" failed: cannot reach 127\.0\.0\.1:\d+,/);
		expect(error.advice).toMatch(/^Check WebSocket URL of the credential/);
	});
});

it('a late answer never reaches the next request (the channel is closed)', async () => {
	setup.service.frameAnswers.push('silence', complete, clean);
	const outcome = reset();
	await until(() => setup.service.frames.length === 1);
	const first = setup.service.channels[0];
	await setup.clock.advance(15_000);
	first?.send('{"status":"TOO_LATE"}', () => {});

	expect(await outcome).toMatchObject({ verified: true });
	expect(setup.service.channelOfFrame).toEqual([0, 1, 1]);
	await until(() => setup.service.closeCodes.length === 2);
	expect(setup.service.closeCodes).toEqual([1006, 1000]);
});
