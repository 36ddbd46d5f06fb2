import { SocketIoTransport } from '../../../../../client/cognigyAi/socket/socketIoTransport';
import { describeSocketIoContract } from '../../../../support/socketIoContract';

describeSocketIoContract('SocketIoTransport', (egress) => new SocketIoTransport(egress));
