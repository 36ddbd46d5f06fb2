/** Pauses between attempts, whatever fails and however often (guarantees 1 and 2). */
import fc from 'fast-check';

import { CognigyError } from '../../../client/errors';
import { backoffMs } from '../../../client/call/backoff';
import { certainlyDidNotRun, isPassingFault, withRetries } from '../../../client/call/retry';
import { Deadline } from '../../../client/time/deadline';
import { FakeClock } from '../../support/fakeClock';

const BASE_MS = 500;
const LONGEST_MS = 15_000;

/** A number from 0 (included) to 1 (excluded). */
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('a pause is anything from 0 to a limit that doubles up to 15 s', () => {
	fc.assert(
		fc.property(fc.nat({ max: 2_000 }), chance, (retriesDone, random) => {
			const limitMs = Math.min(LONGEST_MS, BASE_MS * 2 ** retriesDone);
			expect(backoffMs(retriesDone, random)).toBeGreaterThanOrEqual(0);
			expect(backoffMs(retriesDone, random)).toBeLessThan(limitMs);
			// All of it is used: half of the pauses are longer than half of the limit.
			expect(backoffMs(retriesDone, random) > limitMs / 2).toBe(random > 0.5);
		}),
	);
});

const failure = fc.record({
	isTransient: fc.boolean(),
	mayHaveRun: fc.boolean(),
	retryAfterMs: fc.option(fc.nat({ max: 30_000 }), { nil: undefined }),
	tookMs: fc.nat({ max: 20_000 }),
	random: chance,
});

it('attempts keep to number, time and wishes; a start that may have run is not made again', async () => {
	const calls = fc.record({
		failures: fc.array(failure, { maxLength: 12 }),
		retries: fc.nat({ max: 8 }),
		timeoutMs: fc.integer({ min: 1, max: 120_000 }),
		isStart: fc.boolean(),
	});
	await fc.assert(
		fc.asyncProperty(calls, async ({ failures, retries, timeoutMs, isStart }) => {
			const clock = new FakeClock({ skipsUpToMs: 60_000 });
			const own = new FakeClock();
			const deadline = new Deadline(own, timeoutMs, []);
			const attempts: number[] = [];
			const randoms = failures.map(({ random }) => random);
			const isRepeatable = isStart ? certainlyDidNotRun : isPassingFault;
			const call = async () => {
				attempts.push(attempts.length);
				const failed = failures[attempts.length - 1];
				if (!failed) return 'done';
				await own.advance(failed.tookMs);
				const { isTransient, mayHaveRun, retryAfterMs } = failed;
				const wish = retryAfterMs === undefined ? {} : { retryAfterMs };
				throw new CognigyError({ category: 'server', message: '', advice: '', isTransient, mayHaveRun, ...wish });
			};
			const context = { clock, random: () => randoms[attempts.length - 1] ?? 0, deadline };
			await withRetries(context, { retries, isRepeatable }, call).catch(() => {});
			deadline.dispose();

			expect(attempts.length).toBeLessThanOrEqual(retries + 1);
			const repeated = failures.slice(0, attempts.length - 1);
			for (const { isTransient, mayHaveRun } of repeated) expect(isTransient && !(isStart && mayHaveRun)).toBe(true);
			expect(clock.skipped).toHaveLength(repeated.length);
			let elapsedMs = 0;
			for (const [index, { tookMs, retryAfterMs = 0, random }] of repeated.entries()) {
				elapsedMs += tookMs;
				expect(clock.skipped[index]).toBe(retryAfterMs + backoffMs(index, random));
				// No pause begins that would last until the time is over.
				expect(clock.skipped[index]).toBeLessThan(Math.max(0, timeoutMs - elapsedMs));
			}
		}),
		{ numRuns: 200 },
	);
});
