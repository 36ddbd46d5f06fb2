import type { HttpResponse } from './http';

/** Opens WebSocket connections. */
export interface WebSocketTransport {
	/**
	 * Dials once. An answer other than an upgrade is a result, as a status code is for HTTP.
	 * @throws {TransportFailure} when neither an upgrade nor a complete answer came, or `refused` when an answer other than
	 *   an upgrade came and its status cannot be seen
	 */
	dial(request: DialRequest, listener: ConnectionListener): Promise<DialResult>;
}

export interface DialRequest {
	/** ws:// or wss://. May hold secrets in its query: nothing may show it. */
	url: string;
	/** Header `Origin`. */
	origin: string;
	/** The subprotocol that the other side must select. */
	subprotocol: string;
	/** Ends the handshake: time limit and cancellation alike. */
	signal: AbortSignal;
}

export type DialResult = { connection: WebSocketConnection } | { refusal: HttpResponse };

export interface WebSocketConnection {
	/**
	 * Resolves when the whole text frame is written.
	 * @throws {TransportFailure} when it could not be
	 */
	send(text: string): Promise<void>;
	/** Missing where neither pings nor their answers can be seen. */
	ping?(): void;
	/** Says goodbye (1000) and resolves when the connection is gone, after half a second at the latest. */
	close(): Promise<void>;
	/** Ends the connection at once, as far as that is possible: its listener hears the end, and nothing more. */
	destroy(): void;
}

/** What happens on a connection; told from the moment it stands. */
export interface ConnectionListener {
	onText(frame: string): void;
	onBinary(): void;
	/** The other side answered a ping or pinged us. */
	onHeartbeat(): void;
	/** Called once, last. */
	onClosed(end: ConnectionEnd): void;
}

export interface ConnectionEnd {
	/** Close code; 1006: the connection was cut, 1005: it was closed without a code. */
	code: number;
	/** The other side's words. */
	reason: string;
	/** Why we ended it: a frame that is too large or malformed. */
	violation?: 'tooLarge' | 'malformed';
}
