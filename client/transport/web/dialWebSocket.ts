import type { Clock } from '../../time/clock';
import { httpAddressOf } from '../egress';
import { stoppedBefore, TransportFailure } from '../transportFailure';
import { WebConnection, silence } from './webConnection';
import { whyNotOpened } from './whyNotOpened';

export interface WebSocketDial {
	/** ws:// or wss://. May hold secrets in its query: nothing may show it. */
	url: string;
	/** Subprotocols that are offered; if there are any, the other side must select one. */
	protocols: string[];
	headers?: Record<string, string>;
	/** Largest text that is taken, in bytes. */
	maxBytes: number;
	/** Ends the handshake: time limit and cancellation alike. */
	signal: AbortSignal;
}

/**
 * Dials once, over the global `WebSocket`.
 * @param attach called when the connection stands, before anything can come over it; it has to tell who listens
 * @returns what `attach` gave
 * @throws {TransportFailure} when no connection came about
 */
export async function dialWebSocket<T>(
	dial: WebSocketDial,
	clock: Clock,
	attach: (connection: WebConnection) => T,
): Promise<T> {
	const { url, signal } = dial;
	if (signal.aborted) throw stoppedBefore();
	const socket = open(dial);
	let stop = () => {};
	try {
		return await new Promise<T>((resolve, reject) => {
			stop = () => reject(stoppedBefore());
			signal.addEventListener('abort', stop, { once: true });
			socket.onerror = socket.onclose = () => reject(new Error('The WebSocket was not opened'));
			socket.onopen = () => resolve(attach(new WebConnection(socket, clock, dial.maxBytes)));
		});
	} catch (error) {
		silence(socket);
		socket.close();
		throw error instanceof TransportFailure ? error : await whyNotOpened(httpAddressOf(url), signal);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}

function open({ url, protocols, headers }: WebSocketDial): WebSocket {
	if (typeof WebSocket === 'undefined') {
		throw new TransportFailure('unsupported', 'this Node.js knows no WebSockets: version 22 or newer is needed', false);
	}
	try {
		const socket = new WebSocket(url, { protocols, headers: { 'User-Agent': 'n8n-nodes-cognigy', ...headers } });
		socket.binaryType = 'arraybuffer';
		return socket;
	} catch {
		// The error may show the token.
		throw new TransportFailure('malformed', 'the address is none that a WebSocket can have', false);
	}
}
