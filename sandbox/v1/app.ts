import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Refusal, refusalAnswer, send, toWire } from '../http/answers';
import type { Connections } from '../http/connections';
import { CHANNEL_PATH } from './contract';
import type { Exchange, Exchanges } from '../journal/exchanges';
import { isForControl } from '../http/control';
import { keepAliveSilently, pathOf, serverFactory, type Http2Options } from '../http/httpServer';
import type { TlsMaterial } from '../http/tls';

/** A path segment may be this long. What is too long for an id is the service's to refuse, so the router lets it pass. */
const MAX_PARAM_LENGTH = 4096;

export interface AppOptions extends Http2Options {
	tls: TlsMaterial | undefined;
	keepAliveTimeoutMs: number;
	connections: Connections;
	exchanges: Exchanges;
}

/** The HTTP server without its routes: connections, bodies as text, and errors in the contract's form. */
export function createApp({ exchanges, ...options }: AppOptions): FastifyInstance {
	const app = fastify({
		exposeHeadRoutes: false,
		forceCloseConnections: true,
		routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
		serverFactory: serverFactory({
			...options,
			shouldUpgradeCallback: (request) => pathOf(request) === CHANNEL_PATH,
		}),
		frameworkErrors: ({ statusCode = 400 }, request, reply) => {
			// Its own message would repeat the URL, in which clients may carry secrets.
			void refuse(begin(request, reply), new Refusal(statusCode, 'bad_request', 'The path is malformed.'), reply);
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
		refuse(begin(request, reply), new Refusal(404, 'not_found', 'There is no such route.'), reply),
	);
	app.setErrorHandler<FastifyError | Refusal>((error, request, reply) =>
		refuse(request.getDecorator<Exchange | null>('exchange'), error, reply),
	);
	return app;

	function begin(request: FastifyRequest, reply: FastifyReply): Exchange | null {
		return isForControl(request.raw) ? null : exchanges.begin('other', request.raw, reply.raw);
	}
}

function refuse(exchange: Exchange | null, error: FastifyError | Refusal, reply: FastifyReply): FastifyReply {
	const refusal = error instanceof Refusal ? error : asRefusal(error);
	const answer = toWire(refusalAnswer(refusal));
	if (exchange && !reply.raw.destroyed) {
		exchange.entry.refusal = refusal.message;
		exchange.answered(answer.status);
		exchange.end();
	}
	return send(reply, answer);
}

function asRefusal({ statusCode = 500, message }: FastifyError): Refusal {
	return new Refusal(statusCode, statusCode < 500 ? 'bad_request' : 'internal', message);
}
