import { type TransportFailure } from '../../client/transport/transportFailure';
import type { ConnectionListener, WebSocketConnection } from '../../client/transport/webSocket';

/** Our end of a connection whose other end is the test. */
export class FakeConnection implements WebSocketConnection {
	readonly sent: string[] = [];
	pings = 0;
	closes = 0;
	destroys = 0;
	/** Frames are not written until this is false again and `drain` was called. */
	isClogged = false;
	/** A connection that says goodbye only when `gone` is called. */
	isSlowToClose = false;
	/** What `send` fails with. */
	failure: TransportFailure | undefined;
	#drained: Array<() => void> = [];
	#gone: Array<() => void> = [];

	/** @param listener is told the end when we close or destroy the connection, as a real one does */
	constructor(private readonly listener?: ConnectionListener) {}

	async send(text: string): Promise<void> {
		if (this.failure) throw this.failure;
		this.sent.push(text);
		if (this.isClogged) await new Promise<void>((resolve) => this.#drained.push(resolve));
	}

	drain(): void {
		for (const drained of this.#drained.splice(0)) drained();
	}

	ping(): void {
		this.pings++;
	}

	async close(): Promise<void> {
		this.closes++;
		if (this.isSlowToClose) await new Promise<void>((resolve) => this.#gone.push(resolve));
		this.listener?.onClosed({ code: 1000, reason: '' });
	}

	gone(): void {
		for (const gone of this.#gone.splice(0)) gone();
	}

	destroy(): void {
		this.destroys++;
		this.listener?.onClosed({ code: 1006, reason: '' });
	}
}
