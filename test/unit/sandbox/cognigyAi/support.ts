import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../../../sandbox';
import { call, type CallOptions, type Reply } from '../support';

const endings: Array<() => unknown> = [];

/** Ends everything that a test has started. */
export async function closeAll(): Promise<void> {
	await Promise.all(endings.splice(0).map((end) => end()));
}

export async function sandboxFor(options?: CognigyAiSandboxOptions): Promise<CognigyAiSandbox> {
	const sandbox = await startCognigyAiSandbox({ slowMs: 20, ...options });
	endings.push(() => sandbox.close());
	return sandbox;
}

/** Calls the management API with a good key. */
export function api(sandbox: CognigyAiSandbox, path: string, options: CallOptions = {}): Promise<Reply> {
	const headers = { 'x-api-key': sandbox.apiKey, ...options.headers };
	return call(`${sandbox.apiUrl}/new/v2.0${path}`, { ...options, headers, ca: sandbox.caCertificate });
}

export interface Said {
	userId?: string;
	sessionId?: string;
	text?: string | null;
	data?: unknown;
}

/** Says something to a REST or a Webhook endpoint. */
export function message(
	sandbox: CognigyAiSandbox,
	endpoint: string,
	said: Said = {},
	options: CallOptions = {},
): Promise<Reply> {
	const body = { userId: 'user-1', sessionId: 's-1', text: 'text', ...said };
	return call(sandbox.endpoint(endpoint).url, { body, ca: sandbox.caCertificate, ...options });
}

/** Something that a socket got. */
export interface Received {
	event: string;
	payload: Record<string, unknown>;
}

export interface SocketClient {
	socket: Socket;
	/** Everything that came, in order; acknowledged when that was asked for. */
	received: Received[];
	texts(): string[];
	/** Resolves once so many events of this name have come, with the last of them. */
	got(event: string, count?: number): Promise<Record<string, unknown>>;
	say(text: string | undefined, more?: object): void;
}

export interface SocketOptions {
	userId?: string;
	sessionId?: string;
	urlToken?: string;
	emitWithAck?: boolean;
	/** Tell who it is in the inner handshake. */
	inner?: boolean;
	/** Do not acknowledge what comes. */
	silent?: boolean;
	query?: Record<string, string>;
}

/** A client of a Socket.IO endpoint, on socket.io-client 4. Does not wait until it is connected. */
export function socketFor(sandbox: CognigyAiSandbox, endpoint: string, options: SocketOptions = {}): SocketClient {
	const { userId = 'user-1', sessionId = 's-1', emitWithAck = true, inner = false, silent = false } = options;
	const { urlToken = sandbox.endpoint(endpoint).urlToken } = options;
	const identity = { userId, sessionId, urlToken };
	const socket = io(sandbox.endpointUrl, {
		transports: ['websocket'],
		reconnection: false,
		forceNew: true,
		ca: sandbox.caCertificate,
		query:
			options.query ??
			(inner ? { handshake: 'true' } : { ...identity, testMode: 'false', emitWithAck: String(emitWithAck) }),
	});
	endings.push(() => socket.disconnect());
	const received: Received[] = [];
	const waiting = new Set<() => void>();
	const wake = () => waiting.forEach((check) => check());
	socket.on('handshake', (answer: (identity: object) => void) => answer({ ...identity, testMode: false, emitWithAck }));
	socket.onAny((event: string, payload: Record<string, unknown>, acknowledge?: () => void) => {
		if (event === 'handshake') return;
		received.push({ event, payload });
		if (!silent && typeof acknowledge === 'function') acknowledge();
		wake();
	});
	for (const event of ['disconnect', 'connect_error']) {
		socket.on(event, (reason: unknown) => {
			received.push({ event, payload: { reason: String(reason) } });
			wake();
		});
	}
	const client: SocketClient = {
		socket,
		received,
		texts: () => received.filter(({ event }) => event === 'output').map(({ payload }) => textOf(payload)),
		got: (event, count = 1) =>
			new Promise((resolve, reject) => {
				const timer = setTimeout(() => {
					waiting.delete(check);
					reject(new Error(`No ${count} ${event}, but ${JSON.stringify(received)}`));
				}, 4000);
				const check = () => {
					const found = received.filter((one) => one.event === event)[count - 1];
					if (!found) return;
					clearTimeout(timer);
					waiting.delete(check);
					resolve(found.payload);
				};
				waiting.add(check);
				check();
			}),
		say: (text, more = {}) =>
			void socket.emit('processInput', {
				...{ URLToken: urlToken, userId, sessionId, channel: 'test', source: 'device', passthroughIP: null },
				...{ resetFlow: false, text, ...more },
			}),
	};
	return client;
}

function textOf({ data }: Record<string, unknown>): string {
	return String((data as { text?: unknown }).text);
}

/** A client that may send. */
export async function readySocket(sandbox: CognigyAiSandbox, endpoint: string, options?: SocketOptions) {
	const client = socketFor(sandbox, endpoint, options);
	await client.got('endpoint-ready');
	return client;
}

/** A WebSocket that shows the frames as they are on the wire. */
export async function rawSocket(sandbox: CognigyAiSandbox, query: Record<string, string>) {
	const url = `${sandbox.endpointUrl.replace('http', 'ws')}/socket.io/?${new URLSearchParams({ transport: 'websocket', ...query })}`;
	const webSocket = new WebSocket(url);
	endings.push(() => webSocket.terminate());
	const frames: string[] = [];
	const waiting = new Set<() => void>();
	webSocket.on('message', (frame) => {
		frames.push(String(frame));
		waiting.forEach((check) => check());
	});
	const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()));
	await new Promise((resolve, reject) => webSocket.once('open', resolve).on('error', reject));
	return {
		frames,
		closed,
		send: (frame: string) => webSocket.send(frame),
		frame: (pattern: RegExp) =>
			new Promise<string>((resolve, reject) => {
				const timer = setTimeout(() => reject(new Error(`No ${pattern}, but ${frames.join('\n')}`)), 4000);
				const check = () => {
					const found = frames.find((frame) => pattern.test(frame));
					if (found === undefined) return;
					clearTimeout(timer);
					waiting.delete(check);
					resolve(found);
				};
				waiting.add(check);
				check();
			}),
	};
}

/** What came to a webhook. */
export interface Callback {
	body: { userId: string; sessionId: string; AIOutput: { text: string; data: Record<string, unknown> } };
	headers: IncomingHttpHeaders;
	method: string;
}

/** A webhook on this machine. */
export async function webhookFor(status = 200): Promise<{ url: string; calls: Callback[] }> {
	const calls: Callback[] = [];
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body = JSON.parse(Buffer.concat(chunks).toString()) as Callback['body'];
			calls.push({ body, headers: request.headers, method: request.method ?? '' });
			response.writeHead(status).end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	endings.push(() => {
		server.closeAllConnections();
		server.close();
	});
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?secret=1`, calls };
}
