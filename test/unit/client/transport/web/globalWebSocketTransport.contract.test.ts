import { systemClock } from '../../../../../client/time/systemClock';
import { GlobalWebSocketTransport } from '../../../../../client/transport/web/globalWebSocketTransport';
import { webSocketDifferences, type WebSocketDifference } from '../../../../editions/socketDifferences';
import { describeWebSocketContract } from '../../../../support/webSocketContract';

describeWebSocketContract(
	'GlobalWebSocketTransport',
	(egress) => new GlobalWebSocketTransport(egress, systemClock),
	Object.keys(webSocketDifferences) as WebSocketDifference[],
);
