/** Figures of several rounds. Single rounds say little on machines that others use too. */
export interface Spread {
	min: number;
	median: number;
	max: number;
}

/** Figures of many single events, such as the times of calls. */
export interface Typical {
	median: number;
	/** 95 of 100 are not above it. */
	p95: number;
}

export function spreadOf(values: readonly number[]): Spread {
	const sorted = [...values].sort((a, b) => a - b);
	return { min: sorted[0] ?? NaN, median: medianOfSorted(sorted), max: sorted.at(-1) ?? NaN };
}

export function typicalOf(values: readonly number[]): Typical {
	const sorted = [...values].sort((a, b) => a - b);
	return { median: medianOfSorted(sorted), p95: sorted[Math.ceil(sorted.length * 0.95) - 1] ?? NaN };
}

/** How many times as large the one is as the other, round by round, so that a drift of the machine falls out. */
export function ratios(values: readonly number[], others: readonly number[]): Spread {
	return spreadOf(values.map((value, round) => value / (others[round] ?? NaN)));
}

function medianOfSorted(sorted: readonly number[]): number {
	const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
	const upper = sorted[Math.ceil((sorted.length - 1) / 2)] ?? NaN;
	return (middle + upper) / 2;
}
