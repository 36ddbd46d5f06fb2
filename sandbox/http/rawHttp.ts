import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { WireAnswer } from './answers';

/** Is told of the answer right before it is sent. */
interface Answerable {
	answered(status: number): void;
}

/** Answers a request that Node has handed over with its bare socket, and ends the connection. */
export function endWith({ status, headers, body }: WireAnswer, socket: Socket, exchange: Answerable): void {
	const all = new Headers();
	for (const [name, value] of Object.entries(headers)) all.set(name, value);
	all.set('connection', 'close');
	if (status !== 204 && status !== 304) all.set('content-length', String(Buffer.byteLength(body)));
	const head = [...all].map(([name, value]) => `${name}: ${value}\r\n`).join('');

	exchange.answered(status);
	socket.write(
		`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${all.has('content-length') ? body : ''}`,
	);
	socket.destroySoon();
}

/**
 * Makes a client that goes away be noticed while it waits: nobody reads from its socket.
 *
 * @returns how to leave the socket to somebody else
 */
export function destroyOnEnd(socket: Socket): () => void {
	const destroy = () => socket.destroy();
	socket.once('end', destroy).resume();
	return () => socket.off('end', destroy);
}
