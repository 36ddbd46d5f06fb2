import { ratios, spreadOf, type Spread } from '../statistics';
import { table, times } from '../table';

export interface ItemCostSetup {
	concurrency: number;
	/** Fewer rounds of what takes long. */
	sizes: Array<{ items: number; rounds: number }>;
}

/** One run over all items. */
export interface Round {
	ms: number;
	/** Of n8n above what it was before the run. */
	memory?: { peakBytes: number; keptBytes: number };
}

export interface WayRounds {
	readonly rounds: readonly Round[];
	/** Why it could not do so many. */
	readonly problem?: string;
}

/** What one item costs in a way. */
interface WayCost {
	microseconds?: Spread;
	/** Memory of the whole of n8n at its height, in bytes, with garbage. */
	peakBytes?: Spread;
	/** Memory that is still needed afterwards, in bytes. */
	keptBytes?: Spread;
	problem?: string;
}

/** What one of so many items costs. */
export interface ItemCostResult {
	items: number;
	triggerFlow: WayCost;
	httpRequestNode: WayCost;
	bareLoop: WayCost;
	/** A node that does nothing: n8n's own handling of the items. */
	n8nAlone: WayCost;
	/** How many times as long n8n's HTTP Request node takes as Trigger Flow. */
	httpRequestToTriggerFlow?: Spread;
	/** How many times as long Trigger Flow takes as the bare loop. */
	triggerFlowToBareLoop: Spread;
}

type Ways = Record<'triggerFlow' | 'httpRequestNode' | 'bareLoop' | 'n8nAlone', WayRounds>;

export function resultOf(items: number, { triggerFlow, httpRequestNode, bareLoop, n8nAlone }: Ways): ItemCostResult {
	const isComplete = httpRequestNode.problem === undefined;
	return {
		items,
		triggerFlow: costOf(triggerFlow, items),
		httpRequestNode: costOf(httpRequestNode, items),
		bareLoop: costOf(bareLoop, items),
		n8nAlone: costOf(n8nAlone, items),
		...(isComplete ? { httpRequestToTriggerFlow: ratios(timesOf(httpRequestNode), timesOf(triggerFlow)) } : {}),
		triggerFlowToBareLoop: ratios(timesOf(triggerFlow), timesOf(bareLoop)),
	};
}

function costOf({ rounds, problem }: WayRounds, items: number): WayCost {
	if (problem !== undefined) return { problem };
	const perItem = (values: number[]) => spreadOf(values.map((value) => value / items));
	const memory = rounds.flatMap((round) => round.memory ?? []);
	return {
		microseconds: perItem(rounds.map(({ ms }) => ms * 1000)),
		...(memory.length > 0
			? {
					peakBytes: perItem(memory.map(({ peakBytes }) => peakBytes)),
					keptBytes: perItem(memory.map(({ keptBytes }) => keptBytes)),
				}
			: {}),
	};
}

const timesOf = ({ rounds }: WayRounds) => rounds.map(({ ms }) => ms);

/** With fewer items, their memory is lost in what n8n itself does meanwhile. */
const ENOUGH_FOR_MEMORY = 10_000;
/** With fewer items, what a run costs once is a large part of it. */
const ENOUGH_FOR_TIME = 1_000;

export function textOf(results: ItemCostResult[], { concurrency }: ItemCostSetup): string {
	const memory = (size: (cost: WayCost) => Spread | undefined, way: (result: ItemCostResult) => WayCost) => {
		return (result: ItemCostResult) =>
			result.items < ENOUGH_FOR_MEMORY ? '' : kilobytes(way(result).problem, size(way(result)));
	};
	const peak = (way: (result: ItemCostResult) => WayCost) => memory(({ peakBytes }) => peakBytes, way);
	const tableText = table(
		{
			Items: ({ items }) => items.toLocaleString('en'),
			'Trigger Flow, time per item': ({ triggerFlow }) => microseconds(triggerFlow),
			'HTTP Request node': ({ httpRequestNode }) => microseconds(httpRequestNode),
			'Bare axios loop': ({ bareLoop }) => microseconds(bareLoop),
			'HTTP Request / Trigger Flow': ({ httpRequestToTriggerFlow: ratio }) => (ratio ? times(ratio) : ''),
			'Trigger Flow / bare loop': ({ triggerFlowToBareLoop }) => times(triggerFlowToBareLoop),
			'Trigger Flow, memory per item at its height': peak(({ triggerFlow }) => triggerFlow),
			'HTTP Request node, the same': peak(({ httpRequestNode }) => httpRequestNode),
			'n8n alone, the same': peak(({ n8nAlone }) => n8nAlone),
			'Trigger Flow, kept afterwards': memory(
				({ keptBytes }) => keptBytes,
				({ triggerFlow }) => triggerFlow,
			),
		},
		results,
	);
	return `What one item costs Trigger Flow in a real n8n over TLS, concurrency ${concurrency}, service without latency; median (minimum
to maximum) of whole runs, divided by the items. With few items, what each run costs once (new connections above all) weighs
more. Memory is that of n8n's whole process above what it was before the run, shown where it is not lost in what n8n does
besides; at its height garbage is in it, and "n8n alone" has a node that does nothing in the place of ours.${growthText(results)}

${tableText}`;
}

function growthText(results: ItemCostResult[]): string {
	const large = results.filter(({ items }) => items >= ENOUGH_FOR_TIME);
	const [first, last] = [large[0], large.at(-1)];
	if (!first || !last || first === last) return '';
	const ratio = (last.triggerFlow.microseconds?.median ?? NaN) / (first.triggerFlow.microseconds?.median ?? NaN);
	const count = ({ items }: ItemCostResult) => items.toLocaleString('en');
	return ` One of ${count(last)} items takes ${ratio.toFixed(2)} times as long as one of ${count(first)}.`;
}

function microseconds({ microseconds: spread, problem }: WayCost): string {
	if (!spread) return problem ?? '';
	const { median, min, max } = spread;
	return `${inThousands(median)} µs (${inThousands(min)} to ${inThousands(max)})`;
}

const inThousands = (value: number) => Math.round(value).toLocaleString('en');

function kilobytes(problem: string | undefined, spread: Spread | undefined): string {
	if (!spread) return problem ?? '';
	return `${(spread.median / 1000).toFixed(1)} kB`;
}
