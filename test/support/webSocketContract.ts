import type { EgressPolicy } from '../../client/transport/egress';
import type { WebSocketTransport } from '../../client/transport/webSocket';
import { describeConnections } from './webSocketContract/connections';
import { describeHandshakes } from './webSocketContract/handshakes';
import { describeTrust } from './webSocketContract/trust';

/**
 * What every `WebSocketTransport` must do. Which library is behind it does not matter here: the other side are servers
 * on this machine.
 */
export function describeWebSocketContract(
	name: string,
	makeTransport: (egress: EgressPolicy) => WebSocketTransport,
): void {
	describe(`the WebSocket transport contract: ${name}`, () => {
		describeHandshakes(makeTransport);
		describeTrust(makeTransport);
		describeConnections(makeTransport);
	});
}
