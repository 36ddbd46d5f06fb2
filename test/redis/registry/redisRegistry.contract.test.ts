import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { describeRegistryContract } from '../../support/registryContract';

let server: RedisServer;
beforeAll(async () => {
	server = await startRedisServer();
});
afterAll(async () => await server.stop());

describeRegistryContract('Redis', async () => ({
	place: server.url,
	open: async () => redisRegistry(redisConnectionFor(server.url)),
	remove: async () => {
		const connection = redisConnectionFor(server.url);
		await connection.command('FLUSHALL');
		await connection.close();
	},
}));
