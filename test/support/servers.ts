import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A server on this machine that does what a test says. */
export interface TestServer {
	/** Without a slash at the end. */
	url: string;
	port: number;
	/** Connections that it accepted so far. */
	readonly accepted: number;
	/** Connections that are open now. */
	readonly open: number;
	close(): Promise<void>;
}

export interface RecordedRequest {
	method: string;
	/** As it came, with the query. */
	path: string;
	headers: http.IncomingHttpHeaders;
	/** Names and values as they came, one after the other. */
	rawHeaders: string[];
	body: string;
}

export interface HttpTestServer extends TestServer {
	/** What it was sent, in order; a request is in here before it is answered. */
	readonly requests: RecordedRequest[];
}

/** Key and certificate, PEM. */
export interface ServerIdentity {
	key: string;
	cert: string;
}

const running = new Set<TestServer>();

/** For `afterEach`: closes all servers of this module. */
export async function closeServers(): Promise<void> {
	await Promise.all([...running].map((server) => server.close()));
}

/** An HTTP server; over TLS when it has an identity. The answer is made when the whole request is there. */
export async function httpServer(
	answer: (response: http.ServerResponse, request: RecordedRequest) => void,
	identity?: ServerIdentity,
): Promise<HttpTestServer> {
	const requests: RecordedRequest[] = [];
	const listener: http.RequestListener = (request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const { method = '', url: path = '', headers, rawHeaders } = request;
			const recorded = { method, path, headers, rawHeaders, body: Buffer.concat(chunks).toString() };
			requests.push(recorded);
			answer(response, recorded);
		});
		// A client that goes away is what many tests are about.
		request.on('error', () => {});
	};
	const server = identity ? https.createServer(identity, listener) : http.createServer(listener);
	// Idle connections are the client's to close.
	server.keepAliveTimeout = 0;
	return await listen(server, identity ? 'https' : 'http', { requests });
}

/** A server below HTTP: what it does with a connection is up to `onConnection`. */
export async function rawServer(
	onConnection: (socket: Socket) => void,
	scheme: 'http' | 'https' | 'ws' | 'wss' = 'http',
): Promise<TestServer> {
	return await listen(createServer(onConnection), scheme, {});
}

/** Lets `respond` speak once the head of a request is there. */
export function afterRequest(respond: (socket: Socket, head: string) => void): (socket: Socket) => void {
	return (socket) => {
		let received = '';
		socket.on('data', (chunk) => {
			const hadAll = received.includes('\r\n\r\n');
			received += chunk.toString('latin1');
			if (!hadAll && received.includes('\r\n\r\n')) respond(socket, received);
		});
	};
}

/**
 * A port of this machine where nobody listens, and nobody will: it is none of those that systems give to servers that take
 * any port, nor to the near ends of connections, one of which could connect to itself.
 */
export async function closedPort(): Promise<number> {
	for (;;) {
		const port = randomInt(20_000, 30_000);
		if (await isRefused(port)) return port;
	}
}

async function isRefused(port: number): Promise<boolean> {
	const socket = connect(port, '127.0.0.1');
	try {
		await once(socket, 'connect');
		return false;
	} catch {
		return true;
	} finally {
		socket.destroy();
	}
}

/** Starts a server of this module: `closeServers` closes it. */
export async function listen<Extra extends object>(
	server: Server,
	scheme: string,
	extra: Extra,
): Promise<TestServer & Extra> {
	const sockets = new Set<Socket>();
	let accepted = 0;
	server.on('connection', (socket: Socket) => {
		accepted++;
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
		socket.on('error', () => {});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	// Listening on a host and a port, the server has an address with both.
	const { port } = server.address() as AddressInfo;
	const testServer = {
		...extra,
		url: `${scheme}://127.0.0.1:${port}`,
		port,
		get accepted() {
			return accepted;
		},
		get open() {
			return sockets.size;
		},
		async close() {
			if (!running.delete(testServer)) return;
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
	running.add(testServer);
	return testServer;
}
