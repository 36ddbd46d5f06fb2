import { sleep, type Clock } from '../../time/clock';
import { TransportFailure } from '../transportFailure';
import type { ConnectionEnd, ConnectionListener, WebSocketConnection } from '../webSocket';

/** How long the other side has to say goodbye as well, in ms. */
const CLOSE_WAIT_MS = 500;
/** Length of a text that the operating system takes whole, in characters. */
const SHORT_TEXT = 4_096;
/** Longest pause between two looks at what is not yet written, in ms. */
const LOOK_AGAIN_MS = 50;

/** The connection was cut by us, or by whoever stands in between. */
const CUT: ConnectionEnd = { code: 1006, reason: '' };

/**
 * A connection over the global `WebSocket`. It tells of no ping and no pong, so there is no `ping`. Nor can it be cut: when
 * we are done with it, it gets a goodbye, nobody hears anything of it any more, and the other side closes it below.
 */
export class WebConnection implements WebSocketConnection {
	// Private in the strict sense: the socket knows its URL, and inspect() must not show it.
	readonly #socket: WebSocket;
	readonly #clock: Clock;
	readonly #maxBytes: number;
	/** Aborts when the connection is over, for whoever waits. */
	readonly #over = new AbortController();
	#listener: ConnectionListener | undefined;
	#closing: Promise<void> | undefined;

	/**
	 * @param socket one that is just opening
	 * @param maxBytes largest text that is taken
	 */
	constructor(socket: WebSocket, clock: Clock, maxBytes: number) {
		this.#socket = socket;
		this.#clock = clock;
		this.#maxBytes = maxBytes;
		socket.onmessage = ({ data }) => this.#heard(data);
		// The end follows; what Node 22 still hands out in between came after a frame against the protocol.
		socket.onerror = () => {
			socket.onmessage = null;
		};
		socket.onclose = ({ code, reason }) => this.#finish({ code, reason });
	}

	/** To be called at once, by whoever listens. */
	tell(listener: ConnectionListener): void {
		this.#listener = listener;
	}

	/** @returns whether the text may leave; false only if it certainly does not */
	write(text: string): boolean {
		// A goodbye of the other side shows only here, until it closes the connection below.
		if (this.#socket.readyState !== WebSocket.OPEN && !this.#closing) this.#finish(CUT);
		if (this.#over.signal.aborted || this.#closing) return false;
		this.#socket.send(text);
		return true;
	}

	async send(text: string): Promise<void> {
		const isJammed = this.#socket.bufferedAmount > 0;
		if (!this.write(text)) throw new TransportFailure('dropped', 'the connection is closed', true);
		// It is not told when a text is written. What is short goes out at once, where nothing waits before it.
		if (!isJammed && text.length <= SHORT_TEXT) return;
		for (let waitMs = 0; this.#socket.bufferedAmount > 0; waitMs = Math.min(2 * waitMs + 1, LOOK_AGAIN_MS)) {
			await sleep(this.#clock, waitMs, this.#over.signal);
		}
	}

	async close(): Promise<void> {
		if (this.#over.signal.aborted) return;
		this.#closing ??= this.#sayGoodbye();
		await this.#closing;
	}

	destroy(): void {
		this.#finish(CUT);
	}

	#heard(data: unknown): void {
		if (typeof data !== 'string') this.#listener?.onBinary();
		else if (isLongerThan(this.#maxBytes, data)) this.#finish({ ...CUT, violation: 'tooLarge' });
		else this.#listener?.onText(data);
	}

	async #sayGoodbye(): Promise<void> {
		this.#socket.close(1000);
		await sleep(this.#clock, CLOSE_WAIT_MS, this.#over.signal).catch(() => {});
		this.#finish(CUT);
	}

	#finish(end: ConnectionEnd): void {
		if (this.#over.signal.aborted) return;
		silence(this.#socket);
		this.#socket.close();
		this.#over.abort(new TransportFailure('dropped', 'the connection was closed while sending', true));
		this.#listener?.onClosed(end);
		this.#listener = undefined;
	}
}

/** Hears nothing more of a socket. */
export function silence(socket: WebSocket): void {
	socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
}

function isLongerThan(bytes: number, text: string): boolean {
	return text.length > bytes || (text.length * 3 > bytes && Buffer.byteLength(text) > bytes);
}
