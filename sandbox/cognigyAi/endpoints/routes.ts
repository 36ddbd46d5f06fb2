import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod/v4';
import type { WireAnswer } from '../../http/answers';
import type { EndpointOperation } from '../contract';
import type { Exchange } from '../exchanges';
import { withoutSecrets } from '../journalEntry';
import { bodyAs, parseBody, stringField } from '../readBody';
import { jsonAnswer, serve } from '../serve';
import type { Service } from '../service';
import { inject, INJECT_ANSWER, injectFields, notify, NOTIFY_ANSWER } from './injectNotify';
import { activeEndpoint, endpointOf } from './lookup';
import { takeMessage } from './message';
import { endpointError } from './refusals';

type TokenRequest = FastifyRequest<{ Params: { urlToken: string } }>;
type Run = (service: Service, request: TokenRequest) => WireAnswer | Promise<WireAnswer>;

interface Route {
	operation: EndpointOperation;
	/** What goes before the token. */
	path: '/' | '/test/' | '/inject/' | '/notify/';
	run: Run;
}

const injectBody = z.object(injectFields);

const routes: readonly Route[] = [
	{ operation: 'message', path: '/', run: runMessage(false) },
	{ operation: 'message', path: '/test/', run: runMessage(true) },
	{
		operation: 'inject',
		path: '/inject/',
		run: (service, { params, body }) => {
			inject(service, activeEndpoint(service, params.urlToken), bodyAs(injectBody, asText(body)));
			return jsonAnswer(200, INJECT_ANSWER);
		},
	},
	{
		operation: 'notify',
		path: '/notify/',
		run: (service, { params, body }) => {
			notify(service, activeEndpoint(service, params.urlToken), bodyAs(injectBody, asText(body)));
			return jsonAnswer(200, NOTIFY_ANSWER);
		},
	},
];

/**
 * The routes of the Endpoint service over HTTP (docs/protocol-cognigy-ai.md#inject-and-notify, #rest-endpoints and
 * #webhook-endpoints).
 */
export function addEndpointRoutes(app: FastifyInstance, service: Service): void {
	for (const { operation, path, run } of routes) {
		app.route<{ Params: { urlToken: string } }>({
			method: 'POST',
			url: `${path}:urlToken`,
			onRequest: (request, reply, done) => {
				const shownPath = `${path}{URLToken}`;
				const beginning = { via: 'endpoint', method: 'POST', path: shownPath, operation } as const;
				request.setDecorator('exchange', service.exchanges.beginHttp(beginning, request.raw, reply.raw));
				done();
			},
			handler: (request, reply) => {
				noteWhatIsAskedFor(service, request);
				return serve(
					service,
					{
						operation,
						run: () => run(service, request),
						refuse: (refusal) => endpointError(refusal, service.settings.endpointErrors),
					},
					request,
					reply,
				);
			},
		});
	}
}

function runMessage(testMode: boolean): Run {
	return (service, { params, body, headers }) => {
		const key = headers['x-webhook-key'];
		return takeMessage(service, {
			endpoint: activeEndpoint(service, params.urlToken),
			body: asText(body),
			testMode,
			webhookKey: typeof key === 'string' ? key : undefined,
		});
	};
}

/** For the journal, and for faults that are meant for certain calls only. */
function noteWhatIsAskedFor({ resources }: Service, request: TokenRequest): void {
	const { entry } = request.getDecorator<Exchange>('exchange');
	const json = parseBody(asText(request.body))?.json;
	entry.endpoint = endpointOf(resources, request.params.urlToken)?.name ?? null;
	entry.userId = stringField(json, 'userId');
	entry.sessionId = stringField(json, 'sessionId');
	entry.body = withoutSecrets(json);
}

function asText(body: unknown): string {
	return typeof body === 'string' ? body : '';
}
