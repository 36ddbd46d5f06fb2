import http from 'node:http';
import https from 'node:https';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { getProxyForUrl } from 'proxy-from-env';

import type { Clock } from '../../time/clock';
import type { EgressPolicy } from '../egress';
import { forwardAgent, tunnelPool } from './proxyAgent';
import { SecureOrigin, type Way } from './secureOrigin';
import { SpareConnections } from './spareConnections';

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
	readonly #secureOrigins = new Map<string, SecureOrigin>();

	constructor(
		private readonly egress: EgressPolicy,
		private readonly clock: Clock,
	) {}

	/**
	 * The way for one request to `url`; TLS certificates are always verified. A place on a connection of HTTP/2 is kept for it.
	 * @throws {TransportFailure} when no connection comes about; nothing was sent
	 */
	async wayTo(url: string, signal: AbortSignal): Promise<Way> {
		if (url.startsWith('https:')) return await this.#secureOrigin(url).way(signal);
		const origin = originOf(url);
		let agent = this.#agents.get(origin);
		if (!agent) {
			agent = this.#plainAgent(getProxyForUrl(url));
			this.#agents.set(origin, agent);
		}
		return { agent };
	}

	/** The service at `url` wants HTTP/1.1, whatever it offered. */
	useHttp1(url: string): void {
		this.#secureOrigin(url).useHttp1();
	}

	/** Closes every connection, used or not. */
	close(): void {
		for (const agent of this.#agents.values()) agent.destroy();
		this.#agents.clear();
		for (const origin of this.#secureOrigins.values()) origin.close();
		this.#secureOrigins.clear();
	}

	#plainAgent(proxy: string): http.Agent {
		return proxy ? forwardAgent(proxy, agentOptions) : new http.Agent({ ...agentOptions, ...this.#lookup() });
	}

	#secureOrigin(url: string): SecureOrigin {
		const origin = originOf(url);
		const known = this.#secureOrigins.get(origin);
		if (known) return known;
		const proxy = getProxyForUrl(url);
		// Node would make one for each connection: 25 kB each.
		const secureContext = createSecureContext();
		const options = { ...agentOptions, rejectUnauthorized: true };
		// The proxy resolves the service's name, so the secure lookup has nothing to look up there.
		const lookup = proxy ? {} : this.#lookup();
		const created = new SecureOrigin({
			origin,
			proxy,
			secureContext,
			...lookup,
			agent: proxy ? tunnelPool(proxy, options) : new TlsAgent({ ...options, ...lookup, secureContext }),
			clock: this.clock,
			idleMs: IDLE_CONNECTION_MS,
		});
		this.#secureOrigins.set(origin, created);
		return created;
	}

	#lookup() {
		return this.egress.lookup ? { lookup: this.egress.lookup } : {};
	}
}

const agentOptions = {
	keepAlive: true,
	timeout: IDLE_CONNECTION_MS,
	// Many long polls end at the same time; by default only 256 of their connections would be kept.
	maxFreeSockets: Infinity,
};

const originOf = (url: string) => url.slice(0, url.indexOf('/', 'https://'.length));

class TlsAgent extends https.Agent {
	readonly #spare = new SpareConnections();

	/** Node 24 keeps the callback of a new connection for as long as the connection lives, and with it all of its first request. */
	override createConnection(options: https.RequestOptions) {
		// The connection comes back from here as well.
		return this.#spare.take() ?? super.createConnection(options);
	}

	adopt(socket: TLSSocket): void {
		this.#spare.add(socket);
	}

	override destroy(): void {
		super.destroy();
		this.#spare.close();
	}
}
