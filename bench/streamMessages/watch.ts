import { setTimeout as sleep } from 'node:timers/promises';

import type { Program } from '../loops/child';
import { spreadOf, type Spread } from '../statistics';
import type { Sample } from './requests';

/** What following sessions takes. Memory is above that of the same process before it followed any, in MB. */
export interface Footprint {
	/** The process before. */
	before: { rssMb: number; heapMb: number };
	/** All of its memory. */
	rss: Spread;
	/** What JavaScript takes of it, with garbage that V8 leaves lying until it has a lot of it. */
	heap: Spread;
	/** In the first and the last third of the time: flat when they are the same. */
	rssOverTime: { firstThird: number; lastThird: number };
	/** What is left of both at the end when everything that is not needed is given back. */
	needed: { rss: number; heap: number };
	/** Of one processor. */
	cpuPercent: number;
	/** Memory over time. */
	course: Array<{ second: number; rss: number; heap: number }>;
}

const SAMPLE_EVERY_MS = 1_000;
/** How many points are kept of the course. */
const POINTS = 30;

/** What the process takes now, and now and then until the time is over. */
export async function watch(program: Program, durationMs: number): Promise<Sample[]> {
	const samples = [await program.ask<Sample>('sample')];
	for (const endsAt = performance.now() + durationMs; performance.now() < endsAt;) {
		await sleep(Math.min(SAMPLE_EVERY_MS, durationMs / 3));
		samples.push(await program.ask<Sample>('sample'));
	}
	return samples;
}

/**
 * @param before before it followed any session
 * @param needed at the end, after everything that is not needed was given back
 */
export function footprintOf(before: Sample, samples: readonly Sample[], needed: Sample): Footprint {
	const rss = samples.map((sample) => inMb(sample.rss - before.rss));
	const heap = samples.map((sample) => inMb(sample.heapUsed - before.heapUsed));
	const third = Math.ceil(samples.length / 3);
	return {
		before: { rssMb: inMb(before.rss), heapMb: inMb(before.heapUsed) },
		rss: spreadOf(rss),
		heap: spreadOf(heap),
		rssOverTime: {
			firstThird: spreadOf(rss.slice(0, third)).median,
			lastThird: spreadOf(rss.slice(-third)).median,
		},
		needed: { rss: inMb(needed.rss - before.rss), heap: inMb(needed.heapUsed - before.heapUsed) },
		cpuPercent: cpuPercentOf(samples),
		course: courseOf(samples, rss, heap),
	};
}

function cpuPercentOf(samples: readonly Sample[]): number {
	const [first, last] = [samples[0], samples.at(-1)];
	return first && last ? (100 * (last.cpuMs - first.cpuMs)) / (last.at - first.at) : NaN;
}

function courseOf(samples: readonly Sample[], rss: readonly number[], heap: readonly number[]) {
	const step = Math.max(1, Math.floor(samples.length / POINTS));
	const beganAt = samples[0]?.at ?? NaN;
	return samples.flatMap(({ at }, index) =>
		index % step === 0
			? [{ second: Math.round((at - beganAt) / 1000), rss: round1(rss[index]), heap: round1(heap[index]) }]
			: [],
	);
}

const inMb = (bytes: number) => bytes / 2 ** 20;
const round1 = (value = NaN) => Math.round(value * 10) / 10;
