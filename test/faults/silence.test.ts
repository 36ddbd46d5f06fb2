import { describeMatrix } from './describeMatrix';
import { parts } from './table';

jest.mock('../../client/transport/node/keepaliveTimes', () => jest.requireActual<object>('./silence'));

describeMatrix('Fault matrix', parts.silence);
