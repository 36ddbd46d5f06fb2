import { describeFeedContract } from '../../support/feedContract';
import { documentedRights } from '../../support/redisUser';
import { oneServer } from '../../support/testedRedis';

describeFeedContract('the Redis of this machine', oneServer());
describeFeedContract('a user who may do what the documents say', oneServer(undefined, documentedRights()));
