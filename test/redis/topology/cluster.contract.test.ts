import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import { startRedisCluster, type RedisCluster } from '../../support/redisCluster';
import { describeFeedContract } from '../../support/feedContract';
import { describeRegistryContract } from '../../support/registryContract';
import { describeSharedSourceContract } from '../../support/sharedSourceContract';
import { itSharesBudgetAndToken } from '../../support/sharedStateContract';
import { testedAt } from '../../support/testedRedis';

let cluster: RedisCluster;
beforeAll(async () => {
	cluster = await startRedisCluster();
});
afterAll(async () => await cluster.stop());

describeRegistryContract('a Redis Cluster', async () => ({
	place: cluster.url(),
	// A hundred thousand take one Redis long enough (test/redis/registry).
	veryMany: 10_000,
	open: async () => redisRegistry(redisConnectionFor(cluster.url())),
	remove: async () => {
		await Promise.all(cluster.nodes.map(async (node) => await cluster.admin(node).command('FLUSHALL')));
	},
}));

itSharesBudgetAndToken(() => cluster.url());

const ofFeed = async () => {
	const own = await startRedisCluster();
	return testedAt(own.url(), own.url(), async () => await own.stop());
};
describeFeedContract('a Redis Cluster', ofFeed);
describeSharedSourceContract('a Redis Cluster', ofFeed);
