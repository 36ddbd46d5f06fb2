import { repeatRowsInRedis } from '../../faults/repeatRows';
import { describeRedisMatrix } from './describeRedisMatrix';

describeRedisMatrix(repeatRowsInRedis);
