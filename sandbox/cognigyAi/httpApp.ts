import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { send, type WireAnswer } from '../http/answers';
import { isForControl } from '../http/control';
import { keepAliveSilently, serverFactory, type Http2Options } from '../http/httpServer';
import type { TlsMaterial } from '../http/tls';
import type { Exchange } from './exchanges';
import { notFound, Refusal } from './refusal';
import type { Service } from './service';

/** A path segment may be this long. What is too long for an id is the service's to refuse, so the router lets it pass. */
const MAX_PARAM_LENGTH = 4096;

/** How one of the two hosts differs from the other. */
export interface HostOptions extends Http2Options {
	via: 'api' | 'endpoint';
	tls: TlsMaterial | undefined;
	bodyLimit: number;
	shouldUpgradeCallback: (request: IncomingMessage) => boolean;
	refuse: (refusal: Refusal, request: FastifyRequest) => WireAnswer;
	/** How a path that is not known may be shown. */
	shownPath: (request: IncomingMessage) => string;
}

/** An HTTP server without its routes: connections, bodies as text, and errors in the form of the host. */
export function createApp(service: Service, host: HostOptions): FastifyInstance {
	const { connections, exchanges, settings } = service;
	const { via, tls, http, maxConcurrentStreams, bodyLimit, shouldUpgradeCallback, refuse, shownPath } = host;
	const app = fastify({
		exposeHeadRoutes: false,
		forceCloseConnections: true,
		bodyLimit,
		routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
		serverFactory: serverFactory({
			tls,
			http,
			maxConcurrentStreams,
			keepAliveTimeoutMs: settings.keepAliveTimeoutMs,
			connections,
			shouldUpgradeCallback,
		}),
		frameworkErrors: ({ statusCode = 400 }, request, reply) => {
			// Its own message would repeat the URL, in which there may be a token.
			const refusal = new Refusal(statusCode, statusCode, 'The path is malformed.');
			void sayNo(begin(request, reply), refusal, request, reply);
		},
	});

	app.decorateRequest('exchange', null);
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
	app.addHook('onRequest', (request, reply, done) => {
		keepAliveSilently(request, reply);
		done();
	});
	app.setNotFoundHandler((request, reply) =>
		sayNo(begin(request, reply), notFound('There is no such route.'), request, reply),
	);
	app.setErrorHandler<FastifyError | Refusal>((error, request, reply) =>
		sayNo(request.getDecorator<Exchange | null>('exchange'), error, request, reply),
	);
	return app;

	function begin(request: FastifyRequest, reply: FastifyReply): Exchange | null {
		if (isForControl(request.raw)) return null;
		const { method } = request;
		const beginning = { via, method, path: shownPath(request.raw), operation: 'other' } as const;
		return exchanges.beginHttp(beginning, request.raw, reply.raw);
	}

	function sayNo(
		exchange: Exchange | null,
		error: FastifyError | Refusal,
		request: FastifyRequest,
		reply: FastifyReply,
	): FastifyReply {
		const refusal = error instanceof Refusal ? error : asRefusal(error);
		const answer = refuse(refusal, request);
		if (exchange) {
			exchange.entry.refusal = refusal.message;
			exchange.answered(answer.status);
		}
		return send(reply, answer);
	}
}

function asRefusal({ statusCode = 500, message }: FastifyError): Refusal {
	return new Refusal(statusCode, statusCode === 500 ? 1008 : statusCode, message);
}
