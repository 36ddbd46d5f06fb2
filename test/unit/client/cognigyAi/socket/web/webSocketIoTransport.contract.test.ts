import { WebSocketIoTransport } from '../../../../../../client/cognigyAi/socket/web/webSocketIoTransport';
import { systemClock } from '../../../../../../client/time/systemClock';
import { socketIoDifferences, type SocketIoDifference } from '../../../../../editions/socketDifferences';
import { describeSocketIoContract } from '../../../../../support/socketIoContract';

describeSocketIoContract(
	'WebSocketIoTransport',
	(egress) => new WebSocketIoTransport(egress, systemClock),
	Object.keys(socketIoDifferences) as SocketIoDifference[],
);
