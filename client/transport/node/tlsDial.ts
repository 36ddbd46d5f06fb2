import { EventEmitter, once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { isIP, type LookupFunction } from 'node:net';
import { connect, type ConnectionOptions, type SecureContext, TLSSocket } from 'node:tls';

import { toTransportFailure } from '../failures';
import { stoppedBefore, TransportFailure } from '../transportFailure';
import { tunnelAgent, type ProxiedRequestOptions } from './proxyAgent';

/** In the order of our liking. */
const PROTOCOLS = ['h2', 'http/1.1'];

export interface TlsDialOptions {
	/** Scheme, host and port. */
	origin: string;
	/** Address of the proxy on the way; empty: there is none. */
	proxy: string;
	secureContext: SecureContext;
	/** Not for what goes through a proxy, which looks names up itself. */
	lookup?: LookupFunction | undefined;
}

/**
 * Opens a TLS connection, directly or through a proxy's tunnel, and lets the service choose the version of HTTP.
 * @param signal ends the attempt
 * @throws {TransportFailure} when none came about; nothing was sent
 */
export async function dialTls(options: TlsDialOptions, signal: AbortSignal): Promise<TLSSocket> {
	let socket: TLSSocket | undefined;
	const stop = () => socket?.destroy(stoppedBefore());
	signal.addEventListener('abort', stop, { once: true });
	try {
		socket = options.proxy ? await tunnel(options, signal) : direct(options);
		if (signal.aborted) stop();
		await once(socket, 'secureConnect');
		return socket;
	} catch (error) {
		socket?.destroy();
		throw toTransportFailure(error, false);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}

const tlsOptions = ({ secureContext }: TlsDialOptions): ConnectionOptions => ({
	ALPNProtocols: PROTOCOLS,
	rejectUnauthorized: true,
	secureContext,
});

function addressOf({ origin }: TlsDialOptions): { host: string; port: number; servername?: string } {
	const { hostname, port } = new URL(origin);
	const host = hostname.replace(/^\[|\]$/g, '');
	// An IP address is no name to send along.
	return { host, port: Number(port || 443), ...(isIP(host) ? {} : { servername: host }) };
}

function direct(options: TlsDialOptions): TLSSocket {
	const { lookup } = options;
	return connect({ ...addressOf(options), ...tlsOptions(options), ...(lookup ? { lookup } : {}) });
}

async function tunnel(options: TlsDialOptions, giveUpSignal: AbortSignal): Promise<TLSSocket> {
	const agent = tunnelAgent(options.proxy, {});
	let status = 0;
	agent.once('proxyConnect', ({ statusCode }: { statusCode: number }) => (status = statusCode));
	const proxied: ProxiedRequestOptions = { giveUpSignal };
	// The agent only tells a request what happens; there is none yet.
	const nobody = new EventEmitter() as ClientRequest;
	const target = { ...addressOf(options), ...tlsOptions(options), ...proxied, secureEndpoint: true } as const;
	const socket = await agent.connect(nobody, target);
	if (socket instanceof TLSSocket) return socket;
	socket.destroy();
	throw new TransportFailure('proxy', `the proxy refused the connection with status ${status}`, false);
}
