import { describeDeliveredEvents } from '../../support/deliveredEvents';
import { startRedisServer } from '../../support/redisServer';

describeDeliveredEvents('Redis', { events: 10_000, seed: 18 }, async () => {
	const redis = await startRedisServer();
	return { fields: { stateStore: 'redis', redisUrl: redis.url }, remove: async () => await redis.stop() };
});
