import { typicalOf, type Typical } from '../statistics';
import { aimed, table } from '../table';
import type { Timed } from './times';

/** The call with an aim. */
export const RECORD = 'Record a session';
const AIM_MS = 1;

/** One call of the registry beside plainer ways to do the same. Times in ms. */
export interface RegistryResult {
	call: string;
	few: Typical;
	many: Typical;
	/** With as many sessions as in `many`. */
	alternatives: Record<string, Typical>;
}

/** What was measured of a call. */
export interface Measured {
	call: string;
	few: Timed;
	many: Timed;
	alternatives: Record<string, Timed>;
}

export function resultOf({ call, few, many, alternatives }: Measured): RegistryResult {
	const figures = ({ times }: Timed) => typicalOf(times);
	return {
		call,
		few: figures(few),
		many: figures(many),
		alternatives: Object.fromEntries(Object.entries(alternatives).map(([name, timed]) => [name, figures(timed)])),
	};
}

export function textOf(results: RegistryResult[], few: number, many: number): string {
	const rows = results.flatMap((result) =>
		Object.entries(result.alternatives).map(([alternative, figures]) => ({ ...result, alternative, figures })),
	);
	const recorded = results.find(({ call }) => call === RECORD);
	const isMet = recorded !== undefined && recorded.many.median < AIM_MS;
	const tableText = table(
		{
			Call: ({ call }) => call,
			[`${few.toLocaleString('en')} sessions`]: (row) => both(row.few),
			[`${many.toLocaleString('en')} sessions`]: (row) => both(row.many),
			[`Alternative, ${many.toLocaleString('en')} sessions`]: ({ alternative }) => alternative,
			'Its time': ({ figures }) => both(figures),
			'Alternative / ours': (row) => `**${(row.figures.median / row.many.median).toFixed(1)}**`,
		},
		rows,
	);
	return `The session registry in SQLite with ${few.toLocaleString('en')} and with ${many.toLocaleString('en')} sessions, nearly all of which have expired and wait to be
reset; median (95th percentile) of single calls, beside plainer ways to keep the same sessions on the same disk, all by
turns. Where the times with few and with many sessions are about the same, nothing searches the table. Our aim, to record a
session in less than ${AIM_MS} ms, is ${aimed(isMet)}. Ours survives the end of the process at any moment, as the others do; only
those with an fsync survive a power cut as well.

${tableText}`;
}

const both = ({ median, p95 }: Typical) => `${inMs(median)} (${inMs(p95)})`;

const inMs = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
