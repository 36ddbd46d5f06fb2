import type { Clock } from '../../time/clock';
import { checkEgress, httpAddressOf, type EgressPolicy } from '../egress';
import type { ConnectionListener, DialRequest, DialResult, WebSocketTransport } from '../webSocket';
import { dialWebSocket } from './dialWebSocket';

/** Largest message that is taken, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * WebSockets over the runtime's own, for where nothing else is allowed. It knows no proxy, and looks names up by itself, so
 * that the policy's own lookup is not asked. How a handshake is refused it does not tell: such a dial fails as `refused`.
 */
export class GlobalWebSocketTransport implements WebSocketTransport {
	constructor(
		private readonly egress: EgressPolicy,
		private readonly clock: Clock,
	) {}

	async dial(request: DialRequest, listener: ConnectionListener): Promise<DialResult> {
		const { url, origin, subprotocol, signal } = request;
		await checkEgress(this.egress, httpAddressOf(url), signal);
		const dial = { url, protocols: [subprotocol], headers: { Origin: origin }, maxBytes: MAX_MESSAGE_BYTES, signal };
		return await dialWebSocket(dial, this.clock, (connection) => {
			connection.tell(listener);
			return { connection };
		});
	}
}
