import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

import { SessionLink, type LinkListener } from '../../../client/cognigyAi/socket/sessionLink';
import { SocketIoTransport } from '../../../client/cognigyAi/socket/socketIoTransport';
import { unrestrictedEgress } from '../../../client/transport/egress';
import { systemClock } from '../../../client/time/systemClock';

export const TOKEN = 'feed'.repeat(16);

/** A Socket.IO service that is ready at once, and then says whatever a test wants. */
export interface HostileSocketServer {
	url: string;
	/** The service's end, once somebody is connected. */
	readonly connections: WebSocket[];
	/** What it was told after the handshake, as it came. */
	readonly heard: string[];
	close(): Promise<void>;
}

export async function hostileSocketServer(): Promise<HostileSocketServer> {
	const connections: WebSocket[] = [];
	const heard: string[] = [];
	const server = createServer();
	const upgrader = new WebSocketServer({ server, perMessageDeflate: true });
	upgrader.on('connection', (connection) => {
		connections.push(connection);
		connection.on('error', () => {});
		connection.send('0{"sid":"engine","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
		connection.on('message', (data: Buffer) => {
			const packet = data.toString();
			if (!packet.startsWith('40')) return heard.push(packet);
			connection.send('40{"sid":"socket"}');
			return connection.send('42["endpoint-ready"]');
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		connections,
		heard,
		async close() {
			for (const connection of upgrader.clients) connection.terminate();
			server.close();
			await once(server, 'close');
		},
	};
}

/** A session on it, as streams and turns hold it. */
export function linkTo(url: string, listener: LinkListener): SessionLink {
	const address = { base: url, token: TOKEN, name: 'endpoint-hostile' };
	const sockets = new SocketIoTransport(unrestrictedEgress);
	const session = { address, userId: 'user-1', sessionId: 's-1', testMode: false };
	const link = new SessionLink(session, { sockets, clock: systemClock, secrets: [] });
	link.listen(listener);
	return link;
}

/** The connection below a WebSocket, to write bytes on that no library would. */
export function bareConnection(connection: WebSocket): Socket {
	return Reflect.get(connection, '_socket') as Socket;
}
