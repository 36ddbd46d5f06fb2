import { spreadOf } from '../../bench/statistics';

/** How much of a growth is no growth: whichever of the two is more. */
export interface Tolerance {
	/** A part of the value, from 0 to 1. */
	relative: number;
	/** In the value's own unit. */
	absolute: number;
}

/** Whether something that was measured over time has grown. */
export interface Flatness {
	/** What it came back to in the middle third of the time. */
	middle: number;
	/** The same for the last third. */
	last: number;
	/** The most that the last third may be. */
	limit: number;
	isFlat: boolean;
}

export interface MeasuredFlatness extends Flatness {
	/** For whoever wants to know what was usual. */
	medians: { middle: number; last: number };
}

/** One in so many values is not above what is judged: more than those from while a service restarts. */
const LOW = 4;

/**
 * Judges what it comes back to again and again, as a leak never does: a machine that has no time for n8n makes work pile
 * up for a while, and that is no leak.
 * @param values evenly over the time; the first third is for warming up, and does not count
 */
export function flatnessOf(values: readonly number[], tolerance: Tolerance): MeasuredFlatness {
	const [, middleThird, lastThird] = thirdsOf(values);
	const medians = { middle: spreadOf(middleThird).median, last: spreadOf(lastThird).median };
	return { ...judged(lowOf(middleThird), lowOf(lastThird), tolerance), medians };
}

function judged(middle: number, last: number, { relative, absolute }: Tolerance): Flatness {
	const limit = middle + Math.max(Math.abs(middle) * relative, absolute);
	// Where nothing was measured these are not numbers, and that is not flat.
	return { middle, last, limit, isFlat: last <= limit };
}

function lowOf(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.ceil(sorted.length / LOW) - 1] ?? NaN;
}

/** Something that grows with what is put into it, such as a file: how much for each thing. */
export interface Growth {
	/** How large it is. */
	size: number;
	/** How many things were put into it so far. */
	count: number;
}

/** Judges the growth per thing in each third. */
export function growthFlatnessOf(course: readonly Growth[], tolerance: Tolerance): Flatness {
	const [, middle, last] = thirdsOf(course);
	return judged(growthPerThing(middle), growthPerThing(last), tolerance);
}

function growthPerThing(part: readonly Growth[]): number {
	const [first, last] = [part[0], part.at(-1)];
	return first && last ? (last.size - first.size) / (last.count - first.count) : NaN;
}

function thirdsOf<T>(values: readonly T[]): [T[], T[], T[]] {
	const third = Math.floor(values.length / 3);
	const middleEnd = values.length - third;
	return [values.slice(0, third), values.slice(third, middleEnd), values.slice(middleEnd)];
}
