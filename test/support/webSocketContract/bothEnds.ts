import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

import type { WebSocketConnection } from '../../../client/transport/webSocket';
import type { TestServer } from '../servers';
import { handMadeWebSocketServer, upgradeAnswer, webSocketServer } from '../webSocketServer';
import type { Harness } from './harness';

export const MEBIBYTE = 1024 * 1024;
/** First byte of a frame with a whole text. */
export const FINAL_TEXT = 0x81;

export interface BothEnds {
	/** Both ends of a connection. */
	connected(): Promise<{ ours: WebSocketConnection; theirs: WebSocket; open: () => number }>;
	/** A connection to something that opens it, and then does what `behave` does with the bare socket. */
	connectedTo(behave: (socket: Socket) => void): Promise<{ ours: WebSocketConnection; server: TestServer }>;
}

export function bothEnds(harness: Harness): BothEnds {
	return {
		async connected() {
			const server = await webSocketServer();
			const ours = await harness.connect(server.url);
			const [theirs] = server.connections;
			if (!theirs) throw new Error('The server has no connection');
			return { ours, theirs, open: () => server.open };
		},
		async connectedTo(behave) {
			const server = await handMadeWebSocketServer((socket, head) => {
				socket.write(upgradeAnswer(head));
				behave(socket);
			});
			return { ours: await harness.connect(server.url), server };
		},
	};
}
