import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

import { freePort } from '../../n8n-host/freePort';

/**
 * A door on this machine in front of a service. It can be shut, which looks from outside as if the service restarted,
 * while the service keeps what it knows.
 */
export interface Gate {
	readonly port: number;
	/** Refuses new connections and ends those that are there. What the service has written already still goes out. */
	shut(): void;
	/** Lets connections in again, on the same port. */
	open(): Promise<void>;
	/** Ends everything at once. */
	close(): void;
}

/** How long a connection may take to end once the gate is shut, in ms. */
const ENDING_MS = 1_000;
const HOST = '127.0.0.1';

/** The two halves of a connection: to whoever came, and to the service. */
interface Pair {
	outer: Socket;
	inner: Socket;
}

/** @param servicePort where the service listens on this machine */
export async function openGate(servicePort: number): Promise<Gate> {
	const pairs = new Set<Pair>();
	const server = createServer({ allowHalfOpen: true }, (outer) => {
		const inner = connect({ host: HOST, port: servicePort, allowHalfOpen: true });
		const pair = { outer, inner };
		pairs.add(pair);
		outer.pipe(inner);
		inner.pipe(outer);
		// A connection that the one side resets is reset on the other side too.
		outer.on('error', () => inner.resetAndDestroy());
		inner.on('error', () => outer.resetAndDestroy());
		for (const socket of [outer, inner]) {
			socket.on('close', () => {
				if (outer.closed && inner.closed) pairs.delete(pair);
			});
		}
	});
	const port = await freePort();
	const open = async () => {
		server.listen(port, HOST);
		await once(server, 'listening');
	};
	await open();
	const destroy = (ending: Iterable<Pair>) => {
		for (const { outer, inner } of ending) {
			outer.destroy();
			inner.destroy();
		}
	};
	return {
		port,
		shut() {
			server.close();
			const ending = [...pairs];
			for (const { outer, inner } of ending) {
				// The service sees that nothing more comes, and ends; what it says until then is passed on.
				outer.unpipe(inner);
				outer.resume();
				inner.end();
			}
			setTimeout(() => destroy(ending), ENDING_MS).unref();
		},
		open,
		close() {
			server.close();
			destroy(pairs);
		},
	};
}
