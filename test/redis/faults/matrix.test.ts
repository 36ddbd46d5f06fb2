import { redisRows } from '../../faults/redisRows';
import { describeRedisMatrix } from './describeRedisMatrix';

describeRedisMatrix(redisRows);
