import { unrestrictedEgress } from '../../../../../client/transport/egress';
import { FetchTransport } from '../../../../../client/transport/web/fetchTransport';
import { describeTransportContract } from '../../../../support/transportContract';

describeTransportContract('FetchTransport', () => new FetchTransport(unrestrictedEgress));
