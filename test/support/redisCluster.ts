import { freePort } from '../../n8n-host/freePort';
import { redisConnectionFor, type RedisConnection } from '../../client/redis/redisConnection';
import { untilAnswers } from './redisAdmin';
import { startRedisServer, withFreePorts, type RedisServer } from './redisServer';

const SLOTS = 16_384;

/** A Redis Cluster of our own on this machine. */
export interface RedisCluster {
	/** Those with slots, in their order; then the replicas, one of each. */
	nodes: RedisServer[];
	/** A URL that names these nodes, or the first one. */
	url(...nodes: RedisServer[]): string;
	/** A connection to one node alone. */
	admin(node: RedisServer): RedisConnection;
	stop(): Promise<void>;
}

/** @param withReplicas one for each primary */
export async function startRedisCluster({ withReplicas = false } = {}): Promise<RedisCluster> {
	const count = withReplicas ? 6 : 3;
	const nodes = await Promise.all(Array.from({ length: count }, async () => await withFreePorts(startNode)));
	const admins = nodes.map(({ url }) => redisConnectionFor(url));
	const cluster: RedisCluster = {
		nodes,
		url: (...some) =>
			`redis+cluster://${(some.length > 0 ? some : nodes.slice(0, 1)).map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
		admin: (node) => admins[nodes.indexOf(node)] ?? fail(),
		async stop() {
			await Promise.all(admins.map(async (admin) => await admin.close()));
			await Promise.all(nodes.map(async (node) => await node.stop()));
		},
	};
	const [first = fail()] = nodes;
	await eachNode(admins.slice(0, 3), async (admin, index) => {
		const [from, to] = [index, index + 1].map((part) => Math.round((part * SLOTS) / 3));
		await admin.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String((to ?? SLOTS) - 1));
		await admin.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
	});
	const ids = await Promise.all(admins.map(async (admin) => String(await admin.command('CLUSTER', 'MYID'))));
	const busPort = busPorts.get(first.port) ?? 0;
	await eachNode(admins.slice(1), async (admin) => {
		await admin.command('CLUSTER', 'MEET', '127.0.0.1', String(first.port), String(busPort));
	});
	await eachNode(
		admins,
		async (admin) => await untilAnswers(admin, ['CLUSTER', 'INFO'], `cluster_known_nodes:${count}`),
	);
	await eachNode(admins.slice(3), async (admin, index) => {
		await admin.command('CLUSTER', 'REPLICATE', ids[index] ?? '');
		await untilAnswers(admin, ['INFO', 'replication'], 'master_link_status:up');
	});
	await eachNode(admins, async (admin) => await untilAnswers(admin, ['CLUSTER', 'INFO'], 'cluster_state:ok'));
	return cluster;
}

const busPorts = new Map<number, number>();

async function startNode(): Promise<RedisServer> {
	// Any port may be too high for the usual distance of the two.
	const busPort = await freePort();
	const options = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '1000'];
	const node = await startRedisServer(undefined, [...options, '--cluster-replica-validity-factor', '0']);
	busPorts.set(node.port, busPort);
	return node;
}

async function eachNode(
	admins: readonly RedisConnection[],
	use: (admin: RedisConnection, index: number) => Promise<unknown>,
): Promise<void> {
	await Promise.all(admins.map(use));
}

function fail(): never {
	throw new Error('There is no such node');
}
