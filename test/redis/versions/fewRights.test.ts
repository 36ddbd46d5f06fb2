/** The Redis of this machine, for a user who may do no more than the documents say. */
import { describeSharedState } from '../../support/sharedStateContract';

describeSharedState('Redis, with few rights', 'redis-server');
