import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { FastifyReply, FastifyRequest, FastifyServerFactory } from 'fastify';
import type { Connections } from './connections';
import { createTlsMaterial, type TlsMaterial } from './tls';

/** The versions of HTTP that a client can choose from over TLS; without TLS there is only 1.1. */
export const HTTP_VERSIONS = ['both', '1.1', '2'] as const;
export type HttpVersions = (typeof HTTP_VERSIONS)[number];

export interface Http2Options {
	/** Default `both`. */
	http?: HttpVersions | undefined;
	/** How many requests a connection of HTTP/2 may carry at once. Default 100. */
	maxConcurrentStreams?: number | undefined;
}

/** What many servers allow, and what the RFC says not to go below. */
const DEFAULT_STREAMS = 100;

export interface HttpServerOptions extends Http2Options {
	tls: TlsMaterial | undefined;
	keepAliveTimeoutMs: number;
	connections: Connections;
	/** Whatever else asks for an upgrade, to HTTP/2 for one, is served as if it had not. */
	shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

/** Makes the HTTP or HTTPS server below a Fastify app. */
export function serverFactory({
	tls,
	http = 'both',
	maxConcurrentStreams = DEFAULT_STREAMS,
	keepAliveTimeoutMs,
	connections,
	shouldUpgradeCallback,
}: HttpServerOptions): FastifyServerFactory<Server> {
	return (handler) => {
		const server = create();
		server.keepAliveTimeout = keepAliveTimeoutMs;
		// Newer versions of Node wait a second longer than told, which is of no use here.
		server.keepAliveTimeoutBuffer = 0;
		connections.watch(server);
		return server;

		function create(): Server {
			if (!tls) return createHttpServer({ shouldUpgradeCallback }, handler);
			if (http === '1.1') return createHttpsServer({ ...tls, shouldUpgradeCallback }, handler);
			const settings = { maxConcurrentStreams };
			const options = { ...tls, settings, allowHTTP1: http === 'both', shouldUpgradeCallback };
			// Its requests and answers only look the same, which is enough for Fastify, and for what is done with them here.
			return createSecureServer(options, handler as never) as unknown as Server;
		}
	};
}

/** Naming the header ourselves keeps Node from adding `Keep-Alive: timeout=…`, which would warn clients of the end. */
export function keepAliveSilently({ headers, raw }: FastifyRequest, reply: FastifyReply): void {
	if (raw.httpVersionMajor > 1) return;
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
