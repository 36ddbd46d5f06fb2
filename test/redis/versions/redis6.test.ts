import { rightsBefore62 } from '../../support/redisUser';
import { describeOtherServer } from '../../support/sharedStateContract';

describeOtherServer('redis-6.0', rightsBefore62());
