import type http from 'node:http';
import type { TLSSocket } from 'node:tls';

/** An agent that takes a connection which somebody else has opened. */
export type AdoptingAgent = http.Agent & { adopt: (socket: TLSSocket) => void };

/** Connections that stand before there is a request of HTTP/1.1 for them. */
export class SpareConnections {
	readonly #sockets = new Set<TLSSocket>();

	/** The request that it was opened for comes at once; if it was stopped meanwhile, nobody is waited for. */
	add(socket: TLSSocket): void {
		this.#sockets.add(socket);
		const discard = () => socket.destroy();
		setImmediate(() => {
			if (this.#sockets.delete(socket)) discard();
		});
		socket.once('close', () => this.#sockets.delete(socket));
	}

	/** One of them, which is the caller's from now on. */
	take(): TLSSocket | undefined {
		for (const socket of this.#sockets) {
			this.#sockets.delete(socket);
			if (!socket.destroyed) return socket;
		}
		return undefined;
	}

	close(): void {
		for (const socket of this.#sockets) socket.destroy();
		this.#sockets.clear();
	}
}
