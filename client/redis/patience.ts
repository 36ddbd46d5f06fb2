import { sleep, type Clock } from '../time/clock';

/** Pause between two attempts, in ms. */
const PACE_MS = 300;

/** How long to wait for something to come back: so long in all from the first failure on, not so long for each who waits. */
export class Patience {
	readonly #clock: Clock;
	readonly #ms: number;
	readonly #over: AbortSignal;
	#since: number | undefined;

	/** @param over nobody waits any longer */
	constructor(clock: Clock, ms: number, over: AbortSignal) {
		this.#clock = clock;
		this.#ms = ms;
		this.#over = over;
	}

	/** @returns whether it is worth trying again, now */
	async wait(): Promise<boolean> {
		this.#since ??= this.#clock.monotonic();
		if (!this.isLeft) return false;
		return await sleep(this.#clock, PACE_MS, this.#over).then(
			() => true,
			() => false,
		);
	}

	get isLeft(): boolean {
		return !this.#over.aborted && this.#clock.monotonic() - (this.#since ?? this.#clock.monotonic()) < this.#ms;
	}

	/** It has come back. */
	end(): void {
		this.#since = undefined;
	}
}
