import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
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
	/** How many requests have not ended. */
	readonly underWay: number;
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

type Answer = (response: http.ServerResponse, request: RecordedRequest) => void;

/** An HTTP server; over TLS when it has an identity. The answer is made when the whole request is there. */
export async function httpServer(answer: Answer, identity?: ServerIdentity): Promise<HttpTestServer> {
	const { listener, record } = recorder(answer);
	const server = identity ? https.createServer(identity, listener) : http.createServer(listener);
	// Idle connections are the client's to close.
	server.keepAliveTimeout = 0;
	return await listenRecording(server, identity ? 'https' : 'http', record);
}

/** The same, of HTTP/2 alone. What it records looks as over HTTP/1.1. */
export async function http2Server(
	answer: Answer,
	identity: ServerIdentity,
	settings: http2.Settings = {},
): Promise<HttpTestServer & { http2: http2.Http2SecureServer }> {
	const { listener, record } = recorder(answer);
	// Its requests and responses only look the same.
	const server = http2.createSecureServer({ ...identity, settings }, listener as never);
	const running = await listenRecording(server, 'https', record);
	return Object.defineProperty(running, 'http2', { value: server }) as typeof running & { http2: typeof server };
}

/** Takes HTTP/1.1 and HTTP/2, and tells which one was spoken. */
export async function eitherServer(
	answer: (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void,
	identity: ServerIdentity,
): Promise<TestServer & { versions: string[] }> {
	const versions: string[] = [];
	const server = http2.createSecureServer({ ...identity, allowHTTP1: true }, (request, response) => {
		versions.push(request.httpVersion);
		answer(request, response);
	});
	return await listen(server as unknown as Server, 'https', { versions });
}

interface Recording {
	requests: RecordedRequest[];
	underWay: number;
}

function recorder(answer: Answer): { listener: http.RequestListener; record: Recording } {
	const record: Recording = { requests: [], underWay: 0 };
	const listener: http.RequestListener = (request, response) => {
		const chunks: Buffer[] = [];
		record.underWay++;
		response.once('close', () => record.underWay--);
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const { method = '', url: path = '', rawHeaders } = request;
			const headers = asInHttp1(request.headers);
			const recorded = { method, path, headers, rawHeaders, body: Buffer.concat(chunks).toString() };
			record.requests.push(recorded);
			answer(response, recorded);
		});
		// A client that goes away is what many tests are about.
		request.on('error', () => {});
	};
	return { listener, record };
}

/** HTTP/2 has the host in another place, and the first line among the headers. */
function asInHttp1(headers: http.IncomingHttpHeaders): http.IncomingHttpHeaders {
	const { ':authority': host = headers.host, ...others } = headers;
	const named = Object.entries(others).filter(([name]) => !name.startsWith(':'));
	return Object.fromEntries([['host', host], ...named]);
}

async function listenRecording(server: Server, scheme: string, record: Recording): Promise<HttpTestServer> {
	const running = await listen(server, scheme, { requests: record.requests });
	return Object.defineProperty(running, 'underWay', { get: () => record.underWay }) as HttpTestServer;
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
