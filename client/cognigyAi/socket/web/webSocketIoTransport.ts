import type { Clock } from '../../../time/clock';
import { checkEgress, type EgressPolicy } from '../../../transport/egress';
import { dialWebSocket } from '../../../transport/web/dialWebSocket';
import type { SessionSocket, SocketListener, SocketRequest, SocketTransport } from '../transport';
import { MAX_FRAME_BYTES } from '../transport';
import { SessionConnection } from './sessionConnection';

/**
 * Socket.IO over the runtime's own WebSocket, for where nothing else is allowed. It speaks what Cognigy's endpoints need of
 * the protocol (docs/protocol-cognigy-ai.md#socketio): WebSockets only, one namespace, no binary attachments. What the
 * WebSocket itself cannot do is in `GlobalWebSocketTransport`.
 */
export class WebSocketIoTransport implements SocketTransport {
	constructor(
		private readonly egress: EgressPolicy,
		private readonly clock: Clock,
	) {}

	async dial(request: SocketRequest, listener: SocketListener): Promise<SessionSocket> {
		const { address, signal } = request;
		await checkEgress(this.egress, address.base, signal);
		const dial = { url: socketUrl(address.base), protocols: [], maxBytes: MAX_FRAME_BYTES, signal };
		const session = await dialWebSocket(
			dial,
			this.clock,
			(connection) => new SessionConnection(connection, this.clock, request, listener),
		);
		return await session.ready();
	}
}

/** Ids and token are told on the connection, so that no URL holds them (docs/protocol-cognigy-ai.md#socket-connection). */
function socketUrl(base: string): string {
	const { protocol, host, pathname } = new URL(base);
	const path = `${pathname.replace(/\/$/, '')}/socket.io/?handshake=true&EIO=4&transport=websocket`;
	return `${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${path}`;
}
