import fc from 'fast-check';

import { backoffMs } from '../../../../client/call/backoff';

const retriesDone = fc.nat({ max: 2_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** What the pause comes close to when chance wants the longest one. */
const limit = (retries: number) => backoffMs(retries, 1);

describe('the pause before a retry', () => {
	it('is anything from 0 to the limit of its turn: full jitter', () => {
		fc.assert(
			fc.property(retriesDone, random, (retries, chance) => {
				const pause = backoffMs(retries, chance);
				expect(pause).toBeGreaterThanOrEqual(0);
				expect(pause).toBeLessThan(limit(retries));
			}),
		);
	});

	it('grows evenly with chance, so that clients spread over the whole of it', () => {
		fc.assert(
			fc.property(retriesDone, random, (retries, chance) => {
				expect(backoffMs(retries, chance)).toBeCloseTo(chance * limit(retries), 6);
			}),
		);
		expect(backoffMs(3, 0)).toBe(0);
	});

	it('is at most half a second at first, and twice as long with every turn', () => {
		expect([0, 1, 2, 3, 4].map(limit)).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
	});

	it('is never longer than 15 seconds', () => {
		fc.assert(
			fc.property(retriesDone, random, (retries, chance) => {
				expect(backoffMs(retries, chance)).toBeLessThan(15_000);
			}),
		);
		expect(limit(5)).toBe(15_000);
	});
});
