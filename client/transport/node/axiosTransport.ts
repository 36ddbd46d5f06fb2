import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import axios, { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

import { ConnectionPool } from './connectionPool';
import { checkEgress, type EgressPolicy } from '../egress';
import { toTransportFailure } from '../failures';
import type { ProxiedRequestOptions } from './proxyAgent';
import { TransportFailure } from '../transportFailure';
import type { HttpRequest, HttpResponse, HttpTransport } from '../http';

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

/** HTTP over axios on pooled keep-alive connections (docs/decisions.md#own-pooled-connections). */
export class AxiosTransport implements HttpTransport {
	readonly #pool: ConnectionPool;

	constructor(private readonly egress: EgressPolicy) {
		this.#pool = new ConnectionPool(egress);
	}

	async send(request: HttpRequest): Promise<HttpResponse> {
		let requestSent = false;
		let answerBegan = false;
		let isProxyAnswer = false;
		try {
			await checkEgress(this.egress, request.url, request.signal);
			const agent = this.#pool.agentFor(request.url);
			const { status, headers, data } = await sendOverHttp({
				...settings,
				method: request.method,
				url: request.url,
				headers: new AxiosHeaders({ 'User-Agent': 'n8n-nodes-cognigy', ...request.headers }),
				data: request.body,
				signal: request.signal,
				httpAgent: agent,
				httpsAgent: agent,
				transport: watchedTransport(request, {
					onSent: () => {
						requestSent = true;
					},
					onProxyAnswer: () => {
						isProxyAnswer = true;
					},
					onAnswer: () => {
						answerBegan = true;
					},
				}),
			});
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by a callback
			if (isProxyAnswer) {
				throw new TransportFailure('proxy', `the proxy refused the connection with status ${status}`, false);
			}
			return { status, headers: headers as HttpResponse['headers'], body: typeof data === 'string' ? data : '' };
		} catch (error) {
			const { kind, message, requestSent: isSent } = toTransportFailure(error, requestSent);
			throw new TransportFailure(kind, message, isSent, answerBegan);
		}
	}

	close(): void {
		this.#pool.close();
	}
}

interface ExchangeEvents {
	/** From now on bytes of the request may have reached the service (guarantee 1). */
	onSent(): void;
	/** The answer will be the proxy's own: it did not open the tunnel. */
	onProxyAnswer(): void;
	/** Its head is there; the rest may never come. */
	onAnswer(): void;
}

/** Node's own http(s), telling when the request leaves and who answers. */
function watchedTransport({ url, signal }: HttpRequest, events: ExchangeEvents) {
	const isTls = url.startsWith('https:');
	const { request } = isTls ? https : http;
	return {
		request(options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void): http.ClientRequest {
			// A connection keeps the options of its first request: those of axios would be a lot to keep.
			const { protocol, hostname, port, path, method, headers, agent } = options;
			const proxied: ProxiedRequestOptions = { giveUpSignal: signal };
			const outgoing = request({ protocol, hostname, port, path, method, headers, agent, ...proxied }, onResponse);
			outgoing.once('response', events.onAnswer);
			outgoing.once('socket', (socket: Socket & Partial<TLSSocket & { secureConnecting: boolean }>) => {
				if (isTls && !socket.encrypted) return events.onProxyAnswer();
				// Node holds the request back until the connection stands; over TLS, until the handshake is done.
				const isPending = isTls ? socket.secureConnecting : socket.connecting;
				if (isPending) socket.once(isTls ? 'secureConnect' : 'connect', events.onSent);
				else events.onSent();
			});
			return outgoing;
		},
	};
}
