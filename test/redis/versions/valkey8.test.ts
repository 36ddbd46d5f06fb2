import { describeOtherServer } from '../../support/sharedStateContract';

describeOtherServer('valkey-8.1');
