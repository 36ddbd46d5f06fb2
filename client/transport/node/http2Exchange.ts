import { validateHeaderValue } from 'node:http';
import type { ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import type { RequestOptions } from 'node:https';

import { toTransportFailure } from '../failures';
import type { HttpRequest } from '../http';
import { TransportFailure } from '../transportFailure';
import type { AxiosExchange } from './axiosExchange';
import { Http2Answer } from './http2Answer';
import { constants, type Http2Connection } from './http2Connection';

/** Headers of HTTP/1.1 about the connection, which HTTP/2 does not have (RFC 9113, 8.2.2), or has in another place. */
const NOT_IN_HTTP2 = new Set(['host', 'connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/** What ended a request, by its code, to continue a sentence; the rest is in Node's words. */
const WORDS: Readonly<Record<number, string>> = {
	[constants.NGHTTP2_NO_ERROR]: 'the connection was closed',
	[constants.NGHTTP2_CANCEL]: 'the connection was closed',
	[constants.NGHTTP2_PROTOCOL_ERROR]: 'the exchange broke the rules of HTTP/2 (PROTOCOL_ERROR)',
	[constants.NGHTTP2_INTERNAL_ERROR]: 'the other side broke the exchange off (INTERNAL_ERROR)',
	[constants.NGHTTP2_FLOW_CONTROL_ERROR]: 'the exchange broke the rules of HTTP/2 (FLOW_CONTROL_ERROR)',
	[constants.NGHTTP2_REFUSED_STREAM]: 'the other side did not take the request (REFUSED_STREAM)',
	[constants.NGHTTP2_ENHANCE_YOUR_CALM]: 'the exchange was broken off because of too much load (ENHANCE_YOUR_CALM)',
	[constants.NGHTTP2_INADEQUATE_SECURITY]: 'its TLS is not good enough for HTTP/2 (INADEQUATE_SECURITY)',
	[constants.NGHTTP2_HTTP_1_1_REQUIRED]: 'the other side wants HTTP/1.1 (HTTP_1_1_REQUIRED)',
};

/**
 * A request of axios over a connection of HTTP/2: what axios needs of `http` and of its requests, and what became of it. Kept
 * small, as thousands may wait for their answer at once.
 */
export class Http2Exchange implements AxiosExchange {
	#stream: ClientHttp2Stream | undefined;
	#receivedBefore = 0;
	#answer: Http2Answer | undefined;
	#answerBegan = false;
	#isStopped = false;
	#onError: ((error: Error) => void) | undefined;

	/** @param connection with a place for it, which it gives back */
	constructor(
		private readonly connection: Http2Connection,
		private readonly asked: HttpRequest,
	) {}

	get config(): AxiosExchange['config'] {
		return { transport: this };
	}

	/** Takes the place of `http` for axios. */
	request(options: RequestOptions, onResponse: (response: unknown) => void): this {
		const { connection, asked } = this;
		const headers = headersOf(asked, options);
		this.#receivedBefore = connection.received;
		const stream = connection.request(headers, asked.body === undefined);
		this.#stream = stream;
		stream.on('response', (received) => {
			this.#answerBegan = true;
			this.#answerOf(stream).begin(received);
			onResponse(this.#answer);
		});
		stream.on('data', (chunk: Buffer) => {
			if (!this.#answerOf(stream).push(chunk)) stream.pause();
		});
		// Node tells of the end of the answer and of that of the stream in the same way; the stream's comes when it is closed.
		const { push } = stream;
		stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
			if (chunk === null && !stream.closed) this.#end(stream);
			return push.call(stream, chunk, encoding);
		};
		stream.on('error', (error: Error) => this.#fail(error));
		stream.on('close', () => {
			connection.closed(stream);
			// Without an error, as it happens when the connection ends, axios would wait for ever.
			this.#fail(new Error('the stream was closed'));
		});
		return this;
	}

	/** Its body may come before Node tells that it has begun. */
	#answerOf(stream: ClientHttp2Stream): Http2Answer {
		return (this.#answer ??= new Http2Answer({ onRoom: () => stream.resume(), onGivenUp: () => this.close() }));
	}

	#end(stream: ClientHttp2Stream): void {
		// With what waits because there was no room.
		while (stream.read() !== null);
		this.#answerOf(stream).end();
	}

	#fail(error: Error): void {
		// Whoever stopped it listens no more.
		if (this.#isStopped || this.#answer?.isWhole) return;
		// Of an answer that it does not know yet, axios hears as of the request.
		if (this.#answerBegan) this.#answer?.destroy(error);
		this.#onError?.(error);
	}

	/** Of the request, axios has to know what goes wrong; it ends with the stream, and has no socket of its own. */
	on(event: string, listener: (error: Error) => void): this {
		if (event === 'error') this.#onError = listener;
		return this;
	}

	once(): this {
		return this;
	}

	/** Who asks has a time limit. */
	setTimeout(): this {
		return this;
	}

	write(body: Buffer): void {
		this.#stream?.write(body);
	}

	end(): void {
		this.#stream?.end();
	}

	/** What axios calls to stop it. The stream's own way would look to the service as if all were well. */
	close(): void {
		this.#isStopped = true;
		if (this.#stream) this.connection.cancel(this.#stream, this.#receivedBefore);
	}

	get destroyed(): boolean {
		return this.#isStopped;
	}

	finish(): void {
		if (!this.#stream) this.connection.release();
	}

	get wantsHttp1(): boolean {
		return this.#stream !== undefined && this.connection.endOf(this.#stream).wantsHttp1;
	}

	/** Axios takes the end of a stream for the end of an answer. */
	check(): void {
		if (!this.#answer?.isWhole) throw new Error('the answer ended too early');
	}

	failure(error: unknown): TransportFailure {
		const stream = this.#stream;
		if (!stream) return toTransportFailure(error, false);
		const { didNotRun, code } = this.connection.endOf(stream);
		// A service that has begun to answer has taken it.
		const requestSent = !didNotRun || this.#answerBegan;
		const failure = toTransportFailure(error, requestSent);
		const { kind } = failure;
		const isOver = code !== constants.NGHTTP2_NO_ERROR;
		const isOurs = kind === 'aborted' || kind === 'tooLarge' || (kind === 'malformed' && (!isOver || this.#isStopped));
		const message = isOurs || (kind === 'dropped' && !isOver) ? failure.message : (WORDS[code] ?? failure.message);
		return new TransportFailure(isOurs ? kind : 'dropped', message, requestSent, this.#answerBegan);
	}
}

function headersOf({ url }: HttpRequest, { method, path, headers }: RequestOptions): OutgoingHttpHeaders {
	const sent: OutgoingHttpHeaders = {
		':method': method,
		':scheme': 'https',
		':authority': new URL(url).host,
		':path': path ?? '/',
	};
	for (const [name, value] of Object.entries(headers ?? {})) {
		const lowerName = name.toLowerCase();
		if (value === undefined || NOT_IN_HTTP2.has(lowerName)) continue;
		validateHeaderValue(lowerName, String(value));
		sent[lowerName] = value;
	}
	return sent;
}
