import { describeSharedSourceContract } from '../../support/sharedSourceContract';
import { oneServer } from '../../support/testedRedis';

describeSharedSourceContract('the Redis of this machine', oneServer());
