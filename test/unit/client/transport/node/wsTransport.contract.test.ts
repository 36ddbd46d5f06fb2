import { WsTransport } from '../../../../../client/transport/node/wsTransport';
import { describeWebSocketContract } from '../../../../support/webSocketContract';

describeWebSocketContract('WsTransport', (egress) => new WsTransport(egress));
