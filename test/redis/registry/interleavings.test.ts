/** The registry in Redis under random interleavings of several processes, some of which crash. */
import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import { describeInterleavings } from '../../support/registryInterleavings';
import { startRedisServer } from '../../support/redisServer';

describeInterleavings('Redis', async () => {
	const { url, stop } = await startRedisServer();
	return { place: url, registry: redisRegistry(redisConnectionFor(url)), remove: stop };
});
