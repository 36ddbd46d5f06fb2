import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { toTransportFailure } from '../failures';
import type { HttpRequest } from '../http';
import { TransportFailure } from '../transportFailure';
import type { AxiosExchange } from './axiosExchange';
import type { ProxiedRequestOptions } from './proxyAgent';

/** A request of axios over Node's own http(s), which is watched: when it leaves, and who answers. */
export class Http1Exchange implements AxiosExchange {
	readonly wantsHttp1 = false;
	/** From then on bytes of the request may have reached the service (guarantee 1). */
	#isSent = false;
	/** The proxy answers by itself: it did not open the tunnel. */
	#isProxyAnswer = false;
	/** The head of the answer is there; the rest may never come. */
	#answerBegan = false;

	constructor(
		private readonly agent: http.Agent,
		private readonly asked: HttpRequest,
	) {}

	get config(): AxiosExchange['config'] {
		return { httpAgent: this.agent, httpsAgent: this.agent, transport: this };
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

	check(status: number): void {
		if (!this.#isProxyAnswer) return;
		throw new TransportFailure('proxy', `the proxy refused the connection with status ${status}`, false);
	}

	failure(error: unknown): TransportFailure {
		const { kind, message, requestSent } = toTransportFailure(error, this.#isSent);
		return new TransportFailure(kind, message, requestSent, this.#answerBegan);
	}

	finish(): void {}
}
