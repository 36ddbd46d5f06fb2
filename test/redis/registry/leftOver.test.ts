import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { stagedKey } from '../../../client/registry/redis/keys';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import { describeLeftOver } from '../../support/leftOverContract';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { keyOf } from '../../support/registrySessions';

let server: RedisServer;
let redis: RedisConnection;
beforeAll(async () => {
	server = await startRedisServer();
	redis = redisConnectionFor(server.url);
});
afterAll(async () => {
	await redis.close();
	await server.stop();
});

describeLeftOver('Redis', async () => ({
	place: server.url,
	open: async () => redisRegistry(redisConnectionFor(server.url)),
	remove: async () => void (await redis.command('FLUSHALL')),
}));

it.each(['', 'no number', '12', '12 no colon'])(
	'text without its number (%s) is found, and stops nothing',
	async (text) => {
		const registry = redisRegistry(redisConnectionFor(server.url));
		const key = keyOf('s');
		await registry.stage(key, 'c', { id: 'a', payload: '{}' });
		await redis.command('HSET', stagedKey(key), '["c","bad"]', text);
		await registry.stage(key, 'c', { id: 'b', payload: '{}' });

		const found = await registry.stagedBatches(key, 'c');
		expect(found.map(({ id }) => id).sort()).toEqual(['a', 'b', 'bad']);
		await registry.recordDelivered(key, 'c', [], 'bad');
		expect((await registry.stagedBatches(key, 'c')).map(({ id }) => id)).toEqual(['a', 'b']);
		await registry.close();
		await redis.command('FLUSHALL');
	},
);
