import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** A Socket.IO service that is ready at once, and then says whatever a test wants. */
export interface EngineServer {
	url: string;
	/** The service's end, once somebody is connected. */
	readonly connections: WebSocket[];
	/** Headers of the handshakes. */
	readonly headers: IncomingHttpHeaders[];
	/** What it was told after the handshake, as it came. */
	readonly heard: string[];
	/** How the connections ended: the codes of their goodbyes. */
	readonly ends: number[];
	close(): Promise<void>;
}

export interface EngineServerOptions {
	/** What the first packet says, where it is not as usual. */
	open?: Record<string, unknown>;
	/** What is said to who wants to connect. */
	welcome?: string[];
}

const running = new Set<EngineServer>();

/** For `afterEach`. */
export async function closeEngineServers(): Promise<void> {
	await Promise.all([...running].map((server) => server.close()));
}

export async function engineServer({
	open = {},
	welcome = ['40{"sid":"socket"}', '42["endpoint-ready"]'],
}: EngineServerOptions = {}): Promise<EngineServer> {
	const connections: WebSocket[] = [];
	const headers: IncomingHttpHeaders[] = [];
	const heard: string[] = [];
	const ends: number[] = [];
	const server = createServer();
	const upgrader = new WebSocketServer({ server, perMessageDeflate: true });
	upgrader.on('connection', (connection, request) => {
		connections.push(connection);
		headers.push(request.headers);
		connection.on('error', () => {});
		connection.on('close', (code) => ends.push(code));
		const usual = { sid: 'engine', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 };
		connection.send(`0${JSON.stringify({ ...usual, ...open })}`);
		connection.on('message', (data: Buffer) => {
			const packet = data.toString();
			if (!packet.startsWith('40')) heard.push(packet);
			else for (const said of welcome) connection.send(said);
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const engine: EngineServer = {
		url: `http://127.0.0.1:${port}`,
		connections,
		headers,
		heard,
		ends,
		async close() {
			if (!running.delete(engine)) return;
			for (const connection of upgrader.clients) connection.terminate();
			server.close();
			server.closeAllConnections();
			await once(server, 'close');
		},
	};
	running.add(engine);
	return engine;
}

/** The connection below a WebSocket, to write bytes on that no library would. */
export function bareConnection(connection: WebSocket): Socket {
	return Reflect.get(connection, '_socket') as Socket;
}
