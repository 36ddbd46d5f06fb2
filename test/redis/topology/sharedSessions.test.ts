import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { untilReplicated } from '../../support/redisAdmin';
import { startRedisCluster } from '../../support/redisCluster';
import { sentinelUrl, startSentinelGroup } from '../../support/redisSentinel';
import { describeSharedSessions } from '../../support/sharedSessionsContract';

describeSharedSessions('a Redis Cluster', async () => {
	const cluster = await startRedisCluster();
	return { url: cluster.url(), stop: async () => await cluster.stop() };
});

describeSharedSessions('a Redis behind a Sentinel', async () => {
	const { primary, sentinel, stop } = await startSentinelGroup();
	return {
		url: sentinelUrl(sentinel),
		stop,
		async failOver() {
			const admin = redisConnectionFor(primary.url);
			await untilReplicated(admin);
			await admin.close();
			await primary.stop();
		},
	};
});
