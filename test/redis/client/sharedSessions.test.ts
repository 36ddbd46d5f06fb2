import { startRedisServer } from '../../support/redisServer';
import { describeSharedSessions } from '../../support/sharedSessionsContract';

describeSharedSessions('the Redis of this machine', async () => await startRedisServer());
