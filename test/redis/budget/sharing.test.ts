import { redisBudget } from '../../../client/budget/redisBudget';
import type { RateBudget } from '../../../client/budget/rateBudget';
import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { systemClock } from '../../../client/time/systemClock';
import { mostWithin } from '../../support/budgetSchedule';
import { startRedisServer, type RedisServer } from '../../support/redisServer';

/** Several budgets on one Redis, as several processes would have them; a window of a second instead of a minute. */
const SPAN_MS = 1_000;
const { signal } = new AbortController();

let server: RedisServer;
let redis: RedisConnection;
let budgets: RateBudget[];
let warnings: string[];

beforeEach(async () => {
	server = await startRedisServer();
	redis = redisConnectionFor(server.url);
	budgets = [];
	warnings = [];
});

afterEach(async () => {
	for (const each of budgets) each.close();
	await redis.close();
	await server.stop();
	expect(warnings).toEqual([]);
});

function budget({ requestsPerWindow = 4, account = 'a', spanMs = SPAN_MS } = {}): RateBudget {
	const onWarning = (message: string) => warnings.push(message);
	const made = redisBudget({
		...{ requestsPerWindow, account, redis, clock: systemClock, onWarning },
		...{ windowMs: spanMs, marginMs: 0 },
	});
	budgets.push(made);
	return made;
}

const keys = async () => (await redis.command('KEYS', '*')) as string[];
const keyOf = async (name: string) => (await keys()).find((key) => key.endsWith(`:${name}`)) ?? name;
/** By Redis, in ms since 1970. */
const sendTimes = async () => {
	const entries = (await redis.command('ZRANGE', await keyOf('log'), '0', '-1', 'WITHSCORES')) as string[];
	return entries.filter((_, index) => index % 2 === 1).map(Number);
};

it('accounts have budgets of their own', async () => {
	const one = budget({ requestsPerWindow: 1, spanMs: 60_000 });
	const other = budget({ requestsPerWindow: 1, spanMs: 60_000, account: 'b' });
	await Promise.all([one.take('call', signal), other.take('call', signal)]);
});

it('what Redis keeps begins with the name of the package, names no account, and is forgotten some day', async () => {
	const one = budget({ requestsPerWindow: 1, spanMs: 60_000, account: 'somebody@example.com' });
	await one.take('stream', signal);
	one.holdFor(1_000);
	void one.take('call', signal).catch(() => {});
	await redis.command('PING');

	for (const key of await keys()) {
		expect(key).toMatch(/^n8n-nodes-cognigy:budget:\{[0-9a-f]{32}\}:/);
		const leftMs = Number(await redis.command('PTTL', key));
		expect(leftMs).toBeGreaterThan(0);
		expect(leftMs).toBeLessThan(5 * 60_000);
	}
});

it('the wish of the service to wait holds all', async () => {
	const [one, other] = [budget(), budget()];
	one.holdFor(500);
	one.holdFor(50);
	await redis.command('PING');
	const heldUntil = Date.now() + Number(await redis.command('PTTL', await keyOf('hold')));
	await other.take('call', signal);

	expect((await sendTimes())[0]).toBeGreaterThanOrEqual(heldUntil - 2);
});

it('who came first goes first, from whichever process', async () => {
	const [first, second] = [budget({ requestsPerWindow: 1 }), budget({ requestsPerWindow: 1 })];
	const order: string[] = [];
	const take = async (from: RateBudget, name: string) => {
		await from.take('call', signal);
		order.push(name);
	};
	await take(first, 'first of all');
	const waiting = [take(second, 'a')];
	// Its place in the line is taken when its question was answered.
	await redis.command('PING');
	waiting.push(take(budget({ requestsPerWindow: 1 }), 'b'));
	await redis.command('PING');
	waiting.push(take(second, 'c'));
	await Promise.all(waiting);

	expect(order).toEqual(['first of all', 'a', 'b', 'c']);
});

it('who gives up leaves its place to the others', async () => {
	const [one, other] = [budget({ requestsPerWindow: 1 }), budget({ requestsPerWindow: 1 })];
	await one.take('call', signal);
	const controller = new AbortController();
	const waiting = one.take('call', controller.signal).catch(() => {});
	await redis.command('PING');
	controller.abort();
	await waiting;
	await redis.command('PING');
	expect(await redis.command('EXISTS', await keyOf('line'))).toBe(0);

	await other.take('call', signal);
});

it('a place in the line is lost with its lease', async () => {
	const one = budget({ requestsPerWindow: 1 });
	await one.take('call', signal);
	const prefix = (await keyOf('log')).replace(/log$/, '');
	await redis.command('ZADD', `${prefix}line`, '-1', 'cgone', '-2', 'sgone', '-3', 'cwithout lease');
	await redis.command('ZADD', `${prefix}leases`, '1', 'cgone', '9999999999999', 'sgone');
	await one.take('call', signal);

	expect(await redis.command('ZRANGE', `${prefix}line`, '0', '-1')).toEqual([]);
});

it('a clock of Redis that was set back stops nobody for longer than a window', async () => {
	const [one, other] = [budget(), budget()];
	await one.take('stream', signal);
	const future = String(Date.now() + 24 * 60 * 60_000);
	for (const name of ['log', 'streams']) {
		const [id = ''] = (await redis.command('ZRANGE', await keyOf(name), '0', '-1')) as string[];
		await redis.command('ZADD', await keyOf(name), future, id);
	}
	await Promise.all(Array.from({ length: 4 }, () => other.take('call', signal)));
	await Promise.all([one.take('stream', signal), one.take('stream', signal)]);
});

it('many budgets with calls and streams never exceed it together, and everybody is served', async () => {
	const many = Array.from({ length: 6 }, () => budget({ requestsPerWindow: 10, spanMs: 400 }));
	const sent: Array<{ kind: string; at: number }> = [];
	const takes = many.flatMap((each) =>
		Array.from({ length: 8 }, async (_, index) => {
			const kind = index % 3 === 0 ? 'stream' : 'call';
			await each.take(kind, signal);
			sent.push({ kind, at: performance.now() });
		}),
	);
	await Promise.all(takes);

	expect(sent).toHaveLength(48);
	// The answers of one Redis come in its order, but this process may read them some ms apart.
	const windowMs = 350;
	const times = (kind?: string) => sent.filter((each) => !kind || each.kind === kind).map(({ at }) => at);
	expect(mostWithin(windowMs, times())).toBeLessThanOrEqual(10);
	expect(mostWithin(windowMs, times('stream'))).toBeLessThanOrEqual(5);
});
