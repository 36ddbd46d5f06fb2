import { getEventListeners } from 'node:events';

import { Deadline } from '../../../../client/time/deadline';
import { FakeClock, settle } from '../../../support/fakeClock';

const listenersOf = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

let clock: FakeClock;
let caller: AbortController;

beforeEach(() => {
	clock = new FakeClock();
	caller = new AbortController();
});

describe('a deadline', () => {
	it('is open before its time', async () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		await clock.advance(999);

		expect(deadline.end).toBeUndefined();
		expect(deadline.signal.aborted).toBe(false);
		expect(deadline.remainingMs()).toBe(1);
	});

	it('ends as timeout when its time is over', async () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		await clock.advance(1_000);

		expect(deadline.end).toBe('timeout');
		expect(deadline.signal.aborted).toBe(true);
		expect(deadline.remainingMs()).toBe(0);
	});

	it('ends as cancelled when its caller stops', () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		caller.abort();

		expect(deadline.end).toBe('cancelled');
		expect(deadline.signal.aborted).toBe(true);
	});

	it('ends as cancelled when any of several callers stops', () => {
		const other = new AbortController();
		const deadline = new Deadline(clock, 1_000, [caller.signal, other.signal]);
		other.abort();

		expect(deadline.end).toBe('cancelled');
	});

	it('is over from the beginning when its caller has stopped before', () => {
		const deadline = new Deadline(clock, 1_000, [AbortSignal.abort()]);

		expect(deadline.end).toBe('cancelled');
		expect(deadline.signal.aborted).toBe(true);
	});

	it('stays a timeout when its caller stops afterwards', async () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		await clock.advance(1_000);
		caller.abort();

		expect(deadline.end).toBe('timeout');
	});

	it('stays cancelled when its time is over afterwards', async () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		caller.abort();
		await clock.advance(1_000);

		expect(deadline.end).toBe('cancelled');
	});

	it('tells how it ended by the time that its signal aborts', async () => {
		const deadline = new Deadline(clock, 1_000, []);
		let end: string | undefined;
		deadline.signal.addEventListener('abort', () => (end = deadline.end));
		await clock.advance(1_000);

		expect(end).toBe('timeout');
	});

	it('does not mind when the wall clock is set', async () => {
		const deadline = new Deadline(clock, 1_000, []);
		clock.jumpWallTime(3_600_000);
		expect(deadline.remainingMs()).toBe(1_000);

		clock.jumpWallTime(-7_200_000);
		await clock.advance(1_000);
		expect(deadline.end).toBe('timeout');
	});
});

describe('what a deadline leaves behind', () => {
	it('is nothing once it is disposed of', () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		deadline.dispose();

		expect(clock.pendingTimers).toBe(0);
		expect(listenersOf(caller.signal)).toBe(0);
	});

	it('is nothing after a timeout, even before it is disposed of', async () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		await clock.advance(1_000);

		expect(deadline.end).toBe('timeout');
		expect(listenersOf(caller.signal)).toBe(0);
	});

	it('is nothing after a cancellation, even before it is disposed of', () => {
		const other = new AbortController();
		const deadline = new Deadline(clock, 1_000, [caller.signal, other.signal]);
		caller.abort();

		expect(deadline.end).toBe('cancelled');
		expect(clock.pendingTimers).toBe(0);
		expect(listenersOf(other.signal)).toBe(0);
	});

	it('is nothing when the first of its callers had stopped before', () => {
		const deadline = new Deadline(clock, 1_000, [AbortSignal.abort(), caller.signal]);
		deadline.dispose();

		expect(clock.pendingTimers).toBe(0);
		expect(listenersOf(caller.signal)).toBe(0);
	});

	it('changes nothing any more: a disposed deadline does not end', async () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		deadline.dispose();
		caller.abort();
		await clock.advance(1_000);

		expect(deadline.end).toBeUndefined();
		expect(deadline.signal.aborted).toBe(false);
	});
});

describe('the deadline of one attempt within another', () => {
	let whole: Deadline;

	beforeEach(() => {
		whole = new Deadline(clock, 1_000, [caller.signal]);
	});

	it('ends alone when its own time is over', async () => {
		const attempt = whole.attempt(400);
		await clock.advance(400);

		expect(attempt.end).toBe('timeout');
		expect(whole.end).toBeUndefined();
	});

	it('gets no more time than is left of the whole', async () => {
		await clock.advance(700);
		const attempt = whole.attempt(400);
		expect(attempt.remainingMs()).toBe(300);

		await clock.advance(300);
		expect(attempt.end).toBe('timeout');
		expect(whole.end).toBe('timeout');
	});

	it.each([1_000, 1_001, Infinity])('that would last as long (%d ms) ends only with the whole', async (ms) => {
		const skipping = new FakeClock({ skipsUpToMs: 999 });
		const longer = new Deadline(skipping, 1_000, [caller.signal]);
		await skipping.advance(500);
		// Its own timer would fire here, before that of the whole: the clock skips 500 ms.
		const attempt = longer.attempt(ms - 500);
		await settle();
		expect(attempt.end).toBeUndefined();

		await skipping.advance(500);
		expect([longer.end, attempt.end]).toEqual(['timeout', 'timeout']);
	});

	it('may be given no limit of its own', async () => {
		const attempt = whole.attempt(Infinity);
		expect(attempt.remainingMs()).toBe(1_000);

		await clock.advance(1_000);
		expect(attempt.end).toBe('timeout');
	});

	it('is cancelled with the whole', () => {
		const attempt = whole.attempt(400);
		caller.abort();

		expect(attempt.end).toBe('cancelled');
		expect(attempt.signal.aborted).toBe(true);
	});

	it('ends like the whole when that had ended before', async () => {
		await clock.advance(1_000);
		expect(whole.attempt(400).end).toBe('timeout');

		const cancelled = new Deadline(clock, 1_000, [AbortSignal.abort()]);
		expect(cancelled.attempt(400).end).toBe('cancelled');
	});

	it('stays as it ended when the whole ends in another way afterwards', async () => {
		const attempt = new Deadline(clock, 400, [AbortSignal.abort()], whole);
		await clock.advance(1_000);

		expect(whole.end).toBe('timeout');
		expect(attempt.end).toBe('cancelled');
	});

	it('leaves nothing behind in the whole', () => {
		const before = clock.pendingTimers;
		whole.attempt(400).dispose();

		expect(clock.pendingTimers).toBe(before);
		expect(listenersOf(whole.signal)).toBe(0);
	});
});

describe('paused', () => {
	it('the time does not run, and goes on with what was left', async () => {
		const deadline = new Deadline(clock, 1_000, []);
		await clock.advance(400);

		const resume = deadline.pause();
		await clock.advance(10_000);
		expect(deadline.end).toBeUndefined();
		resume();

		expect(deadline.remainingMs()).toBe(600);
		await clock.advance(599);
		expect(deadline.end).toBeUndefined();
		await clock.advance(1);
		expect(deadline.end).toBe('timeout');
	});

	it('can still be cancelled, and leaves no timer behind', () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);

		const resume = deadline.pause();
		caller.abort();
		resume();

		expect(deadline.end).toBe('cancelled');
		expect(clock.pendingTimers).toBe(0);
	});

	it('nothing runs on after the call is over', () => {
		const deadline = new Deadline(clock, 1_000, []);
		const resume = deadline.pause();
		deadline.dispose();
		resume();
		expect(clock.pendingTimers).toBe(0);
	});
});

describe('restarted', () => {
	it('the time limit counts from then on, be it longer or shorter than what was left', async () => {
		const deadline = new Deadline(clock, 1_000, []);
		await clock.advance(900);

		deadline.restart(500);
		expect(deadline.remainingMs()).toBe(500);
		await clock.advance(300);
		expect(deadline.end).toBeUndefined();

		deadline.restart(100);
		await clock.advance(99);
		expect(deadline.end).toBeUndefined();
		await clock.advance(1);
		expect(deadline.end).toBe('timeout');
		expect(clock.pendingTimers).toBe(0);
	});

	it('it can still be cancelled, and leaves no timer behind', () => {
		const deadline = new Deadline(clock, 1_000, [caller.signal]);
		deadline.restart(500);
		expect(clock.pendingTimers).toBe(1);
		caller.abort();

		expect(deadline.end).toBe('cancelled');
		expect(clock.pendingTimers).toBe(0);
	});

	it('nothing runs on after the call is over', () => {
		const deadline = new Deadline(clock, 1_000, []);
		deadline.dispose();
		deadline.restart(500);

		expect(clock.pendingTimers).toBe(0);
	});
});
