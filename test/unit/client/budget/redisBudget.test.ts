import { getEventListeners } from 'node:events';

import type { CallKind } from '../../../../client/budget/rateBudget';
import { redisBudget } from '../../../../client/budget/redisBudget';
import type { RedisConnection } from '../../../../client/redis/redisConnection';
import { RedisError } from '../../../../client/redis/redisError';
import { BudgetPlay, failureOf, mostWithin } from '../../../support/budgetSchedule';
import { FakeClock, settle } from '../../../support/fakeClock';

const SPAN_MS = 61_000;
const outage = new RedisError('Redis at redis.example.com:6379: it is away');

interface Question {
	/** `c` and `s`, in order. */
	kinds: string;
	known: string;
	reports: string[];
	answer(granted: string, waitMs: number): Promise<void>;
	fail(): Promise<void>;
}

/** A Redis whose every answer is ours. */
class ScriptedRedis implements RedisConnection {
	readonly questions: Question[] = [];
	readonly holds: string[] = [];
	readonly commands: string[][] = [];
	/** Fails at once, as a connection does that is in its back-off. */
	isDown = false;

	run(_script: string, keys: string[], args: string[]): Promise<unknown> {
		if (this.isDown) return Promise.reject(outage);
		if (keys.length === 1) {
			this.holds.push(args[0] ?? '');
			return Promise.resolve(null);
		}
		return new Promise((resolve, reject) => {
			const [, , , , , , , known = '', kinds = '', ...reports] = args;
			this.questions.push({
				kinds,
				known,
				reports,
				answer: async (granted, waitMs) => {
					resolve([granted, waitMs]);
					await settle();
				},
				fail: async () => {
					reject(outage);
					await settle();
				},
			});
		});
	}

	async command(...args: string[]): Promise<unknown> {
		this.commands.push(args);
		return 1;
	}

	async close(): Promise<void> {}

	get last(): Question {
		const last = this.questions.at(-1);
		if (!last) throw new Error('Nothing was asked.');
		return last;
	}
}

let clock: FakeClock;
let redis: ScriptedRedis;
let warnings: string[];

beforeEach(() => {
	clock = new FakeClock();
	redis = new ScriptedRedis();
	warnings = [];
});

function play(requestsPerWindow: number): BudgetPlay {
	const onWarning = (message: string) => warnings.push(message);
	return new BudgetPlay(redisBudget({ requestsPerWindow, redis, account: 'a', clock, onWarning }), clock);
}

const take = (at: BudgetPlay, ...kinds: CallKind[]) => kinds.map((kind) => at.take(kind));
const sentCount = (at: BudgetPlay) => at.times('call', 'stream').length;

describe('asking', () => {
	it('is done for all who wait, in order, one question at a time', async () => {
		const at = play(10);
		take(at, 'call', 'stream', 'call');
		await settle();
		expect(redis.questions.map(({ kinds }) => kinds)).toEqual(['c']);

		await redis.last.answer('c', 1);
		expect(redis.questions.map(({ kinds }) => kinds)).toEqual(['c', 'sc']);
		await redis.last.answer('sc', 1);
		expect(at.waiting).toEqual([]);
	});

	it('ends when nobody waits any more, and no timer is left', async () => {
		const at = play(10);
		take(at, 'call');
		await redis.last.answer('c', 500);

		expect(redis.questions).toHaveLength(1);
		expect(clock.pendingTimers).toBe(0);
	});

	it('is done again when Redis says, not before', async () => {
		const at = play(10);
		take(at, 'call');
		await redis.last.answer('', 5_000);
		await clock.advance(4_999);
		expect(redis.questions).toHaveLength(1);

		await clock.advance(1);
		expect(redis.questions).toHaveLength(2);
	});

	it('is not done for what this process alone may not send', async () => {
		const at = play(2);
		take(at, 'call', 'call', 'call');
		await redis.last.answer('c', 1);
		await redis.last.answer('c', 1);
		expect(redis.questions).toHaveLength(2);

		await clock.advance(SPAN_MS);
		expect(redis.questions).toHaveLength(3);
	});

	it('leaves out the streams that this process alone may not send', async () => {
		const at = play(2);
		take(at, 'stream');
		await redis.last.answer('s', 1);
		take(at, 'stream', 'call');
		await settle();

		expect(redis.last.kinds).toBe('c');
	});

	it('lets Redis know when the last one gave up, so that its place in the line is free', async () => {
		const at = play(10);
		const [request] = take(at, 'call');
		await redis.last.answer('', 5_000);
		request?.abort.abort();
		await settle();
		expect(redis.last.kinds).toBe('');

		await redis.last.answer('', 1);
		expect(redis.questions).toHaveLength(2);
		expect(clock.pendingTimers).toBe(0);
	});
});

describe('a granted request', () => {
	it('goes to the next one of its kind when who asked has given up', async () => {
		const at = play(10);
		const [first, second] = take(at, 'call', 'call');
		first?.abort.abort();
		await redis.last.answer('c', 1);

		expect(second?.sentAt).toBe(0);
		expect(redis.commands).toEqual([]);
	});

	it('is given back when nobody wants it any more', async () => {
		const at = play(10);
		const [request] = take(at, 'call');
		request?.abort.abort();
		await redis.last.answer('c', 1);

		expect(redis.commands.map(([name, key, ...ids]) => [name, key?.split(':').at(-1), ids.length])).toEqual([
			['ZREM', 'log', 1],
			['ZREM', 'streams', 1],
		]);
	});

	it('is given back when the service asked to wait in the meantime, and asked for again afterwards', async () => {
		const at = play(10);
		take(at, 'call');
		at.hold(5_000);
		await redis.last.answer('c', 1);
		expect(sentCount(at)).toBe(0);
		expect(redis.commands).toHaveLength(2);

		await clock.advance(5_000);
		await redis.last.answer('c', 1);
		expect(at.times('call')).toEqual([5_000]);
	});

	it('is reported when it went out later than Redis believes', async () => {
		const at = play(10);
		take(at, 'call');
		await clock.advance(1_500);
		await redis.last.answer('c', 1);
		expect(redis.last.reports).toEqual([expect.stringMatching(/^c:0:.+:0$/)]);

		await redis.last.answer('', 1);
		expect(redis.questions).toHaveLength(2);
	});

	it('is not reported when the answer came soon', async () => {
		const at = play(10);
		take(at, 'call');
		await clock.advance(100);
		await redis.last.answer('c', 1);
		take(at, 'call');
		await settle();

		expect(redis.last.reports).toEqual([]);
	});
});

describe('the wish of the service to wait', () => {
	it('is passed on to the other processes', () => {
		play(10).hold(1_234.5);
		expect(redis.holds).toEqual(['1235']);
	});

	it.each([0, -1, NaN])('of no length (%p) is none', (ms) => {
		play(10).budget.holdFor(ms);
		expect(redis.holds).toEqual([]);
	});

	it('is bounded, so that a nonsensical one does not stop the account for years', () => {
		play(10).budget.holdFor(1e300);
		expect(redis.holds).toEqual([String(15 * 60_000)]);
	});

	it('holds this process also when Redis cannot be reached', async () => {
		redis.isDown = true;
		const at = play(10);
		at.hold(5_000);
		take(at, 'call');
		await clock.advance(4_999);
		expect(sentCount(at)).toBe(0);

		await clock.advance(1);
		expect(sentCount(at)).toBe(1);
	});
});

describe('without Redis', () => {
	beforeEach(() => {
		redis.isDown = true;
	});

	it('this process keeps to the budget by itself, and says so once', async () => {
		const at = play(3);
		take(at, 'call', 'call', 'call', 'call', 'stream');
		await clock.advance(3 * SPAN_MS);

		expect(at.waiting).toEqual([]);
		expect(mostWithin(SPAN_MS - 1, at.times('call', 'stream'))).toBe(3);
		expect(warnings).toEqual([expect.stringContaining(outage.message)]);
		expect(clock.pendingTimers).toBe(0);
	});

	it('counts what was sent with it', async () => {
		redis.isDown = false;
		const at = play(2);
		take(at, 'call');
		await redis.last.answer('c', 1);
		redis.isDown = true;
		take(at, 'call', 'call');
		await clock.advance(SPAN_MS - 1);

		expect(sentCount(at)).toBe(2);
	});

	it('lets those go who waited for an answer that never came', async () => {
		redis.isDown = false;
		const at = play(2);
		take(at, 'call');
		await redis.last.fail();

		expect(sentCount(at)).toBe(1);
	});

	it('warns once more in the next outage', async () => {
		const at = play(10);
		take(at, 'call');
		await settle();
		redis.isDown = false;
		take(at, 'call');
		await redis.last.answer('c', 1);
		redis.isDown = true;
		take(at, 'call');
		await settle();

		expect(warnings).toHaveLength(2);
	});

	it('what it sends is told to Redis when that has lost track, under the same names', async () => {
		const at = play(10);
		take(at, 'call', 'stream');
		await clock.advance(2_000);
		redis.isDown = false;
		take(at, 'call');
		await settle();
		const { known } = redis.last;
		await redis.last.answer('', -1);

		expect(redis.last.reports.map((report) => report.slice(0, 7))).toEqual(['c:2000:', 's:2000:']);
		expect(redis.last.reports.at(-1)?.endsWith(known)).toBe(true);
		expect(redis.last.kinds).toBe('c');
		await redis.last.answer('c', 1);
		expect(sentCount(at)).toBe(3);
	});
});

it('a Redis that forgets what it was just told is no help', async () => {
	const at = play(10);
	take(at, 'call');
	await redis.last.answer('c', 1);
	take(at, 'call');
	await redis.last.answer('', -1);
	await redis.last.answer('', -1);

	expect(sentCount(at)).toBe(2);
	expect(warnings).toHaveLength(1);
});

it('what no longer counts is neither asked about nor told', async () => {
	const at = play(10);
	take(at, 'call');
	await redis.last.answer('c', 1);
	await clock.advance(SPAN_MS);
	take(at, 'call');
	await settle();

	expect(redis.last.known).toBe('');
});

it.each([['x', 1], ['c'], 'c', null])(
	'an answer that our script does not give (%p) counts as an outage',
	async (answer) => {
		jest.spyOn(redis, 'run').mockResolvedValue(answer);
		const at = play(10);
		take(at, 'call');
		await settle();

		expect(sentCount(at)).toBe(1);
		expect(warnings).toHaveLength(1);
	},
);

describe('a budget that is closed', () => {
	it('sends away who waits and who comes, leaves the line and no timer', async () => {
		const { budget } = play(10);
		const { signal } = new AbortController();
		const waiting = failureOf(budget.take('call', signal));
		await redis.last.answer('', 5_000);
		budget.close();
		await settle();

		expect(await waiting).toMatchObject({ category: 'cancelled' });
		expect(await failureOf(budget.take('call', signal))).toMatchObject({ category: 'cancelled' });
		expect(redis.last.kinds).toBe('');
		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(signal, 'abort')).toHaveLength(0);
	});

	it('gives back what is granted too late', async () => {
		const at = play(10);
		take(at, 'call');
		at.budget.close();
		await redis.last.answer('c', 1);

		expect(redis.commands).toHaveLength(2);
		expect(redis.questions).toHaveLength(1);
		expect(clock.pendingTimers).toBe(0);
	});
});
