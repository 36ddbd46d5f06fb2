import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { types } from 'node:util';
import { getProxyForUrl } from 'proxy-from-env';
import WebSocket from 'ws';

import type { HttpResponse } from '../http';
import { checkEgress, httpAddressOf, type EgressPolicy } from '../egress';
import { toTransportFailure } from '../failures';
import { tunnelAgent, type ProxiedRequestOptions } from './proxyAgent';
import { stoppedBefore, TransportFailure } from '../transportFailure';
import type {
	ConnectionEnd,
	ConnectionListener,
	DialRequest,
	DialResult,
	WebSocketConnection,
	WebSocketTransport,
} from '../webSocket';

/** Largest message that is taken, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** How long the other side has to say goodbye as well, in ms. */
const CLOSE_WAIT_MS = 500;
/** Largest part of a refusal that is read, in characters. */
const MAX_REFUSAL_LENGTH = 64 * 1024;

/** Options that `ws` passes on to Node, or that its types do not know yet. */
interface DialOptions extends WebSocket.ClientOptions, ProxiedRequestOptions {
	closeTimeout: number;
	lookup?: LookupFunction;
}

/** WebSockets over `ws` (docs/decisions.md#own-pooled-connections). */
export class WsTransport implements WebSocketTransport {
	constructor(private readonly egress: EgressPolicy) {}

	async dial(request: DialRequest, listener: ConnectionListener): Promise<DialResult> {
		const address = httpAddressOf(request.url);
		await checkEgress(this.egress, address, request.signal);
		const proxy = getProxyForUrl(address);
		try {
			return await handshake(request, listener, {
				maxPayload: MAX_MESSAGE_BYTES,
				// Frames are small; and without compression no answer can grow while it is read.
				perMessageDeflate: false,
				rejectUnauthorized: true,
				headers: { 'User-Agent': 'n8n-nodes-cognigy' },
				closeTimeout: CLOSE_WAIT_MS,
				giveUpSignal: request.signal,
				// The proxy resolves the service's name, so the secure lookup has nothing to look up there.
				...(proxy ? { agent: tunnelAgent(proxy, {}) } : this.egress.lookup ? { lookup: this.egress.lookup } : {}),
			});
		} catch (error) {
			throw handshakeFailure(error);
		}
	}
}

async function handshake(
	{ url, origin, subprotocol, signal }: DialRequest,
	listener: ConnectionListener,
	options: DialOptions,
): Promise<DialResult> {
	if (signal.aborted) throw stoppedBefore();
	const socket = new WebSocket(url, [subprotocol], { ...options, origin });
	// An error ends the handshake below; on a standing connection "close" follows it.
	socket.on('error', () => {});
	let stop = () => {};
	try {
		return await new Promise<DialResult>((resolve, reject) => {
			stop = () => reject(stoppedBefore());
			signal.addEventListener('abort', stop, { once: true });
			options.agent?.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
				if (statusCode === 200) return;
				reject(new TransportFailure('proxy', `the proxy refused the connection with status ${statusCode}`, false));
			});
			socket.once('error', reject);
			socket.once('unexpected-response', (_request, response) => {
				readRefusal(response).then((refusal) => resolve({ refusal }), reject);
			});
			socket.once('open', () => resolve({ connection: new WsConnection(socket, listener) }));
		});
	} finally {
		signal.removeEventListener('abort', stop);
		if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
	}
}

async function readRefusal(response: IncomingMessage): Promise<HttpResponse> {
	const { statusCode = 0 } = response;
	const headers = Object.fromEntries(
		Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
	);
	let body = '';
	response.setEncoding('utf8');
	for await (const chunk of response) {
		body += String(chunk);
		if (body.length > MAX_REFUSAL_LENGTH) break;
	}
	return { status: statusCode, headers, body };
}

/** `ws` gives no code to an answer that is an upgrade, but not to what was asked for. */
function handshakeFailure(error: unknown): TransportFailure {
	const failure = toTransportFailure(error, false);
	const isOddUpgrade = failure.kind === 'dropped' && types.isNativeError(error) && !('code' in error);
	return isOddUpgrade
		? new TransportFailure('malformed', 'the answer does not open a WebSocket of the runtime channel', false)
		: failure;
}

class WsConnection implements WebSocketConnection {
	// Private in the strict sense: the socket knows its URL, and inspect() must not show it.
	readonly #socket: WebSocket;
	readonly #closed: Promise<void>;
	#violation: ConnectionEnd['violation'];

	constructor(socket: WebSocket, listener: ConnectionListener) {
		this.#socket = socket;
		socket.on('message', (data: Buffer, isBinary) =>
			isBinary ? listener.onBinary() : listener.onText(data.toString('utf8')),
		);
		socket.on('ping', () => listener.onHeartbeat());
		socket.on('pong', () => listener.onHeartbeat());
		socket.on('error', (error: NodeJS.ErrnoException) => {
			if (!error.code?.startsWith('WS_ERR_')) return;
			this.#violation = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'tooLarge' : 'malformed';
			socket.terminate();
		});
		this.#closed = new Promise((resolve) => {
			socket.once('close', (code, reason) => {
				const violation = this.#violation;
				listener.onClosed({ code, reason: reason.toString('utf8'), ...(violation ? { violation } : {}) });
				resolve();
			});
		});
	}

	async send(text: string): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.#socket.send(text, (error) => (error ? reject(toTransportFailure(error, true)) : resolve()));
		});
	}

	ping(): void {
		this.#socket.ping();
	}

	async close(): Promise<void> {
		this.#socket.close(1000);
		await this.#closed;
	}

	destroy(): void {
		this.#socket.terminate();
	}
}
