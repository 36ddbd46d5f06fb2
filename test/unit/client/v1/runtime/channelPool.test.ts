import fc from 'fast-check';

import { RuntimeChannel } from '../../../../../client/v1/runtime/channel';
import { ChannelPool } from '../../../../../client/v1/runtime/channelPool';
import { cognigyErrorOf } from '../../../../support/errors';
import { FakeClock, settle } from '../../../../support/fakeClock';
import { FakeConnection } from '../../../../support/fakeConnection';

interface Opened {
	botId: string;
	channel: RuntimeChannel;
	connection: FakeConnection;
}

let clock: FakeClock;
let pool: ChannelPool;
let opened: Opened[];
let closings: number;

beforeEach(() => {
	clock = new FakeClock();
	opened = [];
	closings = 0;
	pool = new ChannelPool(() => closings++);
});

const stillOpen = () => opened.filter(({ channel }) => channel.isOpen).length;

function open(botId: string, prepare: (connection: FakeConnection) => void = () => {}): RuntimeChannel {
	const channel = new RuntimeChannel(clock, []);
	const connection = new FakeConnection(channel);
	prepare(connection);
	channel.opened(connection);
	opened.push({ botId, channel, connection });
	return channel;
}

/** Work that lasts until `finish` is called. */
function start(botId: string, prepare?: (connection: FakeConnection) => void) {
	let finish = () => {};
	const mayFinish = new Promise<void>((resolve) => (finish = resolve));
	const used = pool.use({ botId, action: 'Doing it', open: async () => open(botId, prepare) }, async (channel) => {
		await mayFinish;
		return channel;
	});
	used.catch(() => {});
	return { used, finish };
}

async function use(botId: string): Promise<RuntimeChannel> {
	const { used, finish } = start(botId);
	finish();
	return await used;
}

describe('a pool', () => {
	it('gives a channel that rests to the next who wants one to the same bot', async () => {
		const first = await use('a');
		expect(await use('a')).toBe(first);
		expect(opened).toHaveLength(1);
	});

	it('gives no channel to two at the same time', async () => {
		const [one, two] = [start('a'), start('a')];
		one.finish();
		two.finish();

		expect(await one.used).not.toBe(await two.used);
	});

	it('gives the channel that was used last: the least likely to be closed by the other side', async () => {
		const [one, two] = [start('a'), start('a')];
		two.finish();
		await two.used;
		one.finish();
		const last = await one.used;

		expect(await use('a')).toBe(last);
	});

	it('gives no channel to another bot', async () => {
		await use('a');
		await use('b');
		expect(opened.map(({ botId }) => botId)).toEqual(['a', 'b']);
	});

	it('makes room for another bot: never more channels than were in use at once', async () => {
		await use('a');
		await use('b');

		expect(opened[0]).toMatchObject({ connection: { closes: 1, destroys: 0 } });
		expect(stillOpen()).toBe(1);
	});

	it('makes room only when there is none, and by the channel that rests longest', async () => {
		const running = [start('a'), start('b')];
		for (const { finish, used } of running) {
			finish();
			await used;
		}
		await use('c');

		expect(opened.map(({ channel }) => channel.isOpen)).toEqual([false, true, true]);
		await use('b');
		expect(opened).toHaveLength(3);
	});

	it('waits until the channel that makes room is gone', async () => {
		const first = start('a', (connection) => (connection.isSlowToClose = true));
		first.finish();
		await first.used;
		const second = start('b');
		await settle();
		expect(opened).toHaveLength(1);
		opened[0]?.connection.gone();
		second.finish();
		await second.used;

		expect(opened).toHaveLength(2);
	});

	it('gives no channel that has ended while it rested', async () => {
		await use('a');
		opened[0]?.channel.onClosed({ code: 1001, reason: '' });
		await use('a');

		expect(opened).toHaveLength(2);
		expect(opened[0]?.connection.closes).toBe(0);
	});

	it('keeps no channel that has ended in use', async () => {
		await expect(
			pool.use({ botId: 'a', action: '', open: async () => open('a') }, async (channel) => {
				channel.destroy();
				throw new Error('The work failed');
			}),
		).rejects.toThrow('The work failed');
		await use('a');
		await pool.close();

		expect(opened.map(({ connection }) => connection.closes)).toEqual([0, 1]);
	});

	it('says no goodbye on channels that ended in use', async () => {
		const { used, finish } = start('a');
		await settle();
		opened[0]?.channel.onClosed({ code: 1001, reason: '' });
		finish();
		await used;
		await pool.close();

		expect(opened[0]?.connection).toMatchObject({ closes: 0, destroys: 0 });
	});

	it('keeps a channel whose work failed for reasons of its own', async () => {
		await expect(
			pool.use({ botId: 'a', action: '', open: async () => open('a') }, async () => {
				throw new Error('The work failed');
			}),
		).rejects.toThrow('The work failed');
		await use('a');

		expect(opened).toHaveLength(1);
	});

	it('forgets a channel that could not be opened', async () => {
		const failed = pool.use(
			{ botId: 'a', action: '', open: () => Promise.reject(new Error('No way')) },
			async () => {},
		);
		await expect(failed).rejects.toThrow('No way');
		await use('a');
		await use('b');

		expect(stillOpen()).toBe(1);
	});

	it('never holds more channels than were in use at once, whatever happens', async () => {
		const step = fc.record({ botId: fc.constantFrom('a', 'b', 'c'), finish: fc.nat(9), end: fc.boolean() });
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
				pool = new ChannelPool(() => {});
				opened = [];
				const running: Array<ReturnType<typeof start>> = [];
				let most = 0;
				for (const { botId, finish, end } of steps) {
					running.push(start(botId));
					most = Math.max(most, running.length);
					await settle();
					expect(stillOpen()).toBeLessThanOrEqual(most);
					const [over] = running.splice(finish % running.length, finish % 2 === 0 ? 0 : 1);
					over?.finish();
					if (end) opened[finish]?.channel.onClosed({ code: 1001, reason: '' });
					await settle();
					expect(stillOpen()).toBeLessThanOrEqual(most);
				}
				for (const { finish } of running) finish();
				await Promise.all(running.map(({ used }) => used));
				await pool.close();
				expect(stillOpen()).toBe(0);
			}),
			{ numRuns: 50 },
		);
	});
});

describe('closing a pool', () => {
	it('says goodbye on the channels that rest, and is done when they are gone', async () => {
		const first = start('a', (connection) => (connection.isSlowToClose = true));
		first.finish();
		await first.used;
		let isClosed = false;
		const closed = pool.close().then(() => (isClosed = true));
		await settle();
		expect(isClosed).toBe(false);
		opened[0]?.connection.gone();
		await closed;

		expect(opened[0]?.connection).toMatchObject({ closes: 1, destroys: 0 });
		expect(clock.pendingTimers).toBe(0);
	});

	it('cuts channels that are in use', async () => {
		const { used, finish } = start('a');
		await settle();
		await pool.close();
		expect(stillOpen()).toBe(0);
		finish();
		await used;

		expect(opened[0]?.connection.destroys).toBeGreaterThan(0);
		expect(clock.pendingTimers).toBe(0);
	});

	it('cuts a channel that stands only afterwards, and its work is not begun', async () => {
		let dialled: (channel: RuntimeChannel) => void = () => {};
		const dialling = new Promise<RuntimeChannel>((resolve) => (dialled = resolve));
		const work = jest.fn();
		const outcome = cognigyErrorOf(pool.use({ botId: 'a', action: 'Doing it', open: () => dialling }, work));
		await settle();
		await pool.close();
		dialled(open('a'));

		expect(await outcome).toMatchObject({ category: 'cancelled', message: 'Doing it was cancelled' });
		expect(work).not.toHaveBeenCalled();
		expect(stillOpen()).toBe(0);
		expect(clock.pendingTimers).toBe(0);
	});

	it('refuses work from then on, and opens nothing for it', async () => {
		await use('a');
		await pool.close();

		expect(await cognigyErrorOf(use('a'))).toMatchObject({ category: 'cancelled' });
		expect(opened).toHaveLength(1);
	});

	it('waits also for the channels that were making room', async () => {
		const first = start('a', (connection) => (connection.isSlowToClose = true));
		first.finish();
		await first.used;
		const second = start('b');
		second.finish();
		await settle();
		let isClosed = false;
		const closed = pool.close().then(() => (isClosed = true));
		await settle();
		expect(isClosed).toBe(false);
		opened[0]?.connection.gone();
		await closed;

		expect(await cognigyErrorOf(second.used)).toMatchObject({ category: 'cancelled' });
		expect(stillOpen()).toBe(0);
	});

	it('may be done twice, and is told', async () => {
		await use('a');
		await Promise.all([pool.close(), pool.close()]);
		await pool.close();

		expect(closings).toBeGreaterThan(0);
		expect(opened[0]?.connection.closes).toBe(1);
	});
});
