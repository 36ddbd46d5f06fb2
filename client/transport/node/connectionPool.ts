import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
import { getProxyForUrl } from 'proxy-from-env';

import type { EgressPolicy } from '../egress';
import { proxyAgent } from './proxyAgent';

/**
 * How long an unused connection is kept, in ms. Shorter than the 5 s after which many servers close theirs: a start that
 * is written to a connection which the server is just closing would have to be reported as "may have run".
 */
const IDLE_CONNECTION_MS = 4_000;

/**
 * Keep-alive connections to the service, directly or through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name.
 * n8n's own helper opens a new TCP and TLS connection per call; reusing them is what makes us fast.
 */
export class ConnectionPool {
	readonly #agents = new Map<string, http.Agent>();

	constructor(private readonly egress: EgressPolicy) {}

	/** The agent that reaches `url`; TLS certificates are always verified. */
	agentFor(url: string): http.Agent {
		const origin = url.slice(0, url.indexOf('/', 'https://'.length));
		let agent = this.#agents.get(origin);
		if (!agent) {
			agent = this.#create(url.startsWith('https:'), getProxyForUrl(url));
			this.#agents.set(origin, agent);
		}
		return agent;
	}

	/** Closes every connection, used or not. */
	close(): void {
		for (const agent of this.#agents.values()) agent.destroy();
		this.#agents.clear();
	}

	#create(isTls: boolean, proxy: string): http.Agent {
		const options = {
			keepAlive: true,
			timeout: IDLE_CONNECTION_MS,
			// Many long polls end at the same time; by default only 256 of their connections would be kept.
			maxFreeSockets: Infinity,
			...(isTls ? { rejectUnauthorized: true } : {}),
		};
		// The proxy resolves the service's name, so the secure lookup has nothing to look up there.
		if (proxy) return proxyAgent(proxy, isTls, options);
		const lookup = this.egress.lookup ? { lookup: this.egress.lookup } : {};
		if (!isTls) return new http.Agent({ ...options, ...lookup });
		// Node would make one for each connection: 25 kB each.
		const secureContext = createSecureContext();
		return new TlsAgent({ ...options, ...lookup, secureContext });
	}
}

/** Node 24 keeps the callback of a new connection for as long as the connection lives, and with it all of its first request. */
class TlsAgent extends https.Agent {
	override createConnection(options: https.RequestOptions) {
		// The connection comes back from here as well.
		return super.createConnection(options);
	}
}
