import type { Clock } from '../../../time/clock';
import { TransportFailure } from '../../../transport/transportFailure';
import type { WebConnection } from '../../../transport/web/webConnection';
import type { ConnectionEnd, ConnectionListener } from '../../../transport/webSocket';
import { ENGINE, readOpenPacket, type OpenPacket } from './packets';

/** Longest time in which a service may say nothing, in ms, whatever it says of itself. */
const MAX_SILENCE_MS = 60 * 60_000;

export interface EngineListener {
	/** The service has said how it wants to speak. */
	onOpen(): void;
	onMessage(message: string): void;
	/** Called once, last. @param failure why we ended it; undefined if the service did */
	onEnd(failure?: TransportFailure): void;
}

/** A connection of Engine.IO over a WebSocket: messages, and a heartbeat that the service beats. */
export class EngineConnection implements ConnectionListener {
	// Private in the strict sense: inspect() must not show what was said on it.
	readonly #connection: WebConnection;
	readonly #clock: Clock;
	readonly #listener: EngineListener;
	#open: OpenPacket | undefined;
	#cancelTimer = () => {};
	#isOver = false;

	constructor(connection: WebConnection, clock: Clock, listener: EngineListener) {
		this.#connection = connection;
		this.#clock = clock;
		this.#listener = listener;
		connection.tell(this);
	}

	/** @returns whether the message may leave; false only if it certainly does not */
	send(message: string): boolean {
		if (this.#isOver || !this.#open) return false;
		const packet = ENGINE.message + message;
		// The service would end the connection.
		if (Buffer.byteLength(packet) > this.#open.maxPayload) return false;
		return this.#connection.write(packet);
	}

	/** Says goodbye, with a last message if there is one, and closes within half a second. Nothing more is heard of it. */
	close(message?: string): void {
		if (this.#isOver) return;
		if (message !== undefined) this.send(message);
		this.#connection.write(ENGINE.close);
		this.#isOver = true;
		this.#cancelTimer();
		void this.#connection.close();
	}

	onText(frame: string): void {
		if (this.#isOver) return;
		const rest = frame.slice(1);
		if (!this.#open && frame[0] !== ENGINE.open) return this.#end(malformed());
		switch (frame[0]) {
			case ENGINE.open:
				return this.#opened(rest);
			case ENGINE.close:
				return this.#end();
			case ENGINE.ping:
				this.#connection.write(ENGINE.pong);
				return this.#expectPing();
			case ENGINE.message:
				return this.#listener.onMessage(rest);
			case ENGINE.pong:
			case ENGINE.upgrade:
			case ENGINE.noop:
				return;
			default:
				return this.#end(malformed());
		}
	}

	onBinary(): void {
		this.#end(new TransportFailure('malformed', 'the endpoint sent something binary, which is not supported', false));
	}

	onHeartbeat(): void {}

	onClosed({ violation }: ConnectionEnd): void {
		if (violation === 'tooLarge') this.#end(new TransportFailure('tooLarge', 'what it sent is too large', false));
		else this.#end(violation && malformed());
	}

	/** Ends the connection because of what came over it. */
	refuse(): void {
		this.#end(malformed());
	}

	#opened(json: string): void {
		const open = this.#open ? undefined : readOpenPacket(json);
		if (!open) return this.#end(malformed());
		this.#open = open;
		this.#expectPing();
		this.#listener.onOpen();
	}

	#expectPing(): void {
		this.#cancelTimer();
		const { pingInterval = 0, pingTimeout = 0 } = this.#open ?? {};
		this.#cancelTimer = this.#clock.after(Math.min(pingInterval + pingTimeout, MAX_SILENCE_MS), () => {
			this.#end(new TransportFailure('dropped', 'the endpoint did not say for long that it is still there', false));
		});
	}

	#end(failure?: TransportFailure): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#cancelTimer();
		this.#connection.destroy();
		this.#listener.onEnd(failure);
	}
}

const malformed = () => new TransportFailure('malformed', 'what it sent is not of Socket.IO', false);
