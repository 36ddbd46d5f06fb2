import axios, { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';

import type { Clock } from '../../time/clock';
import { systemClock } from '../../time/systemClock';
import { checkEgress, type EgressPolicy } from '../egress';
import { toTransportFailure } from '../failures';
import type { DownloadRequest, FileResponse, FileTransport, HttpRequest, HttpResponse } from '../http';
import type { AxiosExchange } from './axiosExchange';
import { TransportFailure } from '../transportFailure';
import { ConnectionPool } from './connectionPool';
import { Http1Exchange } from './http1Exchange';
import { Http2Exchange } from './http2Exchange';

/** Largest answer that is read, in bytes, counted after decompression. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * The part of axios that sends. What stands before it merges each request with axios's defaults, which takes as long as
 * the sending, and none of it is for us: our bodies are text already.
 */
const sendOverHttp = axios.getAdapter('http');

const settings = {
	responseType: 'text',
	validateStatus: () => true,
	// A redirect would carry the bearer token to wherever the answer points.
	maxRedirects: 0,
	// The pool's agents know the proxy.
	proxy: false,
	maxContentLength: MAX_ANSWER_BYTES,
} satisfies Partial<InternalAxiosRequestConfig>;

type DownloadSettings = Omit<typeof settings, 'responseType'> & { responseType: 'arraybuffer' };

type Settings = typeof settings | DownloadSettings;

/** HTTP over axios on pooled keep-alive connections (docs/decisions.md#own-pooled-connections). */
export class AxiosTransport implements FileTransport {
	readonly #pool: ConnectionPool;

	constructor(
		private readonly egress: EgressPolicy,
		clock: Clock = systemClock,
	) {
		this.#pool = new ConnectionPool(egress, clock);
	}

	send(request: HttpRequest): Promise<HttpResponse> {
		return this.#exchange(request, settings, withText);
	}

	download({ maxBytes, ...request }: DownloadRequest): Promise<FileResponse> {
		const asFile = { ...settings, responseType: 'arraybuffer', maxContentLength: maxBytes } as const;
		return this.#exchange({ ...request, method: 'GET' }, asFile, withBytes);
	}

	/** The only function that waits for the answer: thousands of long polls do at once, and each keeps all that wait for it. */
	async #exchange<T>(request: HttpRequest, how: Settings, read: (answer: AxiosResponse<unknown>) => T): Promise<T> {
		const exchange = await this.#begin(request);
		try {
			// Axios would send what was stopped just now, and could not stop it any more.
			if (request.signal.aborted) throw new TransportFailure('aborted', 'the request was stopped', false);
			const answer = await sendOverHttp({ ...how, ...asConfig(request), ...exchange.config });
			exchange.check(answer.status);
			return read(answer);
		} catch (error) {
			if (exchange.wantsHttp1) this.#pool.useHttp1(request.url);
			throw exchange.failure(error);
		} finally {
			exchange.finish();
		}
	}

	/** @throws {TransportFailure} when there is no way: nothing was sent */
	async #begin(request: HttpRequest): Promise<AxiosExchange> {
		const { url, signal } = request;
		try {
			await checkEgress(this.egress, url, signal);
			const way = await this.#pool.wayTo(url, signal);
			return 'agent' in way ? new Http1Exchange(way.agent, request) : new Http2Exchange(way.connection, request);
		} catch (error) {
			throw toTransportFailure(error, false);
		}
	}

	close(): void {
		this.#pool.close();
	}
}

const asConfig = ({ method, url, headers, body, signal }: HttpRequest) => ({
	method,
	url,
	headers: new AxiosHeaders({ 'User-Agent': 'n8n-nodes-cognigy', ...headers }),
	data: body,
	signal,
});

const headOf = ({ status, headers }: AxiosResponse<unknown>) => ({
	status,
	headers: headers as HttpResponse['headers'],
});

function withText(answer: AxiosResponse<unknown>): HttpResponse {
	const { data } = answer;
	return { ...headOf(answer), body: typeof data === 'string' ? data : '' };
}

function withBytes(answer: AxiosResponse<unknown>): FileResponse {
	const { data } = answer;
	return { ...headOf(answer), bytes: data instanceof Uint8Array ? data : new Uint8Array() };
}
