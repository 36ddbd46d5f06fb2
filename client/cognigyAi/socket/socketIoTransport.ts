import http from 'node:http';
import https from 'node:https';
import { getProxyForUrl } from 'proxy-from-env';
import type { Manager, Socket } from 'socket.io-client';
import type WebSocket from 'ws';

import { checkEgress, type EgressPolicy } from '../../transport/egress';
import { toTransportFailure } from '../../transport/failures';
import { tunnelAgentWithin } from '../../transport/node/proxyAgent';
import { stoppedBefore, TransportFailure } from '../../transport/transportFailure';
import {
	isErrorEvent,
	MAX_FRAME_BYTES,
	SOCKET_EVENTS,
	SocketRefusal,
	type SessionSocket,
	type SocketListener,
	type SocketRequest,
	type SocketTransport,
} from './transport';

/** How long the other side has to say goodbye as well, in ms. */
const CLOSE_WAIT_MS = 500;
/** The library's own time limit, in ms; ours ends before. */
const LIBRARY_LIMIT_MS = 10 * 60_000;

/**
 * Socket.IO over `socket.io-client`, which is loaded when the first socket is dialled. Only over WebSockets: the service
 * runs in several copies, and without cookies polls would come to another one each time
 * (docs/protocol-cognigy-ai.md#socketio-versions). Every dial begins afresh; the library neither reconnects nor keeps
 * what could not be sent.
 */
export class SocketIoTransport implements SocketTransport {
	constructor(private readonly egress: EgressPolicy) {}

	async dial(request: SocketRequest, listener: SocketListener): Promise<SessionSocket> {
		const { base } = request.address;
		await checkEgress(this.egress, base, request.signal);
		const { Manager } = await import('socket.io-client');
		if (request.signal.aborted) throw stoppedBefore();
		const { origin, pathname } = new URL(base);
		const agent = this.#agentFor(base, request.signal);
		const options = {
			path: `${pathname.replace(/\/$/, '')}/socket.io/`,
			transports: ['websocket'],
			upgrade: false,
			reconnection: false,
			autoConnect: false,
			forceNew: true,
			timeout: LIBRARY_LIMIT_MS,
			// Ids and token are told on the connection, so that no URL holds them
			// (docs/protocol-cognigy-ai.md#socket-connection).
			query: { handshake: 'true' },
			perMessageDeflate: false,
			maxPayload: MAX_FRAME_BYTES,
			rejectUnauthorized: true,
			extraHeaders: { 'User-Agent': 'n8n-nodes-cognigy' },
			agent,
		};
		// The library's types are those of browsers; in Node it hands agent and compression on to `ws`.
		const manager = new Manager(origin, options as unknown as ManagerSettings);
		const dialling = new Dialling(manager, request, listener);
		agent.once('proxyConnect', ({ statusCode }: { statusCode: number }) => dialling.onProxy(statusCode));
		return await dialling.done;
	}

	#agentFor(url: string, signal: AbortSignal): http.Agent & NodeJS.EventEmitter {
		const proxy = getProxyForUrl(url);
		// The proxy resolves the service's name, so the secure lookup has nothing to look up there.
		if (proxy) return tunnelAgentWithin(signal, proxy);
		const lookup = this.egress.lookup ? { lookup: this.egress.lookup } : {};
		return url.startsWith('https:') ? new https.Agent({ ...lookup, rejectUnauthorized: true }) : new http.Agent(lookup);
	}
}

type ManagerSettings = NonNullable<ConstructorParameters<typeof Manager>[1]>;

/** One dial, until the endpoint is ready or refuses. */
class Dialling {
	readonly done: Promise<SessionSocket>;
	readonly #socket: Socket;
	readonly #connection: Connection;
	#isReady = false;
	#settle: { ready: (socket: SessionSocket) => void; failed: (error: Error) => void } | undefined;

	constructor(
		manager: Manager,
		{ address, userId, sessionId, testMode, signal }: SocketRequest,
		listener: SocketListener,
	) {
		const socket = manager.socket('/');
		this.#socket = socket;
		this.#connection = new Connection(manager, socket);
		const giveUp = () => this.#fail(socket.connected ? new SocketRefusal('notReady') : stoppedBefore());
		this.done = new Promise<SessionSocket>((resolve, reject) => {
			this.#settle = { ready: resolve, failed: reject };
		}).finally(() => signal.removeEventListener('abort', giveUp));
		signal.addEventListener('abort', giveUp, { once: true });

		socket.on('connect_error', (error) => this.#fail(connectFailure(error)));
		socket.on('handshake', (...args: unknown[]) => {
			acknowledge(args, { userId, sessionId, urlToken: address.token, testMode, emitWithAck: true });
		});
		socket.on('endpoint-ready', () => this.#ready());
		socket.on('disconnect', () => {
			this.#connection.close();
			if (this.#isReady) listener.onDropped();
			else this.#fail(new SocketRefusal('closed'));
		});
		for (const event of SOCKET_EVENTS) {
			socket.on(event, (...args: unknown[]) => {
				const [payload] = typeof args[0] === 'function' ? [] : args;
				if (!this.#isReady && isErrorEvent(event, payload)) {
					this.#fail(new SocketRefusal('error', { payload }));
					return;
				}
				const taken = listener.onEvent(event, payload);
				if (taken === true) acknowledge(args);
				else if (taken) taken.whenSafe(() => acknowledge(args));
			});
		}
		socket.connect();
		this.#connection.taken()?.once('unexpected-response', (_request, { statusCode, headers }) => {
			const details = { status: statusCode ?? 0, retryAfter: headers['retry-after'], date: headers.date };
			this.#fail(new SocketRefusal('status', details));
		});
	}

	/** What the proxy said; whatever comes after a refusal is the proxy's. */
	onProxy(status: number): void {
		if (status === 200) return;
		this.#fail(new TransportFailure('proxy', `the proxy refused the connection with status ${status}`, false));
	}

	#ready(): void {
		if (this.#isReady || !this.#settle) return;
		this.#isReady = true;
		this.#settle.ready(this.#connection);
		this.#settle = undefined;
	}

	#fail(error: Error): void {
		if (!this.#settle) return;
		this.#settle.failed(error);
		this.#settle = undefined;
		this.#socket.off();
		this.#connection.close();
	}
}

/** A connection, from the moment it is asked for. */
class Connection implements SessionSocket {
	// Private in the strict sense: inspect() must not show what was said on it.
	readonly #manager: Manager;
	readonly #socket: Socket;
	/** Below the library, which gives up its own hold on it when it says goodbye. */
	#webSocket: WebSocket | undefined;

	constructor(manager: Manager, socket: Socket) {
		this.#manager = manager;
		this.#socket = socket;
	}

	/** Takes hold of the WebSocket, as soon as the library has made it. */
	taken(): WebSocket | undefined {
		const transport: object = this.#manager.engine.transport;
		this.#webSocket = Reflect.get(transport, 'ws') as WebSocket | undefined;
		return this.#webSocket;
	}

	send(event: string, payload: object): boolean {
		if (!this.#socket.connected) return false;
		this.#socket.emit(event, payload);
		// What the library keeps for later is never sent: this connection does not come back.
		return this.#socket.sendBuffer.length === 0;
	}

	close(): void {
		this.#socket.off();
		this.#socket.disconnect();
		const webSocket = this.#webSocket;
		this.#webSocket = undefined;
		if (webSocket) setTimeout(() => webSocket.terminate(), CLOSE_WAIT_MS).unref();
	}
}

/** Answers an event that asks for it; the question is the last argument. */
function acknowledge(args: readonly unknown[], ...answer: object[]): void {
	const reply = args.at(-1);
	if (typeof reply === 'function') reply(...answer);
}

/** Why the library could not connect. Its errors hold the WebSocket's, and that Node's. */
function connectFailure(error: Error): Error {
	const event: unknown = Reflect.get(error, 'description');
	const cause: unknown = typeof event === 'object' && event !== null ? Reflect.get(event, 'error') : undefined;
	const message = cause instanceof Error ? cause.message : error.message;
	if (/v2\.x/.test(message)) return new SocketRefusal('protocol');
	if (cause === undefined && !('type' in error)) {
		// The server's own words for why it does not take the connection.
		return new SocketRefusal('error', { payload: { message: error.message } });
	}
	return toTransportFailure(cause ?? error, false);
}
