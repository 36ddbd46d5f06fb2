import { describeKilledStarts } from '../../support/killedStarts';
import { startRedisServer } from '../../support/redisServer';

describeKilledStarts('Redis', async () => {
	const redis = await startRedisServer();
	return { fields: { stateStore: 'redis', redisUrl: redis.url }, remove: async () => await redis.stop() };
});
