import type { IncomingMessage } from 'node:http';
import { Http2ServerRequest } from 'node:http2';
import type { Server, Socket } from 'node:net';

/** The TCP connections of the server, below TLS: a TLS socket cannot be reset, nor is there one before the handshake. */
export class Connections {
	readonly #open = new Map<string, Socket>();
	#isClosing = false;

	watch(server: Server): void {
		server.on('connection', (socket: Socket) => {
			if (this.#isClosing) {
				socket.destroy();
				return;
			}
			const peer = peerOf(socket);
			this.#open.set(peer, socket);
			socket.once('close', () => this.#open.delete(peer));
		});
	}

	/** Ends a connection with a TCP RST instead of a FIN. */
	reset(socket: Socket): void {
		this.#open.get(peerOf(socket))?.resetAndDestroy();
		socket.destroy();
	}

	/** Ends a connection, with all requests that it carries. */
	cut(socket: Socket): void {
		this.#open.get(peerOf(socket))?.destroy();
		socket.destroy();
	}

	/** Reads nothing more from a connection, which stays open. */
	stall(socket: Socket): void {
		const open: (Socket & { _handle?: { readStop(): void } | null }) | undefined = this.#open.get(peerOf(socket));
		// TLS reads below the socket, which can only be stopped there.
		open?._handle?.readStop();
	}

	/** Ends all connections, also those to come. */
	close(): void {
		this.#isClosing = true;
		for (const socket of this.#open.values()) socket.destroy();
	}
}

/** What carries the request; Node gives each request of HTTP/2 a socket of its own. */
export function connectionOf(request: IncomingMessage): Socket {
	const either: unknown = request;
	return either instanceof Http2ServerRequest && either.stream.session ? either.stream.session.socket : request.socket;
}

function peerOf(socket: Socket): string {
	return `${socket.remoteAddress} ${socket.remotePort}`;
}
