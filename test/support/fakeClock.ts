import type { Clock } from '../../client/time/clock';

interface Timer {
	ms: number;
	dueAt: number;
	callback: () => void;
}

export interface FakeClockOptions {
	/** The wall-clock time at the start, ISO 8601. */
	startsAt?: string;
	/**
	 * Timers up to this long, in ms, need nobody to wait for them: the clock jumps to their end by itself. Pauses
	 * between attempts are short and time limits are long, so with a number in between only the limits stay in our hand.
	 */
	skipsUpToMs?: number;
}

/** A clock that stands still until it is told to move, so that tests of minutes run in milliseconds. */
export class FakeClock implements Clock {
	/** Lengths of the timers that it skipped, in ms, in order: the pauses that were made. */
	readonly skipped: number[] = [];
	readonly #timers = new Set<Timer>();
	readonly #skipsUpToMs: number;
	#monotonic = 0;
	#wallTime: number;

	constructor({ startsAt = '2026-01-31T12:00:00Z', skipsUpToMs = -1 }: FakeClockOptions = {}) {
		this.#wallTime = Date.parse(startsAt);
		this.#skipsUpToMs = skipsUpToMs;
	}

	wallTime(): number {
		return this.#wallTime;
	}

	monotonic(): number {
		return this.#monotonic;
	}

	after(ms: number, callback: () => void): () => void {
		const timer = { ms, dueAt: this.#monotonic + Math.max(0, ms), callback };
		this.#timers.add(timer);
		if (ms <= this.#skipsUpToMs) {
			this.skipped.push(ms);
			setImmediate(() => this.#fire(timer));
		}
		return () => this.#timers.delete(timer);
	}

	/** Timers that were neither cancelled nor have ended. */
	get pendingTimers(): number {
		return this.#timers.size;
	}

	/** Whether a timer of just this length, in ms, is pending. */
	isWaiting(ms: number): boolean {
		return [...this.#timers].some((timer) => timer.ms === ms);
	}

	/** Moves on, fires what is due in the right order, and lets everything that follows from it happen. */
	async advance(ms: number): Promise<void> {
		const target = this.#monotonic + ms;
		await settle();
		for (let next = this.#next(); next && next.dueAt <= target; next = this.#next()) {
			this.#fire(next);
			await settle();
		}
		this.#moveTo(target);
	}

	/** Sets the wall clock back or forth, as an administrator or a time server would. */
	jumpWallTime(ms: number): void {
		this.#wallTime += ms;
	}

	#next(): Timer | undefined {
		return [...this.#timers].sort((a, b) => a.dueAt - b.dueAt)[0];
	}

	#fire(timer: Timer): void {
		if (!this.#timers.delete(timer)) return;
		this.#moveTo(timer.dueAt);
		timer.callback();
	}

	#moveTo(time: number): void {
		const step = Math.max(0, time - this.#monotonic);
		this.#monotonic += step;
		this.#wallTime += step;
	}
}

/** Lets every promise that can settle without outside help settle. */
export async function settle(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
}
