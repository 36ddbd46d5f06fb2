/** What a Redis that is not well says, in words that tell what to do. */
import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { failureOf } from '../../support/budgetSchedule';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { closedPort, closeServers, rawServer } from '../../support/servers';

const servers: RedisServer[] = [];
afterEach(async () => {
	await closeServers();
	await Promise.all(servers.splice(0).map(async (each) => await each.stop()));
});

async function problemOf(url: string): Promise<string> {
	const connection = redisConnectionFor(url);
	const failure = await failureOf(
		connection.run(`return redis.call('SET', KEYS[1], '1')`, ['n8n-nodes-cognigy:x'], []),
	);
	await connection.close();
	return (failure as Error).message;
}

it.each([
	['READONLY You can not write against a read only replica.', 'it is a replica that takes no changes'],
	[
		'ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -READONLY You can not write.',
		'it is a replica that takes no changes',
	],
	['LOADING Redis is loading the dataset in memory', 'it is still loading its data'],
	['OOM command not allowed when used memory > maxmemory.', 'its memory is full: give it more (maxmemory)'],
	['MISCONF Redis is configured to save RDB snapshots', 'it cannot save its data to disk'],
	['NOREPLICAS Not enough good replicas to write.', 'it has too few replicas to take changes'],
	['NOAUTH Authentication required.', 'it wants a password; put it into the Redis URL'],
	['WRONGPASS invalid username-password pair', 'it does not accept the user or password in the Redis URL'],
	['MASTERDOWN Link with MASTER is down', 'it is a replica that has lost its primary'],
	['BUSY Redis is busy running a script.', 'it is busy with a script of somebody else'],
	['MOVED 1 127.0.0.1:1', 'begin the Redis URL with redis+cluster://'],
	['CLUSTERDOWN The cluster is down', 'some of its slots are served by no node'],
	['CROSSSLOT Keys in request do not hash to the same slot', 'begin the Redis URL with redis+cluster://'],
])('%s', async (reply, words) => {
	const server = await rawServer((socket) => socket.on('data', () => socket.write(`-${reply}\r\n`)));
	expect(await problemOf(`redis://127.0.0.1:${server.port}`)).toContain(words);
});

it.each<[string, string[], string]>([
	['memory is full', ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'], 'its memory is full: give it more'],
	['replicas are missing', ['--min-replicas-to-write', '1'], 'it has too few replicas to take changes'],
])('a real one whose %s', async (_name, options, words) => {
	const server = await startRedisServer(undefined, options);
	servers.push(server);
	expect(await problemOf(server.url)).toContain(words);
});

it('a real one that is a replica', async () => {
	const server = await startRedisServer(undefined, ['--replicaof', `127.0.0.1 ${await closedPort()}`]);
	servers.push(server);
	expect(await problemOf(server.url)).toContain('it is a replica that takes no changes');
});
