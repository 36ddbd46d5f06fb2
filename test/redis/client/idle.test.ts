/** Connections that nobody uses for a while, and that somebody ends or forgets. */
import { parseRedisUrl } from '../../../client/redis/redisAddress';
import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { RedisSession } from '../../../client/redis/redisSession';
import { systemClock } from '../../../client/time/systemClock';
import { failureOf } from '../../support/budgetSchedule';
import { FakeClock } from '../../support/fakeClock';
import { RedisProxy } from '../../support/redisProxy';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { redisUser } from '../../support/redisUser';
import { until } from '../../support/until';

let server: RedisServer;
let proxy: RedisProxy;
let admin: RedisConnection;

beforeAll(async () => {
	// In seconds; services drop connections after 300.
	server = await startRedisServer(undefined, ['--timeout', '1']);
	proxy = await RedisProxy.start(server.port);
	admin = redisConnectionFor(server.url.replace('127.0.0.1', 'localhost'));
});
afterAll(async () => {
	await admin.close();
	await proxy.close();
	await server.stop();
});

const ADD = `return redis.call('INCR', KEYS[1])`;

it('one that Redis ends is made anew by the next call, and nobody sees an error', async () => {
	const connection = redisConnectionFor(server.url);
	for (let round = 1; round <= 3; round++) {
		expect(await connection.run(ADD, ['ended'], [])).toBe(round);
		let clients = '';
		while (!clients.includes('connected_clients:1\r')) clients = String(await admin.command('INFO', 'clients'));
	}
	await connection.close();
});

describe('one that somebody on the way has forgotten', () => {
	/** A session that was used, and then not for 5 minutes. */
	async function idleSession(url = proxy.url()) {
		const clock = new FakeClock();
		const session = new RedisSession(parseRedisUrl(url), clock, () => 0);
		await session.run(ADD, ['forgotten'], []);
		await clock.advance(300_000);
		return { clock, session };
	}

	it('is replaced before the call is sent', async () => {
		await proxy.arm(undefined);
		const { clock, session } = await idleSession();
		const before = Number(await admin.command('GET', 'forgotten'));
		await proxy.arm({ kind: 'hang', at: 1 });
		const calls = Promise.all([1, 2].map(async () => await session.run(ADD, ['forgotten'], [])));
		await until(() => proxy.held === 1);
		await clock.advance(1_000);

		expect(await calls).toEqual([before + 1, before + 2]);
		await session.close();
		await proxy.heal();
	});

	it('with a reset, too', async () => {
		await proxy.arm(undefined);
		const { session } = await idleSession();
		const before = Number(await admin.command('GET', 'forgotten'));
		await proxy.arm({ kind: 'cutBefore', at: 1 });

		expect(await session.run(ADD, ['forgotten'], [])).toBe(before + 1);
		expect(proxy.disturbed).toBe(1);
		await session.close();
		await proxy.heal();
	});

	it('stays where Redis answers, even if it only refuses', async () => {
		const url = await redisUser(server, 'few', ['~*', '-@all', '+eval', '+evalsha', '+incr']);
		await proxy.arm(undefined);
		const { session } = await idleSession(proxy.url(new URL(url).href.replace(/^redis:\/\/|127.*$/g, '')));
		await proxy.arm(undefined);
		await session.run(ADD, ['forgotten'], []);
		// One to try it out, and the call.
		expect(proxy.commands).toBe(2);
		await session.close();
	});

	it('is not asked again and again while it is in use', async () => {
		const { clock, session } = await idleSession();
		await session.run(ADD, ['forgotten'], []);
		await clock.advance(29_999);
		await proxy.arm(undefined);
		await session.run(ADD, ['forgotten'], []);
		expect(proxy.commands).toBe(1);
		await session.close();
	});
});

// Behind Sentinels, calls wait; but not those.
it.each([0, 20_000])(
	'a call whose connection is cut after it was sent is not sent again (%i ms)',
	async (patienceMs) => {
		await proxy.arm(undefined);
		await admin.command('DEL', 'cut');
		const connection = new RedisSession(parseRedisUrl(proxy.url()), systemClock, Math.random, patienceMs);
		expect(await connection.run(ADD, ['cut'], [])).toBe(1);
		await proxy.arm({ kind: 'cutAfter', at: 1 });
		expect(await failureOf(connection.run(ADD, ['cut'], []))).toMatchObject({ name: 'RedisError' });
		await proxy.heal();
		expect(await admin.command('GET', 'cut')).toBe('2');
		await connection.close();
	},
);
