import type { Allowance } from './budgetShape';

/** So many requests are remembered at least, whatever the allowance: it may become smaller. */
const MAX_KEPT = 10_000;
/** How long they are remembered, in spans of the allowance: half a budget of 1 counts twice as long as others. */
const KEPT_SPANS = 2;
/** So many that were forgotten may still take up memory. */
const MAX_FORGOTTEN = 1_000;

/**
 * When the last requests were sent: all that count now, or would count under another allowance. Every step takes the same
 * short time, on average.
 */
export class SlidingLog {
	#allowance: Allowance;
	/** In ms of the monotonic clock, oldest first. Those before `#first` are forgotten. */
	readonly #times: number[] = [];
	#first = 0;

	constructor(allowance: Allowance) {
		this.#allowance = allowance;
	}

	/** When the requests were sent that are remembered, oldest first, in ms of the monotonic clock. */
	get times(): readonly number[] {
		return this.#times.slice(this.#first);
	}

	/** From when on, in ms of the monotonic clock, one more request is allowed. */
	get freeAt(): number {
		const { limit, spanMs } = this.#allowance;
		const index = this.#times.length - limit;
		const deciding = index < this.#first ? undefined : this.#times[index];
		return deciding === undefined ? -Infinity : deciding + spanMs;
	}

	/** What was sent counts under another allowance from now on. */
	resize(allowance: Allowance): void {
		this.#allowance = allowance;
	}

	/** @param time in ms of the monotonic clock, not before those that were added already */
	add(time: number): void {
		this.#times.push(time);
		const { limit, spanMs } = this.#allowance;
		const forgottenUntil = time - KEPT_SPANS * spanMs;
		const mostKept = limit === Infinity ? MAX_KEPT : Math.max(MAX_KEPT, limit);
		const isForgotten = (oldest: number) => oldest < forgottenUntil || this.#times.length - this.#first > mostKept;
		for (let oldest = this.#times[this.#first]; oldest !== undefined && isForgotten(oldest);) {
			oldest = this.#times[++this.#first];
		}
		if (this.#first <= MAX_FORGOTTEN) return;
		this.#times.splice(0, this.#first);
		this.#first = 0;
	}
}
