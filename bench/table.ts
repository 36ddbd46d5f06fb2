import type { Spread, Typical } from './statistics';

/** A table in Markdown; each column has its heading and says what it shows of a result. */
export function table<Result>(columns: Record<string, (result: Result) => string>, results: Result[]): string {
	const head = Object.keys(columns);
	const rows = results.map((result) => Object.values(columns).map((show) => show(result)));
	return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Times in ms. */
export const ms = ({ min, median, max }: Spread) =>
	`${Math.round(median)} ms (${Math.round(min)} to ${Math.round(max)})`;

/** Rates per second. */
export const perSecond = ({ min, median, max }: Spread) => {
	const digits = median < 100 ? 1 : 0;
	return `${median.toFixed(digits)}/s (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
};

/** Ratios. */
export const times = ({ min, median, max }: Spread) =>
	`**${median.toFixed(1)}** (${min.toFixed(1)} to ${max.toFixed(1)})`;

/** Times of single events in ms. */
export const medianAndP95 = ({ median, p95 }: Typical) => `${median.toFixed(1)} ms (${p95.toFixed(1)})`;

/** Whether an aim was met, as a sentence says it. */
export const aimed = (isMet: boolean) => (isMet ? 'met' : 'missed');
