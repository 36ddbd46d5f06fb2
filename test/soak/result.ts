import type { BenchReport } from '../../bench/bench';
import { table } from '../../bench/table';
import type { CountCheck } from './countChecks';
import type { Sample } from './course';
import type { FlatCheck } from './flatChecks';
import type { RestCheck } from './restChecks';
import type { HttpVersion } from './side';

/** What was done to n8n, in numbers. */
export interface Workload {
	minutes: number;
	seed: number;
	http: HttpVersion;
	/** What went wrong on purpose. */
	faults: Record<string, number>;
	restarts: number;
	/** How webhooks were answered that were not started, by error category. */
	errors: Record<string, number>;
	/** That start flows, by backend. */
	webhooks: Record<string, number>;
	/** By backend. */
	http2Requests: Record<string, number>;
	/** That came out, by the trigger that they started. */
	messages: Record<string, number>;
	sessions: number;
}

export interface SoakResult {
	workload: Workload;
	counts: CountCheck[];
	flat: FlatCheck[];
	/** False: it was too short for it. */
	isFlatnessJudged: boolean;
	/** What was left when all was over; nothing when it was too short for it. */
	rest: RestCheck[];
	course: Sample[];
}

/** So many points of the course are kept. */
const POINTS = 90;

export function hasPassed({ counts, flat, isFlatnessJudged, rest }: SoakResult): boolean {
	const isFlat = !isFlatnessJudged || flat.every((check) => check.isFlat);
	return isFlat && counts.every(({ isMet }) => isMet) && rest.every(({ isBack }) => isBack);
}

/** @param results one for each version of HTTP */
export function reportOf(results: readonly SoakResult[]): BenchReport {
	return {
		setup: { workloads: results.map(({ workload }) => workload) },
		results: results.flatMap((result) => entriesOf(result).map((entry) => ({ http: result.workload.http, ...entry }))),
		text: results.map(textOf).join('\n\n'),
	};
}

function entriesOf({ counts, flat, rest, course }: SoakResult): object[] {
	const step = Math.max(1, Math.floor(course.length / POINTS));
	return [
		...counts.map((count) => ({ kind: 'count', ...count })),
		...flat.map((check) => ({ kind: 'flat', ...check })),
		...rest.map((check) => ({ kind: 'rest', ...check })),
		{ kind: 'course', samples: course.filter((_sample, index) => index % step === 0).map(rounded) },
	];
}

function textOf({ workload, counts, flat, isFlatnessJudged, rest }: SoakResult): string {
	const { minutes, http, faults, restarts, sessions, errors, webhooks, messages } = workload;
	const failed = counts.filter(({ isMet, examples }) => !isMet && examples.length > 0);
	return `HTTP/${http}: ${minutes} minutes in the real n8n on both backends: ${total(webhooks)} webhooks that start flows (${total(errors)} of them answered with an
error), ${sessions.toLocaleString('en')} sessions, ${total(messages)} messages, ${total(faults)} faults, ${restarts} restarts of a service.

${table(
	{
		Check: ({ what }) => what,
		Found: ({ found }) => found,
		'': ({ isMet }) => (isMet ? 'ok' : '**FAILED**'),
	},
	counts,
)}

${table(
	{
		'What must not grow (what it comes back to)': ({ what }) => what,
		'Middle third': ({ middle, unit }) => amount(middle, unit),
		'Last third': ({ last, unit }) => amount(last, unit),
		'At most': ({ limit, unit }) => amount(limit, unit),
		'': ({ isFlat }) => (isFlatnessJudged ? (isFlat ? 'flat' : '**GROWS**') : 'too short to judge'),
	},
	flat,
)}${restText(rest)}${failed.map(({ what, examples }) => `\n\n${what}. For example:\n${examples.join('\n')}`).join('')}`;
}

function restText(rest: RestCheck[]): string {
	if (rest.length === 0) return '';
	return `\n\n${table(
		{
			'What must be let go of': ({ what }) => what,
			'Before the load': ({ before }) => String(before),
			'When all has ended': ({ after }) => String(after),
			'At most': ({ limit }) => String(limit),
			'': ({ isBack }) => (isBack ? 'let go' : '**KEPT**'),
		},
		rest,
	)}`;
}

function total(counts: Record<string, number>): string {
	return Object.values(counts)
		.reduce((sum, count) => sum + count, 0)
		.toLocaleString('en');
}

function amount(value: number, unit: string): string {
	return `${value.toFixed(1)} ${unit}`.trim();
}

function rounded(sample: Sample): object {
	const round = (value: unknown) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value);
	return Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, round(value)]));
}
