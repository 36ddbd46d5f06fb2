import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import axios, { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';

import { toTransportFailure } from '../failures';
import type { FileResponse, HttpRequest } from '../http';
import { stoppedBefore, TransportFailure } from '../transportFailure';
import { USER_AGENT, type Exchange } from './exchange';
import type { ProxiedRequestOptions } from './proxyAgent';

/**
 * The part of axios that sends. What stands before it merges each request with axios's defaults, which takes as long as
 * the sending, and none of it is for us: our bodies are text already.
 */
const sendOverHttp = axios.getAdapter('http');

const settings = {
	responseType: 'arraybuffer',
	validateStatus: () => true,
	// A redirect would carry the bearer token to wherever the answer points.
	maxRedirects: 0,
	// The pool's agents know the proxy.
	proxy: false,
} satisfies Partial<InternalAxiosRequestConfig>;

/** A request over Node's own http(s) by axios, which is watched: when it leaves, and who answers. */
export class Http1Exchange implements Exchange {
	readonly wantsHttp1 = false;
	/** From then on bytes of the request may have reached the service (guarantee 1). */
	#isSent = false;
	/** The proxy answers by itself: it did not open the tunnel. */
	#isProxyAnswer = false;
	/** The head of the answer is there; the rest may never come. */
	#answerBegan = false;

	/** @param maxBytes that are read of the answer, counted after decompression */
	constructor(
		private readonly agent: http.Agent,
		private readonly asked: HttpRequest,
		private readonly maxBytes: number,
	) {}

	async send(): Promise<FileResponse> {
		const { method, url, headers, body, signal } = this.asked;
		try {
			// Axios would send what was stopped just now, and could not stop it any more.
			if (signal.aborted) throw stoppedBefore();
			const answer = await sendOverHttp({
				...settings,
				method,
				url,
				headers: new AxiosHeaders({ 'User-Agent': USER_AGENT, ...headers }),
				data: body,
				signal,
				maxContentLength: this.maxBytes,
				httpAgent: this.agent,
				httpsAgent: this.agent,
				transport: this,
			});
			const { status } = answer;
			if (this.#isProxyAnswer) {
				throw new TransportFailure('proxy', `the proxy refused the connection with status ${status}`, false);
			}
			const data: unknown = answer.data;
			const bytes = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
			return { status, headers: answer.headers as FileResponse['headers'], bytes };
		} catch (error) {
			const { kind, message, requestSent } = toTransportFailure(error, this.#isSent);
			throw new TransportFailure(kind, message, requestSent, this.#answerBegan);
		}
	}

	/** Takes the place of `http` and `https` for axios. */
	request(options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void): http.ClientRequest {
		const { url, signal: giveUpSignal } = this.asked;
		const isTls = url.startsWith('https:');
		// A connection keeps the options of its first request: those of axios would be a lot to keep.
		const { protocol, hostname, port, path, method, headers, agent } = options;
		const proxied: ProxiedRequestOptions = { giveUpSignal };
		const { request } = isTls ? https : http;
		const outgoing = request({ protocol, hostname, port, path, method, headers, agent, ...proxied }, onResponse);
		outgoing.once('response', () => (this.#answerBegan = true));
		outgoing.once('socket', (socket: Socket & Partial<TLSSocket & { secureConnecting: boolean }>) => {
			if (isTls && !socket.encrypted) {
				this.#isProxyAnswer = true;
				return;
			}
			const onSent = () => (this.#isSent = true);
			// Node holds the request back until the connection stands; over TLS, until the handshake is done.
			const isPending = isTls ? socket.secureConnecting : socket.connecting;
			if (isPending) socket.once(isTls ? 'secureConnect' : 'connect', onSent);
			else onSent();
		});
		return outgoing;
	}
}
