import { WsTransport } from '../../../../client/webSocket/wsTransport';
import { describeWebSocketContract } from '../../../support/webSocketContract';

describeWebSocketContract('WsTransport', (egress) => new WsTransport(egress));
