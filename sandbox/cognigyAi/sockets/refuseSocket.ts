import type { Socket } from 'socket.io';
import type { SocketRefusal } from '../options';
import type { Refusal } from '../refusal';

/**
 * Does not let a socket in, in one of the ways that clients have to expect
 * (docs/protocol-cognigy-ai.md#socket-connection).
 */
export function refuseSocket(socket: Socket, { message, code }: Refusal, how: SocketRefusal): void {
	const data = { error: { message, code } };
	switch (how) {
		case 'silence':
			return;
		case 'exception':
		case 'error':
			socket.emit(how, { data });
			break;
		case 'output':
			socket.emit('output', { type: 'error', data });
			break;
		case 'disconnect':
			break;
	}
	socket.disconnect(true);
}
