import { NodeTransport } from '../../../../../client/transport/node/nodeTransport';
import { describeTransportContract } from '../../../../support/transportContract';

describeTransportContract('NodeTransport over HTTP/1.1', (egress) => new NodeTransport(egress));
describeTransportContract('NodeTransport over HTTP/2', (egress) => new NodeTransport(egress), [], '2');
