import fc from 'fast-check';

import { AccountBudget } from '../../../../client/budget/accountBudget';
import { sharedByRedis } from '../../../../client/budget/redisBudget';
import type { RateBudget } from '../../../../client/budget/rateBudget';
import type { BudgetTerms } from '../../../../client/budget/termsInUse';
import { BudgetPlay, mostWithin } from '../../../support/budgetSchedule';
import { FakeClock, settle } from '../../../support/fakeClock';

/** How long a request counts, in ms: a minute and the margin. */
const SPAN_MS = 61_000;

let clock: FakeClock;
let account: AccountBudget;
/** What Redis was asked, by its URL: the kinds that wait, and the requests that it was told of. */
let asked: Array<{ url: string; limit: number; kinds: string; reports: number }>;
let closed: string[];

beforeEach(() => {
	clock = new FakeClock();
	asked = [];
	closed = [];
	account = accountAt(clock);
});

function accountAt(at: FakeClock): AccountBudget {
	return new AccountBudget({
		account: 'a',
		windowMs: 60_000,
		clock: at,
		onWarning: () => {},
		openShared: sharedByRedis((url) => ({
			// Grants all that it is asked for.
			run: async (_script, _keys, args) => {
				const [, limit, , , , , , , kinds = '', ...reports] = args;
				asked.push({ url, limit: Number(limit), kinds, reports: reports.length });
				return [kinds, 1];
			},
			command: async () => 1,
			close: async () => void closed.push(url),
		})),
	});
}

const terms = (requestsPerWindow: number, redisUrl = ''): BudgetTerms => ({ requestsPerWindow, redisUrl });

/** The budget as a credential with these terms has it. */
function under(stated: BudgetTerms, of: AccountBudget = account): RateBudget {
	return {
		take: async (kind, signal) => await of.take(kind, signal, stated),
		takeNow: (kind) => of.takeNow(kind, stated),
		holdFor: (ms) => of.holdFor(ms),
		close: () => {},
	};
}

const play = (stated: BudgetTerms) => new BudgetPlay(under(stated), clock);

async function send(at: BudgetPlay, count: number): Promise<void> {
	for (let index = 0; index < count; index++) at.take('call');
	await settle();
}

const sentBy = (...plays: BudgetPlay[]) => plays.reduce((sum, at) => sum + at.times('call', 'stream').length, 0);

describe('two credentials of an account', () => {
	it('share one budget, and the smaller number counts', async () => {
		const [small, large] = [play(terms(4)), play(terms(10))];
		await send(small, 2);
		await send(large, 6);
		expect(sentBy(small, large)).toBe(4);

		await clock.advance(SPAN_MS);
		expect(sentBy(small, large)).toBe(8);
	});

	it('also where one of them knows no limit', async () => {
		const [limited, unlimited] = [play(terms(3)), play(terms(0))];
		await send(limited, 1);
		await send(unlimited, 5);
		expect(sentBy(limited, unlimited)).toBe(3);
	});

	it('never send more than the smaller number in any minute while both are used', async () => {
		const step = fc.record({
			which: fc.boolean(),
			count: fc.integer({ min: 1, max: 6 }),
			ms: fc.integer({ max: 30_000, min: 0 }),
		});
		const property = fc.asyncProperty(
			fc.integer({ min: 1, max: 6 }),
			fc.array(step, { maxLength: 25 }),
			async (limit, steps) => {
				clock = new FakeClock();
				account = accountAt(clock);
				const both = [play(terms(limit)), play(terms(limit + 5))] as const;
				for (const { which, count, ms } of steps) {
					// The smaller one is in use all the time.
					await send(both[0], 1);
					await send(both[which ? 0 : 1], count);
					await clock.advance(ms);
				}
				const times = both.flatMap((at) => at.times('call', 'stream')).sort((a, b) => a - b);
				expect(mostWithin(SPAN_MS - 1, times)).toBeLessThanOrEqual(limit);
				// From now on nobody uses the smaller one.
				await clock.advance(6 * 60 * 60_000);
				expect(both.flatMap((at) => at.waiting)).toEqual([]);
				expect(clock.pendingTimers).toBe(0);
			},
		);
		await fc.assert(property, { numRuns: 60 });
	});
});

describe('an edited number', () => {
	it('that is smaller counts at once, with what was sent before', async () => {
		const before = play(terms(10));
		await send(before, 8);
		const after = play(terms(5));
		await send(after, 1);
		expect(sentBy(after)).toBe(0);
		await clock.advance(SPAN_MS);
		expect(sentBy(after)).toBe(1);
	});

	it('that is larger counts when the smaller one was not used for a minute, also for those who wait', async () => {
		const before = play(terms(2));
		await send(before, 2);
		await clock.advance(30_000);
		const after = play(terms(10));
		await send(after, 9);
		expect(sentBy(after)).toBe(0);
		await clock.advance(31_000);
		expect(sentBy(after)).toBe(9);
	});

	it('that goes down and up again forgets nothing of what was sent', async () => {
		await send(play(terms(10)), 8);
		await send(play(terms(2)), 0);
		await send(play(terms(2)), 1);
		await clock.advance(1_000);
		const again = play(terms(10));
		await send(again, 10);
		await clock.advance(SPAN_MS - 1_001);
		expect(sentBy(again)).toBe(0);
	});

	it('of none counts what was sent without a limit', async () => {
		await send(play(terms(0)), 4);
		const limited = play(terms(5));
		await send(limited, 3);
		expect(sentBy(limited)).toBe(1);
	});
});

describe('an edited State Store', () => {
	const URL = 'redis://one.example.com';

	it('tells Redis what was sent before, and nobody who waits is forgotten', async () => {
		const local = play(terms(3));
		await send(local, 5);
		expect(sentBy(local)).toBe(3);
		const shared = play(terms(3, URL));
		await send(shared, 1);
		await clock.advance(SPAN_MS);
		expect(sentBy(local, shared)).toBe(6);
		expect(asked[0]).toMatchObject({ url: URL, limit: 3, reports: 3 });
	});

	it('back to local keeps what was sent, and closes the connection', async () => {
		await send(play(terms(3, URL)), 3);
		await clock.advance(30_000);
		const local = play(terms(3));
		await send(local, 1);
		expect(sentBy(local)).toBe(0);
		await clock.advance(31_000);
		expect(sentBy(local)).toBe(1);
		await clock.advance(SPAN_MS);
		await send(local, 1);
		expect(closed).toEqual([URL]);
	});
});

it('a wish of the service to wait holds back all credentials', async () => {
	const [one, other] = [play(terms(10)), play(terms(20))];
	await send(one, 1);
	account.holdFor(5_000);
	await send(other, 1);
	expect(sentBy(other)).toBe(0);
	await clock.advance(5_000);
	expect(sentBy(other)).toBe(1);
});

it('terms count as long as their last request does, also where that went at once', async () => {
	const small = play(terms(2));
	await send(small, 1);
	await clock.advance(50_000);
	await send(small, 1);
	await clock.advance(12_000);
	const large = play(terms(0));
	await send(large, 2);

	expect(sentBy(large)).toBe(1);
});

it('nothing goes at once by itself where Redis is to be asked', async () => {
	await send(play(terms(5)), 1);
	await send(play(terms(5, 'redis://one')), 1);

	expect(asked.map(({ kinds, reports }) => ({ kinds, reports }))).toEqual([
		{ kinds: '', reports: 1 },
		{ kinds: 'c', reports: 0 },
	]);
});
