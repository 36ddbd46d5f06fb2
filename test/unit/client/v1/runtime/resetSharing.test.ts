import { CallGroup } from '../../../../../client/call/callGroup';
import type { CallOptions } from '../../../../../client/types';
import type { V1ResetSessionInput } from '../../../../../client/v1/inputs';
import { cognigyErrorOf } from '../../../../support/errors';
import { resetInput, resetOptions, runtimeSetup, type RuntimeSetup } from '../../../../support/runtime';
import { complete, type FrameAnswer } from '../../../../support/runtimeService';
import { until } from '../../../../support/until';
import { closeSetups } from '../../../../support/setups';

let setup: RuntimeSetup;
let group: CallGroup;

beforeEach(async () => {
	setup = await runtimeSetup();
	group = new CallGroup();
});
afterEach(async () => {
	await group.close();
	await closeSetups();
});

const reset = (changes: Partial<V1ResetSessionInput> = {}, options: Partial<CallOptions> = { group }) =>
	setup.client.resetSession({ ...resetInput, ...changes }, { ...resetOptions, ...options });
const allClosed = () => until(() => setup.service.openChannels === 0 && setup.service.open <= 1);

describe('resets of one group', () => {
	it('share a channel, one after the other', async () => {
		for (let item = 0; item < 5; item++) await reset({ sessionId: `session-${item}` });

		expect(setup.service.channels).toHaveLength(1);
		expect(setup.service.openChannels).toBe(1);
		expect(setup.service.frames).toHaveLength(10);
	});

	it('have as many channels as they run at the same time', async () => {
		await Promise.all([reset(), reset(), reset()]);
		await Promise.all([reset(), reset(), reset()]);

		expect(setup.service.channels).toHaveLength(3);
	});

	it('to several bots have a channel for each, but no more than run at the same time', async () => {
		await reset({ botId: 'bot-a' });
		await reset({ botId: 'bot-b' });
		await until(() => setup.service.closeCodes.length === 1);

		expect(setup.service.dials.map(({ path }) => /botId=([^&]*)/.exec(path)?.[1])).toEqual(['bot-a', 'bot-b']);
		expect(setup.service.openChannels).toBe(1);
		expect(setup.service.closeCodes).toEqual([1000]);
	});

	it('close their channels with the group, with a goodbye', async () => {
		await Promise.all([reset(), reset()]);
		await group.close();

		await until(() => setup.service.closeCodes.length === 2);
		expect(setup.service.closeCodes).toEqual([1000, 1000]);
		expect(setup.clock.pendingTimers).toBe(0);
		await allClosed();
	});

	it('open no channel any more once the group is closed', async () => {
		await reset();
		await group.close();

		expect(await cognigyErrorOf(reset())).toMatchObject({ category: 'cancelled' });
		expect(setup.service.channels).toHaveLength(1);
	});

	it('that run when the group is closed end as cancelled', async () => {
		setup.service.frameAnswers.push('silence');
		const outcome = cognigyErrorOf(reset());
		await until(() => setup.service.frames.length === 1);
		await group.close();

		expect(await outcome).toMatchObject({ category: 'cancelled' });
		expect(setup.clock.pendingTimers).toBe(0);
		await allClosed();
	});

	it('that dial when the group is closed end as cancelled, and their channel with them', async () => {
		await reset();
		setup.service.frameAnswers.push('silence');
		const outcomes = [cognigyErrorOf(reset()), cognigyErrorOf(reset())];
		await group.close();

		for (const error of await Promise.all(outcomes)) expect(error).toMatchObject({ category: 'cancelled' });
		await allClosed();
		expect(setup.clock.pendingTimers).toBe(0);
	});

	it('do not share the channel of another client', async () => {
		const other = await runtimeSetup({ service: setup.service });
		await reset();
		await other.client.resetSession(resetInput, { ...resetOptions, group });

		expect(setup.service.channels).toHaveLength(2);
	});
});

describe('a channel that was closed between two resets', () => {
	it.each<[string, FrameAnswer]>([
		['in order', { close: 1001 }],
		['by a cut', 'cut'],
	])('%s is not used again', async (_, ending) => {
		await reset({ verify: false });
		const [channel] = setup.service.channels;
		if (ending === 'cut') channel?.terminate();
		else channel?.close(1001);
		await until(() => setup.service.closeCodes.length === 1);
		// The client's end of it has heard of that when its timer is gone.
		await until(() => setup.clock.pendingTimers === 0);

		expect(await reset()).toMatchObject({ audit: { attempts: 1 } });
		expect(setup.service.channelOfFrame).toEqual([0, 1, 1]);
	});

	it('without that having come through yet is found out by the next reset, which repeats', async () => {
		await reset({ verify: false });
		setup.service.channels[0]?.terminate();

		expect(await reset()).toMatchObject({ verified: true });
		expect(setup.service.channelOfFrame.slice(-2)).toEqual([1, 1]);
	});
});

it('after an answer that cannot be used, a channel is not used again: what is late would belong to another', async () => {
	setup.service.frameAnswers.push({ json: { status: 'RESET_COMPLETE', sessionId: 'session-0' } }, complete);
	await cognigyErrorOf(reset({ verify: false }));
	expect(await reset({ verify: false })).toMatchObject({ status: 'RESET_COMPLETE' });

	expect(setup.service.channelOfFrame).toEqual([0, 1]);
});

describe('resets without a group', () => {
	it('open a channel each, and close it with a goodbye', async () => {
		await reset({}, {});
		expect(setup.clock.pendingTimers).toBe(0);
		await reset({}, {});

		await until(() => setup.service.closeCodes.length === 2);
		expect(setup.service.closeCodes).toEqual([1000, 1000]);
		expect(setup.service.channelOfFrame).toEqual([0, 0, 1, 1]);
		await allClosed();
	});

	it('close it also when they fail', async () => {
		setup.service.frameAnswers.push({ json: { status: 'NO' } });
		await cognigyErrorOf(reset({}, {}));

		await allClosed();
		expect(setup.clock.pendingTimers).toBe(0);
	});
});
