/** A Redis Cluster: keys on any node, keys that move, and a node that another one takes over from. */
import { checkStateStoreOnce } from '../../../client/checkStateStoreOnce';
import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { documentedRights } from '../../support/redisUser';
import { failureOf } from '../../support/budgetSchedule';
import { untilAnswers, untilReplicated } from '../../support/redisAdmin';
import { startRedisCluster, type RedisCluster } from '../../support/redisCluster';
import type { RedisServer } from '../../support/redisServer';

let cluster: RedisCluster;
let connection: RedisConnection;
afterEach(async () => {
	await connection.close();
	await cluster.stop();
});

async function start(options = {}): Promise<RedisCluster> {
	cluster = await startRedisCluster(options);
	connection = redisConnectionFor(cluster.url());
	return cluster;
}

const ADD = `return redis.call('INCR', KEYS[1])`;
const groups = Array.from({ length: 30 }, (_, index) => `n8n-nodes-cognigy:{group${index}}:key`);

async function ownerOf(key: string): Promise<{ slot: string; from: RedisServer; to: RedisServer }> {
	const [first, second, third] = cluster.nodes;
	if (!first || !second || !third) throw new Error('There are too few nodes');
	const slot = Number(await cluster.admin(first).command('CLUSTER', 'KEYSLOT', key));
	const place = Math.floor((slot * 3) / 16_384);
	const from = [first, second, third][place] ?? third;
	return { slot: String(slot), from, to: from === first ? second : first };
}

async function idOf(node: RedisServer): Promise<string> {
	return String(await cluster.admin(node).command('CLUSTER', 'MYID'));
}

it('finds the node of each key from any one, and needs no right for that', async () => {
	await start();
	for (const node of cluster.nodes) {
		await cluster.admin(node).command('ACL', 'SETUSER', 'n8n', 'on', '>geheim', ...documentedRights(), '+incr');
	}
	const asUser = redisConnectionFor(cluster.url().replace('//', '//n8n:geheim@'));
	for (const round of [1, 2]) {
		const answers = await Promise.all(groups.map(async (key) => await asUser.run(ADD, [key], [])));
		expect(answers).toEqual(groups.map(() => round));
	}
	await asUser.close();
	const sizes = await Promise.all(
		cluster.nodes.map(async (node) => Number(await cluster.admin(node).command('DBSIZE'))),
	);
	expect(Math.min(...sizes)).toBeGreaterThan(0);
	expect(sizes.reduce((sum, size) => sum + size)).toBe(groups.length);
});

it('follows keys while they move and after they have moved, and runs nothing twice', async () => {
	await start();
	const key = 'n8n-nodes-cognigy:{moving}:key';
	const { slot, from, to } = await ownerOf(key);
	expect(await connection.run(ADD, [key], [])).toBe(1);
	await cluster.admin(to).command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', await idOf(from));
	await cluster.admin(from).command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', await idOf(to));
	await cluster.admin(from).command('MIGRATE', '127.0.0.1', String(to.port), key, '0', '5000');

	expect(await connection.run(ADD, [key], [])).toBe(2);
	expect(await connection.command('SET', 'n8n-nodes-cognigy:{moving}:other', '1')).toBe('OK');
	for (const node of [to, from]) await cluster.admin(node).command('CLUSTER', 'SETSLOT', slot, 'NODE', await idOf(to));
	expect(await connection.run(ADD, [key], [])).toBe(3);
	expect(await connection.run(ADD, [key], [])).toBe(4);
});

it('waits until a replica has taken over from a node that died', async () => {
	await start({ withReplicas: true });
	const key = groups[0] ?? '';
	const { from } = await ownerOf(key);
	const seeds = cluster.nodes.filter((node) => node !== from);
	await connection.close();
	connection = redisConnectionFor(cluster.url(from, ...seeds));
	expect(await connection.run(ADD, [key], [])).toBe(1);
	await untilReplicated(cluster.admin(from));
	await from.stop();

	expect(await connection.run(ADD, [key], [])).toBe(2);
});

it('is refused where the URL says that it is none, and where a node of it does not answer, another one does', async () => {
	await start();
	const { from, to } = await ownerOf('n8n-nodes-cognigy:{access-check}:text');
	const alone = redisConnectionFor(to.url);
	expect(await failureOf(alone.run(ADD, ['n8n-nodes-cognigy:{access-check}:text'], []))).toMatchObject({
		message: expect.stringContaining('begin the Redis URL with redis+cluster://') as string,
	});
	await alone.close();
	const third = cluster.nodes.find((node) => node !== from && node !== to);
	await third?.stop();
	await untilAnswers(cluster.admin(to), ['CLUSTER', 'INFO'], 'cluster_state:');
	const fields = { baseUrl: 'https://cognigy.example.com', username: 'u', password: 'p', stateStore: 'redis' };
	await Promise.all(
		[from, to].map(
			async (node) => await cluster.admin(node).command('CONFIG', 'SET', 'cluster-require-full-coverage', 'no'),
		),
	);
	const redisUrl = cluster.url(...(third ? [third] : []), to);
	await checkStateStoreOnce({ type: 'cognigyApi', fields: { ...fields, redisUrl } });
});
