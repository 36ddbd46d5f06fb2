import type { Allowance } from './budgetShape';

/** When the last requests were sent: as many as tell when the next one may be. Every step takes the same short time. */
export class SlidingLog {
	readonly #allowance: Allowance;
	/** A ring once it is full: `#oldest` is overwritten next. In ms of the monotonic clock. */
	readonly #times: number[] = [];
	#oldest = 0;

	constructor(allowance: Allowance) {
		this.#allowance = allowance;
	}

	/** From when on, in ms of the monotonic clock, one more request is allowed. */
	get freeAt(): number {
		const { limit, spanMs } = this.#allowance;
		const oldest = this.#times[this.#oldest];
		return oldest === undefined || this.#times.length < limit ? -Infinity : oldest + spanMs;
	}

	/** @param time in ms of the monotonic clock, not before those that were added already */
	add(time: number): void {
		const { limit } = this.#allowance;
		if (this.#times.length < limit) {
			this.#times.push(time);
			return;
		}
		this.#times[this.#oldest] = time;
		this.#oldest = (this.#oldest + 1) % limit;
	}
}
