import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import type { TLSSocket } from 'node:tls';

import type { Clock } from '../../time/clock';
import { TransportFailure } from '../transportFailure';
import { Keepalive } from './keepalive';

/** With the error codes of HTTP/2, as in `StreamEnd`. */
export const { constants } = http2;
const { NGHTTP2_CANCEL, NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

/** States of a stream (nghttp2): it has a number, but its head has not been written. */
const NOT_WRITTEN = constants.NGHTTP2_STREAM_STATE_IDLE;

/** How much may be on its way to us without our word, in bytes: of one answer, and of all on a connection. */
const STREAM_WINDOW = 1024 * 1024;
const CONNECTION_WINDOW = 4 * STREAM_WINDOW;

/** What is on a connection is read at once; Node would refuse answers when they take more than 10 of these megabytes. */
const MAX_SESSION_MEGABYTES = 1024;

/** So long a service has time to take the rest of a request that it has answered already, in ms. */
const LEAVE_MS = 5_000;

export interface Http2ConnectionOptions {
	/** Already connected, and for HTTP/2. */
	socket: TLSSocket;
	/** Scheme and host. */
	origin: string;
	clock: Clock;
	/** How long it is kept when nobody uses it, in ms. */
	idleMs: number;
	/** There may be room now, or it is gone. */
	onChange: (connection: Http2Connection) => void;
}

/** Where a stream ended, as far as the connection knows. */
export interface StreamEnd {
	/** Certainly not carried out: so says the service of it (RFC 9113, 7 and 8.7), or it never left. */
	didNotRun: boolean;
	/** Error code of HTTP/2, of the stream or of the whole connection. */
	code: number;
	/** The service wants HTTP/1.1. */
	wantsHttp1: boolean;
}

/**
 * One HTTP/2 connection, which carries as many requests at once as the service allows. Must be told to `reserve` before a
 * request, so that no request is begun that would have to wait in it: of those nobody could say whether they left.
 */
export class Http2Connection {
	readonly #session: ClientHttp2Session;
	readonly #socket: TLSSocket;
	readonly #options: Http2ConnectionOptions;
	readonly #streams = new Set<ClientHttp2Stream>();
	/** What the service said of streams when it ended the connection. */
	readonly #ends = new WeakMap<ClientHttp2Stream, StreamEnd>();
	#inUse = 0;
	#limit: number | undefined;
	#isDoubtful = false;
	#keepalive: Keepalive | undefined;

	constructor(options: Http2ConnectionOptions) {
		const { socket, origin } = options;
		this.#options = options;
		this.#socket = socket;
		const session = http2.connect(origin, {
			createConnection: () => socket,
			maxSessionMemory: MAX_SESSION_MEGABYTES,
			settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
		});
		this.#session = session;
		session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW));
		session.on('remoteSettings', ({ maxConcurrentStreams = Infinity }) => {
			this.#limit = maxConcurrentStreams;
			this.#changed();
		});
		session.on('goaway', (code: number, lastStreamId: number) => this.#goAway(code, lastStreamId));
		session.once('close', () => {
			this.#keepalive?.stop();
			this.#changed();
		});
		// Its streams tell of it.
		session.on('error', () => {});
		session.on('timeout', () => {
			if (this.#inUse === 0) this.destroy();
		});
		this.#beIdle();
	}

	/** How many requests it may carry at once; undefined as long as the service has not said so. */
	get limit(): number | undefined {
		return this.#limit;
	}

	/** Whether new requests can still be sent on it, now or later. */
	get isOpen(): boolean {
		return !this.#session.closed && !this.#session.destroyed && !this.#socket.destroyed;
	}

	/** Nothing is on it any more. */
	get isGone(): boolean {
		return this.#session.destroyed;
	}

	get hasRoom(): boolean {
		return this.isOpen && !this.#isDoubtful && this.#inUse < (this.#limit ?? 0);
	}

	/** Keeps a place for a request; it has to be released, or used by `request`. */
	reserve(): void {
		if (this.#inUse++ > 0) return;
		this.#session.ref();
		this.#session.setTimeout(0);
		const { clock } = this.#options;
		this.#keepalive = new Keepalive(
			clock,
			() => this.#ping(() => this.#keepalive?.signOfLife()),
			() => this.destroy(),
		);
	}

	release(): void {
		if (--this.#inUse === 0) this.#beIdle();
		this.#changed();
	}

	/**
	 * Begins a request in a reserved place, which is to be given back by `closed` when it has ended.
	 * @throws {TransportFailure} when the connection has ended meanwhile: nothing was sent
	 */
	request(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
		if (!this.isOpen) throw new TransportFailure('dropped', 'the service has just closed the connection', false);
		const stream = this.#session.request(headers, { endStream });
		this.#streams.add(stream);
		return stream;
	}

	/** To be called when a stream is closed. */
	closed(stream: ClientHttp2Stream): void {
		this.#streams.delete(stream);
		this.release();
	}

	/** What is known of a stream that ended. */
	endOf(stream: ClientHttp2Stream): StreamEnd {
		const { rstCode } = stream;
		const wantsHttp1 = rstCode === NGHTTP2_HTTP_1_1_REQUIRED;
		const didNotRun = wantsHttp1 || rstCode === NGHTTP2_REFUSED_STREAM;
		return this.#ends.get(stream) ?? { didNotRun, code: rstCode, wantsHttp1 };
	}

	/** How much has come on it, in bytes. */
	get received(): number {
		return this.#socket.bytesRead;
	}

	/**
	 * Ends one request, all others go on. If nothing has come on the connection since it was sent, nothing new is sent on
	 * it before the other side gives a sign of life.
	 * @param receivedBefore what `received` was when it was sent
	 */
	cancel(stream: ClientHttp2Stream, receivedBefore: number): void {
		// One that the other side has ended waits for somebody to read it.
		if (stream.closed) stream.destroy();
		else stream.close(NGHTTP2_CANCEL);
		if (this.#isDoubtful || !this.isOpen || this.received !== receivedBefore) return;
		this.#isDoubtful = true;
		this.#ping(() => {
			this.#isDoubtful = false;
			this.#changed();
		});
	}

	/**
	 * A request was answered before all of it was sent. Should the service take no more of it, and say nothing, it is ended: its
	 * place would never be given back.
	 */
	leave(stream: ClientHttp2Stream): void {
		const { clock } = this.#options;
		const cancelTimer = clock.after(LEAVE_MS, () => stream.close(NGHTTP2_CANCEL), { isBackground: true });
		stream.once('close', cancelTimer);
	}

	/** Ends it at once, with all that is under way. */
	destroy(): void {
		this.#keepalive?.stop();
		if (this.#inUse === 0) this.#session.destroy();
		// Somebody who does not answer would not take a goodbye either.
		else this.#socket.destroy();
	}

	#ping(onAnswer: () => void): void {
		if (this.#session.destroyed) return;
		const answered = (error: Error | null) => {
			if (!error) onAnswer();
		};
		// After a goodbye Node sends no PING any more. SETTINGS are answered as well.
		if (this.#session.closed) this.#session.settings({}, answered);
		else this.#session.ping(answered);
	}

	#beIdle(): void {
		this.#keepalive?.stop();
		if (this.#session.destroyed) return;
		this.#session.setTimeout(this.#options.idleMs);
		this.#session.unref();
	}

	#goAway(code: number, lastStreamId: number): void {
		for (const stream of this.#streams) {
			if (stream.closed || stream.destroyed) continue;
			const { id = Infinity } = stream;
			const didNotRun = id > lastStreamId || stream.state.state === NOT_WRITTEN;
			// The rest goes on, unless this is an error: then Node ends it all, in the service's name.
			if (didNotRun || code !== NGHTTP2_NO_ERROR) {
				this.#ends.set(stream, { didNotRun, code, wantsHttp1: code === NGHTTP2_HTTP_1_1_REQUIRED });
			}
		}
		// Node closes it after it has told of this.
		queueMicrotask(() => this.#changed());
	}

	#changed(): void {
		this.#options.onChange(this);
	}
}
