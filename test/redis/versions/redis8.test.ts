import { describeOtherServer } from '../../support/sharedStateContract';

describeOtherServer('redis-8.0');
