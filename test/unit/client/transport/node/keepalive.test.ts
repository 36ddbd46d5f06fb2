import { Keepalive } from '../../../../../client/transport/node/keepalive';
import { FakeClock } from '../../../../support/fakeClock';

let clock: FakeClock;
let keepalive: Keepalive;
let pings: number[];
let deaths: number[];

beforeEach(() => {
	clock = new FakeClock();
	pings = [];
	deaths = [];
	keepalive = new Keepalive(
		clock,
		() => pings.push(clock.monotonic()),
		() => deaths.push(clock.monotonic()),
	);
});

/** A sign of life every `ms`, for as long. */
async function live(everyMs: number, forMs: number): Promise<void> {
	for (let passed = 0; passed < forMs; passed += everyMs) {
		await clock.advance(everyMs);
		keepalive.signOfLife();
	}
}

it('pings every 30 s as long as the other side lives', async () => {
	await live(1_000, 150_000);

	expect(pings).toEqual([30_000, 60_000, 90_000, 120_000, 150_000]);
	expect(deaths).toEqual([]);
});

it('pings also one who sends all the time', async () => {
	await live(10, 30_000);
	expect(pings).toEqual([30_000]);
});

it('declares one dead who never gave a sign of life for 60 s', async () => {
	await clock.advance(59_999);
	expect(deaths).toEqual([]);
	await clock.advance(1);

	expect(deaths).toEqual([60_000]);
	expect(pings).toEqual([30_000]);
});

it.each([1, 10_000, 29_999, 30_001, 45_000, 59_999])(
	'counts the 60 s from the last sign of life (after %d ms)',
	async (ms) => {
		await clock.advance(ms);
		keepalive.signOfLife();
		await clock.advance(59_999);
		expect(deaths).toEqual([]);
		await clock.advance(1);

		expect(deaths).toEqual([ms + 60_000]);
	},
);

it('never pings later than 30 s after the ping before', async () => {
	await clock.advance(50_000);
	keepalive.signOfLife();
	await clock.advance(59_999);

	for (const [index, ping] of pings.entries()) expect(ping - (pings[index - 1] ?? 0)).toBeLessThanOrEqual(30_000);
});

it('declares nobody dead twice, and leaves no timer then', async () => {
	await clock.advance(600_000);

	expect(deaths).toHaveLength(1);
	expect(clock.pendingTimers).toBe(0);
});

it('leaves no timer when it is stopped, at whatever moment, and pings no more', async () => {
	await clock.advance(30_000);
	keepalive.stop();
	expect(clock.pendingTimers).toBe(0);
	keepalive.stop();
	await clock.advance(600_000);

	expect(pings).toEqual([30_000]);
	expect(deaths).toEqual([]);
});

it('may be stopped by its own ping', async () => {
	const other = new Keepalive(
		clock,
		() => other.stop(),
		() => deaths.push(0),
	);
	keepalive.stop();
	await clock.advance(600_000);

	expect(clock.pendingTimers).toBe(0);
	expect(deaths).toEqual([]);
});
