import { PushedSessions } from '../cognigyAi/socket/pushedMessages';
import { SessionLinks } from '../cognigyAi/socket/sessionLinks';
import type { SocketTransport } from '../cognigyAi/socket/transport';
import type { Clock } from '../time/clock';
import { processState, type SharedSockets } from './processState';

/**
 * The sockets of all endpoints in this process: two of one session would take each other's messages.
 * @param open how to dial, if nobody has made them yet
 */
export function sharedSockets(open: () => { sockets: SocketTransport; clock: Clock }): SharedSockets {
	const state = processState();
	if (!state.sockets) {
		const secrets: string[] = [];
		const dependencies = open();
		const links = new SessionLinks({ ...dependencies, secrets });
		state.sockets = { links, pushed: new PushedSessions(links, dependencies.clock), secrets };
	}
	return state.sockets;
}
