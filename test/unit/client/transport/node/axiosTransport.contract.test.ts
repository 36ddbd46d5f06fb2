import { AxiosTransport } from '../../../../../client/transport/node/axiosTransport';
import { describeTransportContract } from '../../../../support/transportContract';

describeTransportContract('AxiosTransport over HTTP/1.1', (egress) => new AxiosTransport(egress));
describeTransportContract('AxiosTransport over HTTP/2', (egress) => new AxiosTransport(egress), [], '2');
