/** A Redis that Sentinels watch: found by its name, and found again when a replica has taken over. */
import { checkStateStoreOnce } from '../../../client/checkStateStoreOnce';
import { parseRedisUrl } from '../../../client/redis/redisAddress';
import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { RedisSession } from '../../../client/redis/redisSession';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import { failureOf } from '../../support/budgetSchedule';
import { FakeClock } from '../../support/fakeClock';
import { untilAnswers, untilReplicated } from '../../support/redisAdmin';
import { sentinelUrl as urlOf, startSentinelGroup, type SentinelGroup } from '../../support/redisSentinel';
import { documentedRights } from '../../support/redisUser';
import { idsOf, open, session, start } from '../../support/registrySessions';
import { closedPort, closeServers, rawServer } from '../../support/servers';
import { itSharesBudgetAndToken } from '../../support/sharedStateContract';

const PASSWORD = 'geheim/1#?';
const ENCODED = encodeURIComponent(PASSWORD);

const groups: SentinelGroup[] = [];
const connections: RedisConnection[] = [];

afterEach(async () => {
	await Promise.all(connections.splice(0).map(async (each) => await each.close()));
	await Promise.all(groups.splice(0).map(async (each) => await each.stop()));
	await closeServers();
});

function connect(url: string, isPatient?: boolean): RedisConnection {
	const connection = redisConnectionFor(url, isPatient);
	connections.push(connection);
	return connection;
}

async function startGroup({ isOpen = true } = {}): Promise<SentinelGroup> {
	const group = await startSentinelGroup(isOpen ? undefined : PASSWORD);
	groups.push(group);
	return group;
}

it('is found by its name, also when a Sentinel is down and another one hangs', async () => {
	const { primary, sentinel } = await startGroup();
	const hanging = await rawServer((socket) => socket.resume());
	const connection = connect(`${urlOf({ port: await closedPort() }, hanging, sentinel)}/3`);
	expect(await connection.command('SET', 'key', 'value')).toBe('OK');
	expect(await connect(`${primary.url}/3`).command('GET', 'key')).toBe('value');
	// Nobody is asked more than once for a connection.
	expect(hanging.accepted).toBe(1);
});

it('has its replica take over, and calls wait for that and go on', async () => {
	const { primary, replica, sentinel } = await startGroup();
	const url = urlOf(sentinel);
	const registry = redisRegistry(connect(url));
	await start(registry, session('before'));
	await untilReplicated(connect(primary.url));
	await primary.stop();

	// All of them find nobody at first.
	await Promise.all(['s1', 's2', 's3'].map(async (id) => await start(registry, session(id))));
	expect(idsOf(await registry.openSessions(open())).sort()).toEqual(['before', 's1', 's2', 's3']);
	expect(String(await connect(replica.url).command('ROLE'))).toMatch(/^master/);
});

it('changes roles with its replica, and the next call goes to the new primary', async () => {
	const { primary, replica, sentinel } = await startGroup();
	const connection = connect(urlOf(sentinel));
	const counter = `return redis.call('INCR', KEYS[1])`;
	expect(await connection.run(counter, ['n'], [])).toBe(1);
	await untilReplicated(connect(primary.url));
	await connect(sentinel.url).command('SENTINEL', 'FAILOVER', 'main');
	// The old one takes changes until it is told; those would be lost.
	await untilAnswers(connect(primary.url), ['ROLE'], 'slave');
	await untilAnswers(connect(replica.url), ['ROLE'], 'master');

	expect(await connection.run(counter, ['n'], [])).toBe(2);
	expect(await connect(replica.url).command('GET', 'n')).toBe('2');
});

describe('with passwords', () => {
	it('lets a user with few rights in, and the Sentinel takes the same password', async () => {
		const { primary, replica, sentinel } = await startGroup({ isOpen: false });
		for (const { port } of [primary, replica]) {
			const admin = connect(`redis://:${ENCODED}@127.0.0.1:${port}`);
			await admin.command('ACL', 'SETUSER', 'n8n', 'on', `>${PASSWORD}`, ...documentedRights());
		}
		const url = urlOf(sentinel).replace('//', `//:${ENCODED}@`);
		expect(await connect(url).command('SET', 'key', 'value')).toBe('OK');
		const fields = { baseUrl: 'https://cognigy.example.com', username: 'u', password: 'p', stateStore: 'redis' };
		await checkStateStoreOnce({ type: 'cognigyApi', fields: { ...fields, redisUrl: url } });
	});

	it('says which of them wants one', async () => {
		const { sentinel } = await startGroup({ isOpen: false });
		const error = await failureOf(connect(urlOf(sentinel), false).command('GET', 'key'));
		expect(error).toMatchObject({
			message: `Redis at 127.0.0.1:${sentinel.port}/main: the Sentinel at 127.0.0.1:${sentinel.port}: it wants a password; put it into the Redis URL`,
		});
	});
});

describe('is not found', () => {
	async function problemOf(url: string): Promise<string> {
		// Patience would not help, and none is had.
		return ((await failureOf(connect(url).command('GET', 'key'))) as Error).message;
	}

	it('under another name', async () => {
		const { sentinel } = await startGroup();
		expect(await problemOf(urlOf(sentinel).replace('/main', '/other'))).toContain(
			`the Sentinel at 127.0.0.1:${sentinel.port} watches no Redis of the name "other"`,
		);
	});

	it('at the port of a Redis', async () => {
		const { primary } = await startGroup();
		expect(await problemOf(urlOf(primary))).toContain('it is no Sentinel: name the port of a Sentinel');
	});

	it('where no Sentinel answers: the Test button says so and does not try again', async () => {
		const fields = { baseUrl: 'https://cognigy.example.com', username: 'u', password: 'p', stateStore: 'redis' };
		const gone = await rawServer((socket) => socket.destroy());
		const error = await failureOf(
			checkStateStoreOnce({ type: 'cognigyApi', fields: { ...fields, redisUrl: urlOf(gone) } }),
		);
		expect(error).toMatchObject({
			message: expect.stringContaining(`the Sentinel at 127.0.0.1:${gone.port}: the connection was closed`) as string,
		});
		expect(gone.accepted).toBe(1);
	});
});

it('that stays away costs 20 seconds of waiting once, and then no more than any other', async () => {
	const clock = new FakeClock();
	const address = parseRedisUrl(urlOf({ port: await closedPort() }));
	const redis = new RedisSession(address, clock, () => 0, 20_000);
	const over: string[] = [];
	const call = (name: string) => void redis.command(['PING']).catch(() => over.push(name));
	call('first');
	await clock.advance(10_000);
	call('second');
	expect(over).toEqual([]);
	while (over.length < 2) await clock.advance(300);
	const endedAt = clock.monotonic();
	call('third');
	while (over.length < 3) await clock.advance(0);
	expect(clock.monotonic()).toBe(endedAt);
	expect(endedAt).toBeGreaterThanOrEqual(20_000);
	await redis.close();
});

describe('for everything that is shared', () => {
	let url = '';
	beforeEach(async () => {
		const { sentinel } = await startGroup();
		url = urlOf(sentinel);
	});
	itSharesBudgetAndToken(() => url);
});
