import type { EgressPolicy } from '../../client/transport/egress';
import type { WebSocketTransport } from '../../client/transport/webSocket';
import type { WebSocketDifference } from '../editions/socketDifferences';
import { describeConnections } from './webSocketContract/connections';
import { describeEnds } from './webSocketContract/ends';
import { describeHandshakes } from './webSocketContract/handshakes';
import { describeTrust } from './webSocketContract/trust';

/**
 * What every `WebSocketTransport` must do. Which library is behind it does not matter here: the other side are servers
 * on this machine.
 * @param differences what this one cannot do: other tests then say what it does instead
 */
export function describeWebSocketContract(
	name: string,
	makeTransport: (egress: EgressPolicy) => WebSocketTransport,
	differences: readonly WebSocketDifference[] = [],
): void {
	const differs = (difference: WebSocketDifference) => differences.includes(difference);
	describe(`the WebSocket transport contract: ${name}`, () => {
		describeHandshakes(makeTransport, differs);
		describeTrust(makeTransport, differs);
		describeConnections(makeTransport, differs);
		describeEnds(makeTransport, differs);
	});
}
