import { validateHeaderValue } from 'node:http';

import type { Clock } from '../../time/clock';
import { systemClock } from '../../time/systemClock';
import { checkEgress, type EgressPolicy } from '../egress';
import { toTransportFailure } from '../failures';
import type { DownloadRequest, FileResponse, FileTransport, HttpRequest, HttpResponse } from '../http';
import { ConnectionPool } from './connectionPool';
import type { Exchange } from './exchange';
import { Http1Exchange } from './http1Exchange';
import { Http2Exchange } from './http2Exchange';

/** Largest answer that is read, in bytes, counted after decompression. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** HTTP of either version on pooled connections (docs/decisions.md#own-pooled-connections). */
export class NodeTransport implements FileTransport {
	readonly #pool: ConnectionPool;

	constructor(
		private readonly egress: EgressPolicy,
		clock: Clock = systemClock,
	) {
		this.#pool = new ConnectionPool(egress, clock);
	}

	send(request: HttpRequest): Promise<HttpResponse> {
		return this.#exchange(request, MAX_ANSWER_BYTES, withText);
	}

	download({ maxBytes, ...request }: DownloadRequest): Promise<FileResponse> {
		return this.#exchange({ ...request, method: 'GET' }, maxBytes, (answer) => answer);
	}

	/** The only function that waits for the answer: thousands of long polls do at once, and each keeps all that wait for it. */
	async #exchange<T>(request: HttpRequest, maxBytes: number, read: (answer: FileResponse) => T): Promise<T> {
		const exchange = await this.#begin(request, maxBytes);
		try {
			return read(await exchange.send());
		} catch (error) {
			if (exchange.wantsHttp1) this.#pool.useHttp1(request.url);
			throw error;
		}
	}

	/** @throws {TransportFailure} when there is no way: nothing was sent */
	async #begin(request: HttpRequest, maxBytes: number): Promise<Exchange> {
		const { url, headers, signal } = request;
		try {
			// Axios would change such a value, and HTTP/2 of Node leave the header out, or fail when it may have been sent.
			for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
			await checkEgress(this.egress, url, signal);
			const way = await this.#pool.wayTo(url, signal);
			return 'agent' in way
				? new Http1Exchange(way.agent, request, maxBytes)
				: new Http2Exchange(way.connection, request, maxBytes);
		} catch (error) {
			throw toTransportFailure(error, false);
		}
	}

	close(): void {
		this.#pool.close();
	}
}

const utf8 = new TextDecoder();

const withText = ({ bytes, ...head }: FileResponse): HttpResponse => ({ ...head, body: utf8.decode(bytes) });
