import type http from 'node:http';
import type https from 'node:https';
import type { Socket } from 'node:net';
import { checkServerIdentity, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';

import { toTransportFailure } from '../failures';
import { TransportFailure } from '../transportFailure';
import { SpareConnections, type AdoptingAgent } from './spareConnections';

/** What a request may tell the agent of a proxy besides Node's own options. */
export interface ProxiedRequestOptions {
	/** Ends the wait for a proxy that does not answer. Node keeps its own option `signal` from agents. */
	giveUpSignal?: AbortSignal;
}

/** Keep-alive connections through a proxy that passes requests on, for http. */
export function forwardAgent(proxy: string, options: http.AgentOptions): http.Agent {
	return pooling(new ForwardAgent(proxy, options), options);
}

/** Keep-alive connections through a proxy that opens tunnels, for https. */
export function tunnelPool(proxy: string, options: https.AgentOptions): AdoptingAgent {
	return pooling(new TunnelAgent(proxy, options), options);
}

/** The proxy agents drop the options that Node reads for every request and when a connection becomes idle. */
function pooling<Agent extends http.Agent & { options: object }>(agent: Agent, options: http.AgentOptions): Agent {
	return Object.assign(agent, { options: { ...options, ...agent.options } });
}

/** One connection through a proxy that opens a tunnel, for ws as for wss: proxies do not pass upgrades on. */
export function tunnelAgent(proxy: string, options: https.AgentOptions): HttpsProxyAgent<string> {
	return new TunnelAgent(proxy, options);
}

/** The same for a library that passes no options of ours on to the agent. */
export function tunnelAgentWithin(giveUpSignal: AbortSignal, proxy: string): HttpsProxyAgent<string> {
	return new TunnelAgent(proxy, {}, giveUpSignal);
}

class TunnelAgent extends HttpsProxyAgent<string> {
	readonly #giveUpSignal: AbortSignal | undefined;
	readonly #spare = new SpareConnections();

	constructor(proxy: string, options: https.AgentOptions, giveUpSignal?: AbortSignal) {
		super(proxy, options);
		this.#giveUpSignal = giveUpSignal;
	}

	override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>): Promise<Socket> {
		const spare = this.#spare.take();
		if (spare) return spare;
		const { host = '' } = options;
		const ownHost: ConnectionOptions = {
			// A service known by its IP address has no name to send along; Node would then ask for the proxy's, or localhost's.
			checkServerIdentity: checkedAs(host.replace(/^\[|\]$/g, '')),
		};
		const verified = { ...options, ...ownHost };
		const limited = this.#giveUpSignal ? { giveUpSignal: this.#giveUpSignal } : options;
		return await untilGivenUp(this, limited, async (agent) => await super.connect.call(agent, request, verified));
	}

	adopt(socket: TLSSocket): void {
		this.#spare.add(socket);
	}

	override destroy(): void {
		super.destroy();
		this.#spare.close();
	}
}

/** Lives as long as the connection, so it must hold on to nothing of the first request. */
function checkedAs(host: string): NonNullable<ConnectionOptions['checkServerIdentity']> {
	return (_name, certificate) => checkServerIdentity(host, certificate);
}

class ForwardAgent extends HttpProxyAgent<string> {
	override async connect(...[request, options]: Parameters<HttpProxyAgent<string>['connect']>): Promise<Socket> {
		return await untilGivenUp(this, options, async (agent) => await super.connect.call(agent, request, options));
	}
}

/** Closes the connection to the proxy when its request is given up first: nobody else knows of it until it stands. */
async function untilGivenUp<Agent extends Pick<HttpsProxyAgent<string>, 'connectOpts'>>(
	agent: Agent,
	options: object,
	connect: (agent: Agent) => Promise<Socket>,
): Promise<Socket> {
	const { giveUpSignal } = options as ProxiedRequestOptions;
	const controller = new AbortController();
	const giveUp = () => controller.abort();
	if (giveUpSignal?.aborted) giveUp();
	giveUpSignal?.addEventListener('abort', giveUp, { once: true });
	const connectOpts = { ...agent.connectOpts, signal: controller.signal };
	try {
		return await connect(Object.create(agent, { connectOpts: { value: connectOpts } }) as Agent);
	} catch (error) {
		if (giveUpSignal?.aborted) throw error;
		// What went wrong so far went wrong between us and the proxy: the service is not to blame.
		const { message } = toTransportFailure(error, false);
		throw new TransportFailure('proxy', `the proxy could not be used: ${message}`, false);
	} finally {
		// From now on the connection belongs to the pool, and outlives the request.
		giveUpSignal?.removeEventListener('abort', giveUp);
	}
}
