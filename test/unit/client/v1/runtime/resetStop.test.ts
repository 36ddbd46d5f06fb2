import { getEventListeners } from 'node:events';

import { CallGroup } from '../../../../../client/call/callGroup';
import type { CallOptions } from '../../../../../client/types';
import { cognigyErrorOf } from '../../../../support/errors';
import { resetInput, resetOptions, runtimeSetup, type RuntimeSetup } from '../../../../support/runtime';
import { complete, dirty } from '../../../../support/runtimeService';
import { until } from '../../../../support/until';
import { handMadeWebSocketServer, rawFrame, upgradeAnswer } from '../../../../support/webSocketServer';
import { closeSetups } from '../../../../support/setups';

let setup: RuntimeSetup;
let caller: AbortController;

beforeEach(async () => {
	setup = await runtimeSetup();
	caller = new AbortController();
});
afterEach(closeSetups);

const reset = (options: Partial<CallOptions> = {}) =>
	setup.client.resetSession(resetInput, { ...resetOptions, signal: caller.signal, ...options });

/** Nothing of a reset is left, here or there. One connection may stay: that of the login. */
async function expectNothingLeft(): Promise<void> {
	await until(() => setup.service.openChannels === 0 && setup.service.open <= 1);
	expect(setup.clock.pendingTimers).toBe(0);
	expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
}

describe('a reset that is stopped (guarantee 7)', () => {
	it('while it logs in ends as cancelled', async () => {
		setup.service.loginAnswers.push('hang');
		const outcome = cognigyErrorOf(reset());
		await until(() => setup.service.loginAnswers.length === 0);
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', isTransient: false });
		expect(setup.service.dials).toHaveLength(0);
		await expectNothingLeft();
	});

	it('while it dials ends as cancelled, and the handshake with it', async () => {
		setup.service.dialAnswers.push('hang');
		const outcome = cognigyErrorOf(reset());
		await until(() => setup.service.dials.length === 1);
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', audit: { attempts: 1 } });
		expect((await outcome).message).toBe('Resetting session "session-1" was cancelled');
		await expectNothingLeft();
	});

	it('while it waits for the answer ends as cancelled, and the channel with it', async () => {
		setup.service.frameAnswers.push('silence');
		const outcome = cognigyErrorOf(reset());
		await until(() => setup.service.frames.length === 1);
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', audit: { attempts: 1, errorCategory: 'cancelled' } });
		await expectNothingLeft();
		expect(setup.service.closeCodes).toEqual([1006]);
	});

	it('while it waits for the answer to the check ends as cancelled', async () => {
		setup.service.frameAnswers.push(complete, 'silence');
		const outcome = cognigyErrorOf(reset());
		await until(() => setup.service.frames.length === 2);
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled' });
		expect((await outcome).message).toBe('Checking session "session-1" was cancelled');
		await expectNothingLeft();
	});

	it('in a pause between two checks ends as cancelled, and nothing is sent any more', async () => {
		setup.service.frameAnswers.push(complete, ...Array.from({ length: 9 }, () => dirty));
		const outcome = cognigyErrorOf(reset());
		// The sixth pause, of 5 s, is the first that the clock does not skip.
		await until(() => setup.service.frames.length === 7 && setup.clock.isWaiting(5_000));
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', audit: { checks: 6 } });
		await setup.clock.advance(60_000);
		expect(setup.service.frames).toHaveLength(7);
		await expectNothingLeft();
	});

	it('in a pause between two attempts ends as cancelled, and nothing is sent any more', async () => {
		setup.service.dialAnswers.push({ status: 429, headers: { 'Retry-After': '30' } });
		const outcome = cognigyErrorOf(reset());
		await until(() => setup.clock.isWaiting(30_000));
		caller.abort();

		expect(await outcome).toMatchObject({ category: 'cancelled', audit: { attempts: 1, httpStatus: 429 } });
		await setup.clock.advance(60_000);
		expect(setup.service.dials).toHaveLength(1);
		await expectNothingLeft();
	});

	it('before it began sends nothing', async () => {
		caller.abort();

		expect(await cognigyErrorOf(reset())).toMatchObject({ category: 'cancelled', audit: { attempts: 0 } });
		expect(setup.service.accepted).toBe(0);
		await expectNothingLeft();
	});

	it('before it began sends nothing on a channel that stands either', async () => {
		const group = new CallGroup();
		await reset({ group });
		caller.abort();

		expect(await cognigyErrorOf(reset({ group }))).toMatchObject({ category: 'cancelled', audit: { attempts: 0 } });
		await group.close();
		await until(() => setup.service.openChannels === 0);
		expect(setup.service.frames).toHaveLength(2);
		await expectNothingLeft();
	});

	it('leaves the others of its group alone', async () => {
		const group = new CallGroup();
		setup.service.frameAnswers.push('silence');
		const outcome = cognigyErrorOf(reset({ group }));
		await until(() => setup.service.frames.length === 1);
		const other = await setup.client.resetSession(resetInput, { ...resetOptions, group });
		caller.abort();

		expect(other).toMatchObject({ verified: true });
		expect(await outcome).toMatchObject({ category: 'cancelled' });
		await until(() => setup.service.openChannels === 1);
		await group.close();
		await expectNothingLeft();
	});
});

describe('a reset that ends by itself', () => {
	it('leaves no timer and no listener behind, well or badly', async () => {
		await reset();
		await setup.client.resetSession({ ...resetInput, verifyTimeoutSeconds: 20 }, resetOptions);
		for (const fault of ['cut', { close: 1008 }, { text: 'x' }, { bytes: Buffer.of(1) }] as const) {
			setup.service.frameAnswers.push(fault);
			await reset({ retries: 0 }).catch(() => {});
			setup.service.frameAnswers.push(complete, fault);
			await reset({ retries: 0 }).catch(() => {});
		}
		for (const status of [401, 403, 503]) {
			setup.service.dialAnswers.push({ status });
			await reset({ retries: 0 }).catch(() => {});
		}

		await expectNothingLeft();
	});
});

describe('a channel that ends in the moment when it stands', () => {
	it.each([
		['a goodbye', rawFrame(0x88, Buffer.of(0x03, 0xf0)), 'rejected'],
		['a frame against the protocol', rawFrame(0x83, 'x'), 'protocol'],
		['something binary', rawFrame(0x82, 'x'), 'protocol'],
	])('by %s fails the reset, and leaves nothing behind', async (_, frame, category) => {
		const hasty = await handMadeWebSocketServer((socket, head) => {
			socket.write(Buffer.concat([Buffer.from(upgradeAnswer(head)), frame]));
		});
		setup = await runtimeSetup({ service: setup.service, fields: { webSocketUrl: hasty.url } });

		expect(await cognigyErrorOf(reset({ retries: 0 }))).toMatchObject({ category });
		await until(() => hasty.open === 0);
		await expectNothingLeft();
	});
});

describe('closing the client', () => {
	it('ends everything that runs as cancelled, and every channel, those of groups too', async () => {
		const group = new CallGroup();
		await reset({ group });
		setup.service.dialAnswers.push('open', 'hang');
		setup.service.frameAnswers.push('silence', 'silence');
		const outcomes = [reset({ group }), reset(), reset()].map(cognigyErrorOf);
		await until(() => setup.service.frames.length === 4 && setup.service.dials.length === 3);
		setup.client.close();

		const errors = await Promise.all(outcomes);
		expect(errors.map(({ category }) => category)).toEqual(['cancelled', 'cancelled', 'cancelled']);
		await expectNothingLeft();
		await until(() => setup.service.open === 0);
	});

	it('says goodbye on channels that rest in a group', async () => {
		const group = new CallGroup();
		await reset({ group });
		setup.client.close();

		await until(() => setup.service.closeCodes.length === 1);
		expect(setup.service.closeCodes).toEqual([1000]);
		await until(() => setup.service.open === 0);
		expect(setup.clock.pendingTimers).toBe(0);
	});

	it('lets nothing be sent any more', async () => {
		const group = new CallGroup();
		await reset({ group });
		setup.client.close();

		for (const options of [{}, { group }, { group: new CallGroup() }]) {
			expect(await cognigyErrorOf(reset(options))).toMatchObject({ category: 'cancelled', audit: { attempts: 0 } });
		}
		expect(setup.service.dials).toHaveLength(1);
		expect(setup.service.frames).toHaveLength(2);
	});
});
