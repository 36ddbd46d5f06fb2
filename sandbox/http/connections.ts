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

	/** Ends all connections, also those to come. */
	close(): void {
		this.#isClosing = true;
		for (const socket of this.#open.values()) socket.destroy();
	}
}

function peerOf(socket: Socket): string {
	return `${socket.remoteAddress} ${socket.remotePort}`;
}
