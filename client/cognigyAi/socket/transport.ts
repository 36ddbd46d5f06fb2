import type { EndpointAddress } from '../endpointAddress';
import type { Taking } from './taking';

/** Opens Socket.IO connections of sessions (docs/protocol-cognigy-ai.md#socketio). */
export interface SocketTransport {
	/**
	 * Dials once; resolves when the endpoint takes messages.
	 * @throws {TransportFailure} when no connection came about
	 * @throws {SocketRefusal} when it did, but the endpoint does not take messages
	 */
	dial(request: SocketRequest, listener: SocketListener): Promise<SessionSocket>;
}

export interface SocketRequest {
	address: EndpointAddress;
	userId: string;
	sessionId: string;
	testMode: boolean;
	/** Ends the dialling: time limit and cancellation alike. */
	signal: AbortSignal;
}

export interface SessionSocket {
	/** @returns whether the event may have left; false only if it certainly has not */
	send(event: string, payload: object): boolean;
	/** Says goodbye and closes, within half a second. The listener hears nothing more. */
	close(): void;
}

/** What comes over a connection; from the moment it stands, also before it is ready. */
export interface SocketListener {
	/**
	 * @returns whether it is taken, and may be acknowledged now, or once it is safe; what is not, the service keeps for the
	 *   next connection
	 */
	onEvent(event: SocketEvent, payload: unknown): boolean | Taking;
	/** Called once, when a connection that was ready ends by itself. */
	onDropped(): void;
}

export const SOCKET_EVENTS = ['output', 'finalPing', 'typingStatus', 'exception', 'error'] as const;
export type SocketEvent = (typeof SOCKET_EVENTS)[number];

export function isSocketEvent(name: string): name is SocketEvent {
	return (SOCKET_EVENTS as readonly string[]).includes(name);
}

/** Whether an event tells of an error; before the endpoint is ready, it refuses by it. */
export function isErrorEvent(event: SocketEvent, payload: unknown): boolean {
	const isErrorOutput = typeof payload === 'object' && payload !== null && Reflect.get(payload, 'type') === 'error';
	return event === 'exception' || event === 'error' || isErrorOutput;
}

/**
 * Largest frame that is taken, in bytes: more than Cognigy.AI lets an output hold (docs/protocol-cognigy-ai.md#limits).
 */
export const MAX_FRAME_BYTES = 2 * 1024 * 1024;

export type SocketRefusalKind =
	/** It answered the handshake with a status code. */
	| 'status'
	/** It speaks another generation of Socket.IO. */
	| 'protocol'
	/** It told of an error. */
	| 'error'
	/** It closed the connection before it was ready. */
	| 'closed'
	/** It never said that it is ready, until `signal` aborted. */
	| 'notReady';

/** A connection that does not take messages. Holds no part of the request. */
export class SocketRefusal extends Error {
	override readonly name = 'SocketRefusal';

	constructor(
		readonly kind: SocketRefusalKind,
		readonly details: {
			status?: number;
			/** As it came with the status. */
			retryAfter?: string | undefined;
			/** When the service answered, by its own clock, as its header says. */
			date?: string | undefined;
			/** What it told, as it came. May hold secrets. */
			payload?: unknown;
		} = {},
	) {
		super(`the endpoint does not take messages (${kind})`);
	}
}
