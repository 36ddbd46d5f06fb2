import { describeMatrix } from './describeMatrix';
import { parts } from './table';

describeMatrix('Fault matrix', parts.repeat);
