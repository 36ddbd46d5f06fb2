import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { asCloseReason } from '../closeReason';
import type { Connections } from '../../http/connections';

/** The client at the other end of a runtime channel, and everything that can be done to it. */
export class Peer {
	readonly #webSocket: WebSocket;
	readonly #socket: Socket;
	readonly #connections: Connections;

	/** @param socket what the WebSocket runs on */
	constructor(webSocket: WebSocket, socket: Socket, connections: Connections) {
		this.#webSocket = webSocket;
		this.#socket = socket;
		this.#connections = connections;
	}

	/** Sends a text frame; a buffer is sent as a binary one. */
	send(frame: string | Buffer): void {
		this.#webSocket.send(frame);
	}

	/** Ends the channel with a close frame. */
	close(code: number, reason: string): void {
		this.#webSocket.close(code, asCloseReason(reason));
	}

	/** Cuts the connection once what was written is sent. */
	drop(): void {
		this.#socket.destroySoon();
	}

	/** Cuts the connection with a TCP RST once what was written is sent. */
	reset(): void {
		this.#socket.write('', () => this.#connections.reset(this.#socket));
	}

	/** Writes and closes nothing any more, and looks at nothing that arrives, until the client cuts the connection. */
	freeze(): void {
		this.#socket.cork();
		// The WebSocket's own, so that it neither answers a ping nor the end.
		this.#socket.removeAllListeners('data').removeAllListeners('end');
		this.#socket.once('end', () => this.#socket.destroy()).resume();
	}
}
