import { statSync } from 'node:fs';
import { join } from 'node:path';

import type { Cost, LoadCost } from '../nodeLoader';
import { ratios, spreadOf, type Spread } from '../statistics';
import { aimed, ms, table } from '../table';
import { READY_LINE, type Start } from './start';

const AIM_MS = 30;
const AIM_MB = 10;

/** Starts of n8n, of each round one with and one without the package. */
export type Starts = Record<'withIt' | 'without', Start[]>;

export type Loads = Record<'ours' | 'smallest', LoadCost[]>;

/** A figure of n8n with the package and without it; `added` and `ratio` are round by round. */
export interface Compared {
	without: Spread;
	withIt: Spread;
	added: Spread;
	ratio: Spread;
}

/** Whole starts of the real n8n, in ms and MB. */
export interface StartsResult {
	what: 'starts';
	readyMs: Compared;
	rssMb: Compared;
	neededRssMb: Compared;
	neededHeapMb: Compared;
	/** Of the start with the package: what loading our files took in there. */
	loadingMs: Spread;
	loadingCpuMs: Spread;
}

/** What n8n's loader takes for a package, in ms and MB. */
export interface LoadResult {
	what: 'load';
	of: string;
	ms: Spread;
	cpuMs: Spread;
	heapMb: Spread;
	rssMb: Spread;
	/** Files of the package that are loaded then. */
	files: string[];
	kb: number;
}

export type Results = [starts: StartsResult, ours: LoadResult, smallest: LoadResult, firstUse: LoadResult];

export function resultsOf({ withIt, without }: Starts, { ours, smallest }: Loads, packageFolder: string): Results {
	const compared = (figure: (start: Start) => number): Compared => {
		const [withFigures, withoutFigures] = [withIt.map(figure), without.map(figure)];
		return {
			without: spreadOf(withoutFigures),
			withIt: spreadOf(withFigures),
			added: spreadOf(withFigures.map((value, round) => value - (withoutFigures[round] ?? NaN))),
			ratio: ratios(withFigures, withoutFigures),
		};
	};
	const loaded = (of: string, costs: Cost[], folder?: string): LoadResult => {
		const files = costs[0]?.files ?? [];
		const bytes = folder === undefined ? [] : files.map((file) => statSync(join(folder, file)).size);
		return {
			what: 'load',
			of,
			ms: spreadOf(costs.map((cost) => cost.ms)),
			cpuMs: spreadOf(costs.map((cost) => cost.cpuMs)),
			heapMb: spreadOf(costs.map((cost) => cost.heapMb)),
			rssMb: spreadOf(costs.map((cost) => cost.rssMb)),
			files,
			kb: bytes.reduce((sum, size) => sum + size, 0) / 1024,
		};
	};
	const starts: StartsResult = {
		what: 'starts',
		readyMs: compared(({ readyMs }) => readyMs),
		rssMb: compared(({ atRest }) => atRest.rssMb),
		neededRssMb: compared(({ needed }) => needed.rssMb),
		neededHeapMb: compared(({ needed }) => needed.heapMb),
		loadingMs: spreadOf(withIt.map(({ loading }) => loading.ms)),
		loadingCpuMs: spreadOf(withIt.map(({ loading }) => loading.cpuMs)),
	};
	return [
		starts,
		loaded('Our package', toStart(ours), packageFolder),
		loaded('A package of one empty node', toStart(smallest)),
		loaded(
			'Our client, when a node first runs',
			ours.flatMap(({ firstUse }) => firstUse ?? []),
			packageFolder,
		),
	];
}

const toStart = (costs: LoadCost[]) => costs.map(({ start }) => start);

export interface StartSetup {
	n8n: string;
	starts: number;
	settleSeconds: number;
	loads: number;
}

export function textOf([starts, ours, smallest, firstUse]: Results, { n8n, ...setup }: StartSetup): string {
	const isMet = ours.cpuMs.median < AIM_MS && starts.loadingCpuMs.median < AIM_MS;
	const isMetInMemory = ours.rssMb.median < AIM_MB && starts.neededHeapMb.added.median < AIM_MB;
	const figures: Array<[string, Compared, (spread: Spread) => string]> = [
		['Time until ready', starts.readyMs, ms],
		['Memory (RSS)', starts.rssMb, mb],
		['Memory (RSS) after a full garbage collection', starts.neededRssMb, mb],
		['Heap after a full garbage collection', starts.neededHeapMb, mb],
	];
	const whole = table(
		{
			[`n8n ${n8n}`]: ([what]) => what,
			'Without the package': ([, { without }, show]) => show(without),
			'With it': ([, { withIt }, show]) => show(withIt),
			Added: ([, { added }, show]) => `**${show(added)}**`,
			'With / without': ([, { ratio }]) => ratioOf(ratio),
		},
		figures,
	);
	const loading = table(
		{
			Loaded: (load) => load.of,
			'Processor time': (load) => `**${exactMs(load.cpuMs)}**`,
			Time: (load) => exactMs(load.ms),
			Heap: (load) => mb(load.heapMb),
			'Memory (RSS)': (load) => mb(load.rssMb),
		},
		[ours, smallest, firstUse],
	);
	return `What the package adds to n8n's start: ${setup.starts} starts with it and ${setup.starts} without it, by turns; median (lowest to
highest), "added" and "with / without" round by round. Ready is when n8n logs "${READY_LINE}"; memory is looked at
${setup.settleSeconds} s later.

${whole}

Whole starts differ from each other by more than there is to be seen, and so does their memory other than the heap. So the time in which n8n loads our files is taken
inside these starts as well: ${exactMs(starts.loadingCpuMs)} of processor time, ${exactMs(starts.loadingMs)} by the clock, which
goes on while other programs have the processor. And n8n's own loader loads the package in ${setup.loads} new processes that hold
nothing but n8n's core, by turns with the smallest package there can be; memory is what is left after a full garbage
collection:

${loading}

At its start n8n loads ${ours.files.length} of our files, ${Math.round(ours.kb)} KB. The client with all libraries (${Math.round(firstUse.kb)} KB) is loaded when a node
first runs. Our aims: less than ${AIM_MS} ms, ${aimed(isMet)} (of the processor, in n8n and by itself); less than ${AIM_MB} MB, ${aimed(isMetInMemory)} (the
heap in n8n, all memory by itself).`;
}

const exactMs = ({ min, median, max }: Spread) => `${median.toFixed(1)} ms (${min.toFixed(1)} to ${max.toFixed(1)})`;
const mb = ({ min, median, max }: Spread) => `${median.toFixed(1)} MB (${min.toFixed(1)} to ${max.toFixed(1)})`;
const ratioOf = ({ min, median, max }: Spread) => `${median.toFixed(3)} (${min.toFixed(3)} to ${max.toFixed(3)})`;
