/** The budget of one process while somebody sets the clock of the machine (guarantee 5). */
import fc from 'fast-check';

import { localBudget } from '../../../client/budget/localBudget';
import { BudgetPlay, budgetSchedule, mostWithin } from '../../support/budgetSchedule';
import { FakeClock } from '../../support/fakeClock';

const MINUTE_MS = 60_000;

it('never more than the budget is sent in any 60 s, and everybody is served, however the wall clock jumps', async () => {
	const jumps = fc.array(fc.integer({ min: -48 * 60 * MINUTE_MS, max: 48 * 60 * MINUTE_MS }), { maxLength: 60 });
	const size = fc.integer({ min: 1, max: 12 });
	await fc.assert(
		fc.asyncProperty(size, budgetSchedule, jumps, async (requestsPerWindow, steps, jumped) => {
			const clock = new FakeClock();
			const at = new BudgetPlay(localBudget({ requestsPerWindow, clock }), clock);
			for (const [index, step] of steps.entries()) {
				clock.jumpWallTime(jumped[index] ?? 0);
				await at.play([step]);
			}
			const heldMs = at.holds.reduce((sum, { from, until }) => sum + until - from, 0);
			await clock.advance(heldMs + 2 * (MINUTE_MS + 1_000) * (at.requests.length + 1));

			expect(mostWithin(MINUTE_MS, at.times('call', 'stream'))).toBeLessThanOrEqual(requestsPerWindow);
			expect(at.waiting).toEqual([]);
		}),
		{ numRuns: 60 },
	);
});
