import fc from 'fast-check';

import { parseRetryAfter, retryAfterOf } from '../../../../client/call/retryAfter';

const now = Date.parse('2026-01-31T12:00:00Z');

describe('Retry-After', () => {
	it.each([
		['0', 0],
		['7', 7_000],
		['  7  ', 7_000],
		['007', 7_000],
		['3600', 3_600_000],
	])('"%s" is a number of seconds', (header, ms) => {
		expect(parseRetryAfter(header, now)).toBe(ms);
	});

	it.each([
		['Sat, 31 Jan 2026 12:00:05 GMT', 5_000],
		['sat, 31 jan 2026 12:01:00 gmt', 60_000],
		['Saturday, 31-Jan-26 12:00:05 GMT', 5_000],
		['Sun, 01 Feb 2026 12:00:00 GMT', 24 * 60 * 60_000],
	])('"%s" is a date', (header, ms) => {
		expect(parseRetryAfter(header, now)).toBe(ms);
	});

	it.each(['Sat, 31 Jan 2026 11:59:59 GMT', 'Sat, 31 Jan 2026 12:00:00 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
		'"%s" is over: there is nothing to wait for',
		(header) => {
			expect(parseRetryAfter(header, now)).toBe(0);
		},
	);

	it.each([
		undefined,
		'',
		'   ',
		'1.5',
		'-3',
		'+3',
		'1e3',
		'0x10',
		'5s',
		'soon',
		'NaN',
		'Infinity',
		'Sat, 99 Foo',
		'７',
	])('%p tells nothing', (header) => {
		expect(parseRetryAfter(header, now)).toBeUndefined();
	});

	it('may be longer than anybody would wait', () => {
		expect(parseRetryAfter('99999999999999999999', now)).toBeGreaterThan(1e20);
		expect(parseRetryAfter('9'.repeat(400), now)).toBe(Infinity);
	});

	it('never throws and never gives a negative time or NaN, whatever the header says', () => {
		const anything = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.integer().map(String),
			fc.double().map(String),
			fc.date().map((date) => (Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toUTCString())),
			fc.stringMatching(/^[A-Za-z]{3},? [\d: A-Z-]{0,30}$/),
		);
		fc.assert(
			fc.property(anything, fc.integer({ min: 0, max: 4e12 }), (header, wallTime) => {
				const wait = parseRetryAfter(header, wallTime);
				expect(wait === undefined || wait >= 0).toBe(true);
			}),
			{ numRuns: 2_000 },
		);
	});

	it('reads every HTTP date as the moment that it names', () => {
		const wholeSecond = fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1000);
		fc.assert(
			fc.property(wholeSecond, wholeSecond, (date, wallTime) => {
				const header = new Date(date).toUTCString();
				expect(parseRetryAfter(header, wallTime)).toBe(Math.max(0, date - wallTime));
			}),
		);
	});
});

describe('a date in Retry-After is counted from when the service answered', () => {
	const at = (ms: number) => new Date(now + ms).toUTCString();
	const MINUTE = 60_000;

	it.each([-600, -10, 0, 10, 600])('whatever our own clock says: %i minutes off', (minutes) => {
		const ownClock = now + minutes * MINUTE;
		expect(retryAfterOf({ 'retry-after': at(3_000), date: at(0) }, ownClock)).toBe(3_000);
		expect(retryAfterOf({ 'retry-after': at(20 * MINUTE), date: at(0) }, ownClock)).toBe(20 * MINUTE);
		expect(retryAfterOf({ 'retry-after': at(-5_000), date: at(0) }, ownClock)).toBe(0);
		expect(retryAfterOf({ 'retry-after': '4', date: at(0) }, ownClock)).toBe(4_000);
		expect(retryAfterOf({ date: at(0) }, ownClock)).toBeUndefined();
	});

	it.each([undefined, '', 'soon', at(-48 * 60 * MINUTE), at(100 * 24 * 60 * MINUTE)])(
		'without a usable date of the answer (%p) by our own clock, which is not trusted for long',
		(date) => {
			expect(retryAfterOf({ 'retry-after': at(2_000), date }, now)).toBe(2_000);
			expect(retryAfterOf({ 'retry-after': at(2_000), date }, now + 10 * MINUTE)).toBe(0);
			expect(retryAfterOf({ 'retry-after': at(2_000), date }, now - 10 * MINUTE)).toBe(5 * MINUTE);
		},
	);
});
