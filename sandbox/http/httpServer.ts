import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { FastifyReply, FastifyRequest, FastifyServerFactory } from 'fastify';
import type { Connections } from './connections';
import { createTlsMaterial, type TlsMaterial } from './tls';

export interface HttpServerOptions {
	tls: TlsMaterial | undefined;
	keepAliveTimeoutMs: number;
	connections: Connections;
	/** Whatever else asks for an upgrade, to HTTP/2 for one, is served as if it had not. */
	shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

/** Makes the HTTP or HTTPS server below a Fastify app. */
export function serverFactory({
	tls,
	keepAliveTimeoutMs,
	connections,
	shouldUpgradeCallback,
}: HttpServerOptions): FastifyServerFactory<Server> {
	return (handler) => {
		const server = tls
			? createHttpsServer({ ...tls, shouldUpgradeCallback }, handler)
			: createHttpServer({ shouldUpgradeCallback }, handler);
		server.keepAliveTimeout = keepAliveTimeoutMs;
		// Newer versions of Node wait a second longer than told, which is of no use here.
		server.keepAliveTimeoutBuffer = 0;
		connections.watch(server);
		return server;
	};
}

/** Naming the header ourselves keeps Node from adding `Keep-Alive: timeout=…`, which would warn clients of the end. */
export function keepAliveSilently({ headers }: FastifyRequest, reply: FastifyReply): void {
	if (headers.connection?.toLowerCase() !== 'close') reply.raw.setHeader('connection', 'keep-alive');
}

/** Without the query, in which clients may carry secrets. */
export function pathOf(request: IncomingMessage): string {
	return (request.url ?? '').split('?', 1).join();
}

/**
 * Where a server that listens is reached.
 *
 * @param host what it was told to listen on
 */
export function addressOf(server: Server, host: string): { authority: string; port: number } {
	// Listening on a host and a port, the server has an address with both.
	const { port } = server.address() as AddressInfo;
	return { authority: `${hostInUrl(host)}:${port}`, port };
}

/** @param tls true: a certificate is made for this run; else it is given, or there is none */
export async function tlsMaterial(tls: boolean | TlsMaterial | undefined): Promise<TlsMaterial | undefined> {
	if (!tls) return undefined;
	return tls === true ? await createTlsMaterial() : tls;
}

/** A server that listens everywhere is reached on this machine. */
function hostInUrl(host: string): string {
	if (host === '0.0.0.0' || host === '::') return 'localhost';
	return host.includes(':') ? `[${host}]` : host;
}
