import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';

import { toTransportFailure } from '../failures';
import type { FileResponse, HttpRequest } from '../http';
import { STOPPED, stoppedBefore, TransportFailure, type TransportFailureKind } from '../transportFailure';
import { ACCEPTED_ENCODINGS, decompress } from './decompress';
import { USER_AGENT, type Exchange } from './exchange';
import { constants, type Http2Connection } from './http2Connection';

const CLOSED = 'the connection was closed';

/** What ended a request, by its code, to continue a sentence; the rest is in Node's words. */
const WORDS: Readonly<Record<number, string>> = {
	[constants.NGHTTP2_NO_ERROR]: CLOSED,
	[constants.NGHTTP2_CANCEL]: CLOSED,
	[constants.NGHTTP2_PROTOCOL_ERROR]: 'the exchange broke the rules of HTTP/2 (PROTOCOL_ERROR)',
	[constants.NGHTTP2_INTERNAL_ERROR]: 'the other side broke the exchange off (INTERNAL_ERROR)',
	[constants.NGHTTP2_FLOW_CONTROL_ERROR]: 'the exchange broke the rules of HTTP/2 (FLOW_CONTROL_ERROR)',
	[constants.NGHTTP2_REFUSED_STREAM]: 'the other side did not take the request (REFUSED_STREAM)',
	[constants.NGHTTP2_ENHANCE_YOUR_CALM]: 'the exchange was broken off because of too much load (ENHANCE_YOUR_CALM)',
	[constants.NGHTTP2_INADEQUATE_SECURITY]: 'its TLS is not good enough for HTTP/2 (INADEQUATE_SECURITY)',
	[constants.NGHTTP2_HTTP_1_1_REQUIRED]: 'the other side wants HTTP/1.1 (HTTP_1_1_REQUIRED)',
};

/**
 * A request over a connection of HTTP/2, and what became of it. Kept small, as thousands may wait for their answer at once.
 *
 * What comes is taken at once: a stream of Node drops what has come and was not read yet when its connection ends, and a
 * service may have given that once only.
 */
export class Http2Exchange implements Exchange {
	#stream: ClientHttp2Stream | undefined;
	/** How much had come on the connection when it was sent. */
	#receivedBefore = 0;
	#head: IncomingHttpHeaders | undefined;
	readonly #chunks: Buffer[] = [];
	#bytes = 0;
	/** All of the answer has come. */
	#isWhole = false;
	#isGivenUp = false;
	#error: unknown;

	/**
	 * @param connection with a place for it, which it gives back
	 * @param maxBytes that are read of the answer, counted after decompression
	 */
	constructor(
		private readonly connection: Http2Connection,
		private readonly asked: HttpRequest,
		private readonly maxBytes: number,
	) {}

	send(): Promise<FileResponse> {
		return this.#received().then(() => this.#answer());
	}

	get wantsHttp1(): boolean {
		return this.#stream !== undefined && this.connection.endOf(this.#stream).wantsHttp1;
	}

	/** Resolves when all of the answer has come. */
	#received(): Promise<void> {
		const { connection, asked } = this;
		const { signal, body } = asked;
		return new Promise((resolve, reject) => {
			const stream = this.#begin();
			const giveUp = (kind: TransportFailureKind, message: string) => {
				if (this.#isGivenUp) return;
				this.#isGivenUp = true;
				signal.removeEventListener('abort', stop);
				connection.cancel(stream, this.#receivedBefore);
				reject(this.#failure(stream, kind, message));
			};
			// Of an answer that is whole, only its head is still to be told of.
			const stop = () => {
				if (!this.#isWhole) giveUp('aborted', STOPPED);
			};
			signal.addEventListener('abort', stop, { once: true });
			stream.on('data', (chunk: Buffer) => {
				if (this.#isGivenUp) return;
				this.#chunks.push(chunk);
				this.#bytes += chunk.length;
				if (this.#bytes > this.maxBytes) giveUp('tooLarge', 'the answer is too large');
			});
			// Node may tell of the head after the body, if both came at once.
			const resolveIfWhole = () => {
				if (!this.#isWhole || !this.#head) return;
				signal.removeEventListener('abort', stop);
				resolve();
				if (!stream.writableFinished) connection.leave(stream);
			};
			stream.on('response', (head) => {
				this.#head = head;
				resolveIfWhole();
			});
			// `push(null)` comes with the last frame of the answer, and when the stream is closed: then the answer is not whole.
			const { push } = stream;
			stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
				if (chunk === null && !stream.closed) {
					// Should something wait there: nobody pauses the stream.
					while (stream.read() !== null);
					this.#isWhole = true;
					resolveIfWhole();
				}
				return push.call(stream, chunk, encoding);
			};
			// A stream that was reset without an error waits for all of the request to be sent, which nobody takes any more.
			stream.on('end', () => {
				if (stream.closed) stream.destroy();
			});
			stream.on('error', (error: Error) => (this.#error = error));
			stream.on('close', () => {
				connection.closed(stream);
				signal.removeEventListener('abort', stop);
				if (!this.#isWhole || !this.#head) reject(this.#brokenOff(stream));
			});
			if (body !== undefined) stream.end(body);
		});
	}

	/** @throws {TransportFailure} when it cannot be sent */
	#begin(): ClientHttp2Stream {
		const { connection, asked } = this;
		try {
			if (asked.signal.aborted) throw stoppedBefore();
			const headers = headersOf(asked);
			this.#receivedBefore = connection.received;
			return (this.#stream = connection.request(headers, asked.body === undefined));
		} catch (error) {
			connection.release();
			throw toTransportFailure(error, false);
		}
	}

	async #answer(): Promise<FileResponse> {
		const { ':status': status, ...headers } = this.#head ?? {};
		const { 'content-encoding': encoding } = headers;
		const [first] = this.#chunks;
		const received = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
		const bytes = encoding ? await decompress(received, encoding, this.maxBytes) : received;
		return { status: Number(status), headers: headers as FileResponse['headers'], bytes };
	}

	/** Of a stream that ended too early. */
	#brokenOff(stream: ClientHttp2Stream): TransportFailure {
		const { code } = this.connection.endOf(stream);
		const ofNode = toTransportFailure(this.#error, true).message;
		const ended = this.#head ? 'the answer ended too early' : CLOSED;
		return this.#failure(stream, 'dropped', code === constants.NGHTTP2_NO_ERROR ? ended : (WORDS[code] ?? ofNode));
	}

	#failure(stream: ClientHttp2Stream, kind: TransportFailureKind, message: string): TransportFailure {
		const answerBegan = this.#head !== undefined;
		// A service that has begun to answer has taken it.
		const requestSent = answerBegan || !this.connection.endOf(stream).didNotRun;
		return new TransportFailure(kind, message, requestSent, answerBegan);
	}
}

function headersOf({ method, url, headers, body }: HttpRequest): OutgoingHttpHeaders {
	const { host, pathname, search } = new URL(url);
	const sent: OutgoingHttpHeaders = {
		':method': method,
		':scheme': 'https',
		':authority': host,
		':path': pathname + search,
		'user-agent': USER_AGENT,
		'accept-encoding': ACCEPTED_ENCODINGS,
	};
	if (body !== undefined) sent['content-length'] = Buffer.byteLength(body);
	for (const [name, value] of Object.entries(headers)) sent[name.toLowerCase()] = value;
	return sent;
}
