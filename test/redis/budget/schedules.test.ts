/** Several clients with one budget in Redis under random schedules (guarantee 5). Real time: short windows, few runs. */
import fc from 'fast-check';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

import type { CallKind, RateBudget } from '../../../client/budget/rateBudget';
import { redisBudget } from '../../../client/budget/redisBudget';
import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { systemClock } from '../../../client/time/systemClock';
import { mostWithin } from '../../support/budgetSchedule';
import { startRedisServer, type RedisServer } from '../../support/redisServer';

const WINDOW_MS = 250;
/** What a request may take from being granted to being sent, on a machine that does much besides. */
const MARGIN_MS = 250;
const CLIENTS = 3;
const STALLS_SEEN_AFTER_MS = 20;

/** How long this process stood still at most, in ns. */
const stalls = monitorEventLoopDelay({ resolution: STALLS_SEEN_AFTER_MS / 2 });
let server: RedisServer;
let redis: RedisConnection;
beforeAll(async () => {
	server = await startRedisServer();
	redis = redisConnectionFor(server.url);
	stalls.enable();
});
afterAll(async () => {
	stalls.disable();
	await redis.close();
	await server.stop();
});

const step = fc.record({
	client: fc.nat({ max: CLIENTS - 1 }),
	kind: fc.constantFrom<CallKind>('call', 'call', 'stream'),
	count: fc.integer({ min: 1, max: 3 }),
	/** Gives up when so much time has gone by, in ms; undefined: never. */
	patienceMs: fc.option(fc.nat({ max: 400 }), { nil: undefined, freq: 4 }),
	pauseMs: fc.nat({ max: 60 }),
	/** Whether the client goes away afterwards, and a new one comes. */
	leaves: fc.nat({ max: 9 }).map((number) => number === 0),
});

it('all together never send more than the budget in any window, and whoever waits is served', async () => {
	let run = 0;
	const schedule = fc.array(step, { minLength: 3, maxLength: 10 });
	await fc.assert(
		fc.asyncProperty(fc.integer({ min: 2, max: 6 }), schedule, async (requestsPerWindow, steps) => {
			stalls.reset();
			const account = `account-${run++}`;
			const sent: Array<{ kind: CallKind; at: number }> = [];
			const warnings: string[] = [];
			const open = (): RateBudget =>
				redisBudget({
					...{ redis, account, requestsPerWindow, clock: systemClock },
					...{ windowMs: WINDOW_MS, marginMs: MARGIN_MS },
					onWarning: (warning) => warnings.push(warning),
				});
			const clients = Array.from({ length: CLIENTS }, open);
			// What became of each request: undefined when it was sent or rightly refused, else the error.
			const outcomes: Array<Promise<unknown>> = [];
			const left = new Set<RateBudget>();
			for (const { client, kind, count, patienceMs, pauseMs, leaves } of steps) {
				const budget = clients[client];
				if (!budget) continue;
				const signal = patienceMs === undefined ? new AbortController().signal : AbortSignal.timeout(patienceMs);
				for (let number = 0; number < count; number++) {
					const take = budget.take(kind, signal).then(() => void sent.push({ kind, at: performance.now() }));
					outcomes.push(take.catch((error: unknown) => (signal.aborted || left.has(budget) ? undefined : error)));
				}
				await pause(pauseMs);
				if (!leaves) continue;
				left.add(budget);
				budget.close();
				clients[client] = open();
			}
			// Only who gave up, or whose client left, is refused; nobody waits for ever.
			expect((await Promise.all(outcomes)).filter(Boolean)).toEqual([]);
			for (const budget of clients) budget.close();
			expect(warnings).toEqual([]);

			// A request that the machine holds back for longer than the margin may go out with those of the next window.
			await pause(STALLS_SEEN_AFTER_MS);
			fc.pre(stalls.max < MARGIN_MS * 1e6);
			const times = (...kinds: CallKind[]) => sent.filter(({ kind }) => kinds.includes(kind)).map(({ at }) => at);
			expect(mostWithin(WINDOW_MS, times('call', 'stream'))).toBeLessThanOrEqual(requestsPerWindow);
			expect(mostWithin(WINDOW_MS, times('stream'))).toBeLessThanOrEqual(Math.floor(requestsPerWindow / 2));
		}),
		{ numRuns: 12 },
	);
}, 120_000);
