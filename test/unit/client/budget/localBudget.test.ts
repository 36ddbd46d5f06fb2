import { getEventListeners } from 'node:events';
import fc from 'fast-check';

import { localBudget } from '../../../../client/budget/localBudget';
import type { CallKind } from '../../../../client/budget/rateBudget';
import { BudgetPlay, budgetSchedule, failureOf, mostWithin } from '../../../support/budgetSchedule';
import { FakeClock, settle } from '../../../support/fakeClock';

const MINUTE_MS = 60_000;
/** How long a request counts, in ms: a minute and the margin. */
const SPAN_MS = 61_000;

let clock: FakeClock;

beforeEach(() => {
	clock = new FakeClock();
});

function play(requestsPerWindow: number): BudgetPlay {
	return new BudgetPlay(localBudget({ requestsPerWindow, clock }), clock);
}

function takeAll(at: BudgetPlay, ...kinds: CallKind[]) {
	return kinds.map((kind) => at.take(kind));
}

const calls = (count: number) => Array<CallKind>(count).fill('call');
const streams = (count: number) => Array<CallKind>(count).fill('stream');

describe('under any schedule', () => {
	const size = fc.integer({ min: 1, max: 12 });

	async function played(requestsPerWindow: number, steps: Parameters<BudgetPlay['play']>[0]): Promise<BudgetPlay> {
		clock = new FakeClock();
		const at = play(requestsPerWindow);
		await at.play(steps);
		return at;
	}

	it('never more than the budget is sent in any 60 s, of which at most half are streams', async () => {
		const property = fc.asyncProperty(size, budgetSchedule, async (requestsPerWindow, steps) => {
			const at = await played(requestsPerWindow, steps);
			await clock.advance(2 * 60 * MINUTE_MS);

			expect(mostWithin(SPAN_MS - 1, at.times('call', 'stream'))).toBeLessThanOrEqual(requestsPerWindow);
			const streamWindowMs = requestsPerWindow === 1 ? 2 * SPAN_MS - 1 : SPAN_MS - 1;
			expect(mostWithin(streamWindowMs, at.times('stream'))).toBeLessThanOrEqual(
				Math.max(1, Math.floor(requestsPerWindow / 2)),
			);
		});
		await fc.assert(property, { numRuns: 150 });
	});

	it('everybody is served who does not give up, each kind in its order, and then no timer is left', async () => {
		const property = fc.asyncProperty(size, budgetSchedule, async (requestsPerWindow, steps) => {
			const at = await played(requestsPerWindow, steps);
			// Twice a minute for each of the streams, in the worst case of a budget of 1; and every hold.
			const heldMs = at.holds.reduce((sum, { from, until }) => sum + until - from, 0);
			await clock.advance(heldMs + 2 * SPAN_MS * (at.requests.length + 1));

			expect(at.waiting).toEqual([]);
			for (const kind of ['call', 'stream'] as const) {
				const places = at.requests.flatMap((request) => (request.kind === kind ? (request.place ?? []) : []));
				expect(places).toEqual([...places].sort((a, b) => a - b));
			}
			expect(clock.pendingTimers).toBe(0);
		});
		await fc.assert(property, { numRuns: 150 });
	});

	it('nobody is served while the service asked to wait, nor who gave up', async () => {
		const property = fc.asyncProperty(size, budgetSchedule, async (requestsPerWindow, steps) => {
			const at = await played(requestsPerWindow, steps);
			const aborted = at.requests.filter(({ abort }) => abort.signal.aborted);
			await clock.advance(2 * 60 * MINUTE_MS);

			for (const time of at.times('call', 'stream')) {
				// What was sent at the moment of the wish was sent before it.
				expect(at.holds.filter(({ from, until }) => time > from && time < until)).toEqual([]);
			}
			expect(aborted.filter(({ sentAt }) => sentAt !== undefined)).toEqual([]);
		});
		await fc.assert(property, { numRuns: 150 });
	});

	it('nothing is held back that may go: the next one goes when the oldest no longer counts', async () => {
		const property = fc.asyncProperty(size, budgetSchedule, async (requestsPerWindow, steps) => {
			const at = await played(
				requestsPerWindow,
				steps.filter((step) => step.do !== 'hold'),
			);
			const sent = at.times('call', 'stream');
			const isFull = sent.filter((time) => time > clock.monotonic() - SPAN_MS).length >= requestsPerWindow;
			const isCallWaiting = at.waiting.some(({ kind }) => kind === 'call');
			expect(isCallWaiting && !isFull).toBe(false);
		});
		await fc.assert(property, { numRuns: 150 });
	});
});

describe('a full budget', () => {
	it('goes out at once, and what comes after it when a minute and the margin are over', async () => {
		const at = play(3);
		takeAll(at, ...calls(3));
		const late = at.take('call');
		await clock.advance(SPAN_MS - 1);
		expect(at.times('call')).toEqual([0, 0, 0]);

		await clock.advance(1);
		expect(late.sentAt).toBe(SPAN_MS);
	});

	it('comes back as it went out', async () => {
		const at = play(3);
		for (const pause of [1_000, 20_000, 0]) {
			at.take('call');
			await clock.advance(pause);
		}
		takeAll(at, ...calls(4));
		await clock.advance(3 * SPAN_MS);

		expect(at.times('call')).toEqual([0, 1_000, 21_000, 61_000, 62_000, 82_000, 122_000]);
	});

	it('does not come back when somebody sets the clock of the machine', async () => {
		const at = play(1);
		takeAll(at, 'call', 'call');
		clock.jumpWallTime(24 * 60 * MINUTE_MS);
		await clock.advance(SPAN_MS - 1);
		clock.jumpWallTime(-48 * 60 * MINUTE_MS);
		expect(at.waiting).toHaveLength(1);

		await clock.advance(1);
		expect(at.waiting).toEqual([]);
	});

	it('serves 5,000 who wait in order', async () => {
		const at = play(1_000);
		takeAll(at, ...calls(5_000));
		await clock.advance(5 * SPAN_MS);

		expect(at.requests.map(({ place }) => place)).toEqual(at.requests.map((_, index) => index));
		expect(at.times('call').at(-1)).toBe(4 * SPAN_MS);
	});
});

describe('streams', () => {
	it('take half of the budget, rounded down; calls behind them do not wait for them', async () => {
		const at = play(5);
		takeAll(at, ...streams(10), ...calls(10));
		await settle();

		expect(at.times('stream')).toHaveLength(2);
		expect(at.times('call')).toHaveLength(3);
	});

	it('are not starved by calls: who came first goes first', async () => {
		const at = play(4);
		takeAll(at, ...calls(4));
		const stream = at.take('stream');
		takeAll(at, ...calls(100));
		await clock.advance(SPAN_MS);

		expect(stream.place).toBe(4);
	});

	it('may use their half also when no call ever comes, and no more', async () => {
		const at = play(10);
		takeAll(at, ...streams(12));
		await settle();
		expect(at.times('stream')).toHaveLength(5);

		await clock.advance(SPAN_MS);
		expect(at.times('stream')).toHaveLength(10);
	});

	it('leave every other turn to calls in a budget of 1', async () => {
		const at = play(1);
		takeAll(at, 'stream', 'stream', 'call', 'call', 'call');
		await clock.advance(5 * SPAN_MS);

		const order = [...at.requests].sort((a, b) => (a.place ?? 0) - (b.place ?? 0)).map(({ kind }) => kind);
		expect(order).toEqual(['stream', 'call', 'stream', 'call', 'call']);
	});
});

describe('who gives up waiting', () => {
	it('gets the reason of its signal at once, and its place goes to the next one', async () => {
		const at = play(1);
		at.take('call');
		const reason = new Error('stopped');
		const controller = new AbortController();
		const failure = failureOf(at.budget.take('call', controller.signal));
		const next = at.take('call');
		controller.abort(reason);

		expect(await failure).toBe(reason);
		await clock.advance(SPAN_MS);
		expect(next.sentAt).toBe(SPAN_MS);
	});

	it('leaves no timer behind when it was the only one', async () => {
		const at = play(1);
		at.take('call');
		const waiting = at.take('call');
		expect(clock.pendingTimers).toBe(1);

		waiting.abort.abort();
		await settle();
		expect(clock.pendingTimers).toBe(0);
	});

	it('takes nothing when it had given up before it came', async () => {
		const at = play(1);
		expect(await failureOf(at.budget.take('call', AbortSignal.abort('before')))).toBe('before');

		const other = at.take('call');
		await settle();
		expect(other.sentAt).toBe(0);
	});

	it('cannot give back what it has got', async () => {
		const at = play(1);
		const first = at.take('call');
		await settle();
		first.abort.abort();
		at.take('call');
		await clock.advance(SPAN_MS - 1);

		expect(at.waiting).toHaveLength(1);
	});

	it('leaves no listener on its signal, nor does who was served', async () => {
		const at = play(1);
		const served = at.take('call');
		const aborted = at.take('call');
		aborted.abort.abort();
		await settle();

		for (const { abort } of [served, aborted]) expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
	});
});

describe('when the service asks to wait', () => {
	it('nobody sends until that is over, however empty the log', async () => {
		const at = play(100);
		at.hold(30_000);
		const requests = takeAll(at, 'call', 'stream');
		await clock.advance(29_999);
		expect(at.waiting).toEqual(requests);

		await clock.advance(1);
		expect(at.waiting).toEqual([]);
	});

	it('also those who wait already wait for it', async () => {
		const at = play(1);
		takeAll(at, 'call', 'call');
		at.hold(90_000);
		await clock.advance(89_999);
		expect(at.waiting).toHaveLength(1);

		await clock.advance(1);
		expect(at.waiting).toEqual([]);
	});

	it('the longest wish counts', async () => {
		const at = play(1);
		at.hold(30_000);
		at.hold(1_000);
		const request = at.take('call');
		await clock.advance(30_000);

		expect(request.sentAt).toBe(30_000);
	});

	it('and wants more than a quarter of an hour, it is asked once more after that', async () => {
		const at = play(1);
		at.budget.holdFor(Infinity);
		const request = at.take('call');
		await clock.advance(15 * MINUTE_MS);

		expect(request.sentAt).toBe(15 * MINUTE_MS);
	});

	it.each([NaN, -1, 0])('no time at all (%p), nothing changes', async (ms) => {
		const at = play(1);
		at.budget.holdFor(ms);
		const request = at.take('call');
		await settle();

		expect(request.sentAt).toBe(0);
	});
});

describe('a budget that is closed', () => {
	it('sends away who waits and who comes, and leaves no timer', async () => {
		const { budget } = play(1);
		const { signal } = new AbortController();
		await budget.take('call', signal);
		const waiting = failureOf(budget.take('stream', signal));
		budget.close();

		expect(await waiting).toMatchObject({ category: 'cancelled' });
		expect(await failureOf(budget.take('call', signal))).toMatchObject({ category: 'cancelled' });
		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(signal, 'abort')).toHaveLength(0);
	});

	it('does not begin to serve when it is held afterwards', async () => {
		const { budget } = play(1);
		budget.close();
		budget.holdFor(1_000);

		expect(clock.pendingTimers).toBe(0);
	});
});

it('keeps no timer while nobody waits', async () => {
	const at = play(2);
	takeAll(at, ...calls(2));
	at.hold(1_000);
	await settle();

	expect(clock.pendingTimers).toBe(0);
});

describe('at once', () => {
	it('nobody goes before those who wait, although the clock has not called them yet', async () => {
		const late = { wallTime: () => 0, monotonic: () => clock.monotonic(), after: () => () => {} };
		const at = new BudgetPlay(localBudget({ requestsPerWindow: 1, clock: late }), clock);
		takeAll(at, ...calls(2));
		await clock.advance(SPAN_MS);

		expect(at.budget.takeNow?.('call')).toBe(false);
		expect(at.budget.takeNow?.('stream')).toBe(false);
	});

	it('nobody goes when it is closed', () => {
		const { budget } = play(1);
		budget.close();

		expect(budget.takeNow?.('call')).toBe(false);
	});
});
