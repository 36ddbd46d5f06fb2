/**
 * How often which latency was seen, within 1 %: so memory stays the same however many are recorded.
 * Node's own histogram is not to be had in every edition.
 */
export class Latencies {
	/** By latency in ms. */
	readonly #counts = new Map<number, number>();
	#count = 0;
	#max = 0;

	/** @param ms at least 0 */
	record(ms: number): void {
		const rounded = roundUp(Math.max(1, Math.round(ms)));
		this.#counts.set(rounded, (this.#counts.get(rounded) ?? 0) + 1);
		this.#count++;
		this.#max = Math.max(this.#max, rounded);
	}

	/** In ms; 0 while nothing was recorded. */
	get max(): number {
		return this.#max;
	}

	/**
	 * What so many percent of all latencies do not exceed, in ms; 0 while nothing was recorded.
	 * @param percent above 0, up to 100
	 */
	percentile(percent: number): number {
		let left = Math.ceil((percent / 100) * this.#count);
		for (const [ms, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
			left -= count;
			if (left <= 0) return ms;
		}
		return 0;
	}
}

/** Never less than it was: 12345 becomes 12400. */
function roundUp(ms: number): number {
	const unit = 10 ** Math.max(0, String(ms).length - 3);
	return Math.ceil(ms / unit) * unit;
}
