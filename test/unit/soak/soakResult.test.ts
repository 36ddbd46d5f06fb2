import type { CountCheck } from '../../soak/countChecks';
import type { FlatCheck } from '../../soak/flatChecks';
import { hasPassed, reportOf, type SoakResult } from '../../soak/result';

const count = (isMet: boolean): CountCheck => ({ what: 'none was lost', found: '1 lost', isMet, examples: ['m-1'] });
const flat = (isFlat: boolean): FlatCheck => ({
	what: 'Heap',
	unit: 'MB',
	tolerance: { relative: 0.1, absolute: 1 },
	middle: 200,
	last: 230,
	limit: 220,
	isFlat,
});

const result = (changes: Partial<SoakResult>): SoakResult => ({
	workload: {
		minutes: 30,
		seed: 1,
		http: '2',
		faults: { hang: 2 },
		restarts: 3,
		errors: {},
		webhooks: { v1: 9 },
		http2Requests: { v1: 7 },
		messages: { s: 8 },
		sessions: 4,
	},
	counts: [count(true)],
	flat: [flat(true)],
	isFlatnessJudged: true,
	rest: [],
	course: [],
	...changes,
});

it('a soak has passed when all of it is well', () => {
	expect(hasPassed(result({}))).toBe(true);
	expect(reportOf([result({})]).text).not.toMatch(/FAILED|GROWS/);
});

it('one check that failed fails all of it, and is shown with an example', () => {
	const failed = result({ counts: [count(true), count(false)] });
	expect(hasPassed(failed)).toBe(false);
	expect(reportOf([failed]).text).toMatch(/\*\*FAILED\*\*[^]*m-1/);
});

it('what grows fails all of it, unless it was too short to be judged', () => {
	const grown = result({ flat: [flat(false)] });
	expect(hasPassed(grown)).toBe(false);
	expect(reportOf([grown]).text).toContain('200.0 MB | 230.0 MB | 220.0 MB | **GROWS**');
	expect(hasPassed({ ...grown, isFlatnessJudged: false })).toBe(true);
});

it('what is not let go of fails all of it', () => {
	const kept = result({ rest: [{ what: 'Handles', before: 80, after: 99, limit: 90, isBack: false }] });
	expect(hasPassed(kept)).toBe(false);
	expect(reportOf([kept]).text).toContain('Handles | 80 | 99 | 90 | **KEPT**');
});

it('each version of HTTP has its own part', () => {
	const parts = [result({}), result({ workload: { ...result({}).workload, http: '1.1' } })];
	const { results, text } = reportOf(parts);
	expect(text.match(/^HTTP\/\S+/gm)).toEqual(['HTTP/2:', 'HTTP/1.1:']);
	expect(new Set(results.map((entry) => Reflect.get(entry, 'http')))).toEqual(new Set(['2', '1.1']));
});
