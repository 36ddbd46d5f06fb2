/** The time in ns, by a clock that all processes of this machine share. Goes as text, as the message itself carries it. */
export function saidNow(): string {
	return String(process.hrtime.bigint());
}

/** How long messages that carry `saidNow` were on their way. Takes no more memory the more arrive. */
export class Arrivals {
	/** In ms. Filled at once, so that its memory is there from the beginning. */
	readonly #latencies: Float64Array;
	#count = 0;
	#wake = () => {};

	constructor(capacity: number) {
		this.#latencies = new Float64Array(capacity).fill(NaN);
	}

	/** A message was delivered. What bots say by themselves is left out. */
	add(text: string): void {
		if (!/^\d+$/.test(text)) return;
		this.#latencies[this.#count] = Number(process.hrtime.bigint() - BigInt(text)) / 1e6;
		this.#count++;
		this.#wake();
	}

	/** Waits until so many have arrived, and begins anew. @returns what all took, in ms */
	async take(count: number): Promise<number[]> {
		while (this.#count < count) await new Promise<void>((resolve) => (this.#wake = resolve));
		const latencies = Array.from(this.#latencies.subarray(0, this.#count));
		this.#count = 0;
		return latencies;
	}
}
