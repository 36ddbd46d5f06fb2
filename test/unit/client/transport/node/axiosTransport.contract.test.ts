import { AxiosTransport } from '../../../../../client/transport/node/axiosTransport';
import { describeTransportContract } from '../../../../support/transportContract';

describeTransportContract('AxiosTransport', (egress) => new AxiosTransport(egress));
