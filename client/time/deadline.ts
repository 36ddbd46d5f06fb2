import type { Clock } from './clock';

export type DeadlineEnd = 'timeout' | 'cancelled';

/**
 * The time that one call may take, together with its caller's wish to stop. `signal` aborts at whichever comes first,
 * and `end` tells which it was. Call `dispose()` when the call is over, so that no timer or listener stays behind.
 */
export class Deadline {
	readonly signal: AbortSignal;
	#end: DeadlineEnd | undefined;
	readonly #controller = new AbortController();
	#expiresAt: number;
	#cancelTimer: () => void;
	readonly #hasOwnTimer: boolean;
	#isDisposed = false;
	/** Whoever ends it from outside. */
	readonly #parents: readonly AbortSignal[];
	readonly #stop = () => this.#finish(this.enclosing?.end ?? 'cancelled');

	/** @param timeoutMs time limit in ms, counted from now */
	constructor(
		private readonly clock: Clock,
		timeoutMs: number,
		callerSignals: readonly AbortSignal[],
		private readonly enclosing?: Deadline,
	) {
		this.signal = this.#controller.signal;
		this.#expiresAt = clock.monotonic() + timeoutMs;
		// Where the enclosing deadline ends first it ends this one: two timers for one moment would fire in either order.
		this.#hasOwnTimer = !enclosing || timeoutMs < enclosing.remainingMs();
		this.#cancelTimer = this.#startTimer(timeoutMs);
		this.#parents = enclosing ? [...callerSignals, enclosing.signal] : callerSignals;
		for (const parent of this.#parents) {
			if (parent.aborted) this.#stop();
			else parent.addEventListener('abort', this.#stop, { once: true });
		}
	}

	/** A shorter limit within this one, for one attempt of several. */
	attempt(timeoutMs: number): Deadline {
		return new Deadline(this.clock, Math.min(timeoutMs, this.remainingMs()), [], this);
	}

	/** Why the time is over; undefined while it is not. */
	get end(): DeadlineEnd | undefined {
		return this.#end;
	}

	/** Time left in ms, never below 0. */
	remainingMs(): number {
		return Math.max(0, this.#expiresAt - this.clock.monotonic());
	}

	/** Stops the time limit, but not the caller's signals, for a wait that is not to count. @returns lets it go on */
	pause(): () => void {
		const restMs = this.remainingMs();
		this.#cancelTimer();
		return () => this.restart(restMs);
	}

	/** The time limit is so long from now on, in ms. */
	restart(timeoutMs: number): void {
		if (this.#isDisposed) return;
		this.#cancelTimer();
		this.#expiresAt = this.clock.monotonic() + timeoutMs;
		this.#cancelTimer = this.#startTimer(timeoutMs);
	}

	dispose(): void {
		this.#isDisposed = true;
		this.#cancelTimer();
		for (const parent of this.#parents) parent.removeEventListener('abort', this.#stop);
	}

	#startTimer(ms: number): () => void {
		return this.#hasOwnTimer ? this.clock.after(ms, () => this.#finish('timeout')) : () => {};
	}

	#finish(end: DeadlineEnd): void {
		if (this.#end) return;
		this.#end = end;
		this.dispose();
		this.#controller.abort();
	}
}
