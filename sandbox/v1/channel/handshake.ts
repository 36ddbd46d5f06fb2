import type { IncomingMessage } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { CHANNEL_SUBPROTOCOL } from '../contract';

const MAX_FRAME_BYTES = 64 * 1024;

/**
 * Answers an upgrade with 101. Returns the WebSocket, or why it did not come to be: then nothing was answered.
 *
 * @param head what the client has sent after the upgrade already
 */
export function shakeHands(request: IncomingMessage, head: Buffer, selectSubprotocol: boolean): WebSocket | Error {
	// One for each upgrade: whether to select the subprotocol, and who is told of an error, differs between them.
	const server = new WebSocketServer({
		noServer: true,
		clientTracking: false,
		maxPayload: MAX_FRAME_BYTES,
		handleProtocols: () => selectSubprotocol && CHANNEL_SUBPROTOCOL,
	});
	let result: WebSocket | Error = new Error('The client has gone away.');
	server.on('wsClientError', (error) => (result = error));
	server.handleUpgrade(request, request.socket, head, (webSocket) => (result = webSocket));
	return result;
}
