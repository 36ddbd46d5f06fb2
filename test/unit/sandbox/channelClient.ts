import { once } from 'node:events';
import type { Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';
import type { Sandbox } from '../../../sandbox';

export interface DialOptions extends ClientOptions {
	tenant?: string;
	botId?: string;
	/** Empty: none is sent. */
	token?: string;
	/** Empty: none is offered. */
	subprotocols?: string[];
}

export interface Frame {
	text: string;
	isBinary: boolean;
	/** The parsed frame; empty when it is not JSON. */
	json: Record<string, unknown>;
}

/** What a client sees when it is not let in. */
export interface Refused {
	status: number;
	headers: Record<string, unknown>;
	text: string;
	json: Record<string, unknown>;
}

const dialed: WebSocket[] = [];

/** A runtime channel, on a plain WebSocket client. */
export class ChannelClient {
	private readonly unread: Frame[] = [];
	private readonly readers: Array<(frame: Frame) => void> = [];
	/** How it ended: the code is 1006 without a close frame. */
	readonly closed: Promise<{ code: number; reason: string }>;
	pongs = 0;

	constructor(readonly webSocket: WebSocket) {
		webSocket.on('message', (data: Buffer, isBinary) => {
			const text = data.toString();
			const frame = { text, isBinary, json: parsed(text) };
			const reader = this.readers.shift();
			if (reader) reader(frame);
			else this.unread.push(frame);
		});
		webSocket.on('pong', () => (this.pongs += 1));
		webSocket.on('error', () => undefined);
		this.closed = once(webSocket, 'close').then(([code, reason]) => ({
			code: code as number,
			reason: String(reason),
		}));
	}

	/** The TCP connection, which the WebSocket does not show. */
	get socket(): Socket {
		return (this.webSocket as unknown as { _socket: Socket })._socket;
	}

	get unreadFrames(): number {
		return this.unread.length;
	}

	/** A string or a buffer is sent as it is, anything else as JSON. */
	send(frame: unknown): void {
		this.webSocket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
	}

	async next(): Promise<Frame> {
		return this.unread.shift() ?? (await new Promise((resolve) => this.readers.push(resolve)));
	}

	/** Sends a frame and returns what it is answered with. */
	async ask(frame: unknown): Promise<Record<string, unknown>> {
		this.send(frame);
		return (await this.next()).json;
	}

	/** Sends a frame and returns how the channel ends. */
	async askInVain(frame: unknown): Promise<{ code: number; reason: string }> {
		this.send(frame);
		return await this.closed;
	}

	/** Resolves once the peer has answered a ping: what was sent before it has arrived. */
	async ping(): Promise<void> {
		this.webSocket.ping();
		await once(this.webSocket, 'pong');
	}
}

/** Begins to open a channel. */
export function dial(sandbox: Sandbox, options: DialOptions = {}): WebSocket {
	const {
		tenant = 'demo-tenant',
		botId = 'order-status',
		token = '',
		subprotocols = ['cognigy-runtime-v1'],
		...rest
	} = options;
	const query = new URLSearchParams({ tenant, botId, token });
	const webSocket = new WebSocket(`${sandbox.webSocketUrl}/ws/v1?${query}`, subprotocols, {
		origin: sandbox.url,
		ca: sandbox.caCertificate,
		...rest,
	});
	dialed.push(webSocket);
	return webSocket;
}

/** Opens a channel; rejects when that does not succeed. */
export async function openChannel(sandbox: Sandbox, options: DialOptions = {}): Promise<ChannelClient> {
	const webSocket = dial(sandbox, options);
	const client = new ChannelClient(webSocket);
	await once(webSocket, 'open');
	return client;
}

/** Tries to open a channel and returns the HTTP answer that says no. */
export async function refusalOf(sandbox: Sandbox, options: DialOptions = {}): Promise<Refused> {
	const webSocket = dial(sandbox, options);
	webSocket.on('error', () => undefined);
	return await new Promise((resolve, reject) => {
		webSocket.on('open', () => reject(new Error('It was opened.')));
		webSocket.on('close', () => reject(new Error('It was cut.')));
		webSocket.on('unexpected-response', (_request, response) => {
			const { statusCode: status = 0, headers } = response;
			let text = '';
			response.on('data', (chunk) => (text += String(chunk)));
			response.on('end', () => resolve({ status, headers, text, json: parsed(text) }));
		});
	});
}

/** Cuts what tests have left open. */
export function hangUp(): void {
	for (const webSocket of dialed.splice(0)) {
		webSocket.on('error', () => undefined);
		webSocket.terminate();
	}
}

export function resetFrame(sessionId: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
	return {
		type: 'SEND',
		sessionId,
		stateClearMatrix: { flowState: 'RESET', dialogState: 'COLD', engineState: 'INITIALIZED' },
		contextWipeDirective: { clearVariables: true, clearHistory: true, clearNLUContext: true },
		maxDurationSec: 900,
		timestamp: '2026-01-31T12:00:00Z',
		...changes,
	};
}

export function checkFrame(sessionId: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
	return { type: 'QUERY', sessionId, request: 'STATE_CHECK', ...changes };
}

function parsed(text: string): Record<string, unknown> {
	try {
		return JSON.parse(text) as Record<string, unknown>;
	} catch {
		return {};
	}
}
