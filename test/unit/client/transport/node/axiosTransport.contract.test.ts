import { AxiosTransport } from '../../../../../client/transport/node/axiosTransport';
import { unrestrictedEgress } from '../../../../../client/transport/egress';
import { describeTransportContract } from '../../../../support/transportContract';

describeTransportContract('AxiosTransport', () => new AxiosTransport(unrestrictedEgress));
