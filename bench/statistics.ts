/** Figures of several rounds. Single rounds say little on machines that others use too. */
export interface Spread {
	min: number;
	median: number;
	max: number;
}

export function spreadOf(values: readonly number[]): Spread {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
	const upper = sorted[Math.ceil((sorted.length - 1) / 2)] ?? NaN;
	return { min: sorted[0] ?? NaN, median: (middle + upper) / 2, max: sorted.at(-1) ?? NaN };
}

/** How many times as large the one is as the other, round by round, so that a drift of the machine falls out. */
export function ratios(values: readonly number[], others: readonly number[]): Spread {
	return spreadOf(values.map((value, round) => value / (others[round] ?? NaN)));
}
