import { AxiosTransport } from '../../../../client/http/axiosTransport';
import { unrestrictedEgress } from '../../../../client/net/egress';
import { describeTransportContract } from '../../../support/transportContract';

describeTransportContract('AxiosTransport', () => new AxiosTransport(unrestrictedEgress));
