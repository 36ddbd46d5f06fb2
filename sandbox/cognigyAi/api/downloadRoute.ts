import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WireAnswer } from '../../http/answers';
import type { Exchange } from '../exchanges';
import { notFound } from '../refusal';
import { serve } from '../serve';
import type { Service } from '../service';
import { authenticate } from './access';
import { problem } from './problem';

/** As logs and journal show it: whoever has a link has the file. */
const SHOWN_PATH = '/new/downloads/{link}';

type WithLink = { Params: { token: string } };

/**
 * The files of packages. On the API's host they need the API key; on the other one, which stands for storage that is not
 * Cognigy's, they need none, and a key that is sent shows in the journal.
 */
export function addDownloadRoute(app: FastifyInstance, service: Service, via: 'api' | 'endpoint'): void {
	app.route<WithLink>({
		method: 'GET',
		url: '/new/downloads/:token',
		onRequest: (request, reply, done) => {
			const beginning = { via, method: 'GET', path: SHOWN_PATH, operation: 'download' } as const;
			request.setDecorator('exchange', service.exchanges.beginHttp(beginning, request.raw, reply.raw));
			done();
		},
		handler: (request, reply) =>
			serve(
				service,
				{
					operation: 'download',
					run: () => download(service, via, request),
					refuse: (refusal) => problem(refusal, SHOWN_PATH),
				},
				request,
				reply,
			),
	});
}

function download(service: Service, via: 'api' | 'endpoint', request: FastifyRequest<WithLink>): WireAnswer {
	const { entry } = request.getDecorator<Exchange>('exchange');
	const { token } = request.params;
	if (via === 'api') authenticate(service, request.raw, entry);
	else if (request.headers['x-api-key'] !== undefined) entry.key = 'sent to another origin';
	const redirect = via === 'api' ? service.packages.redirect(token) : undefined;
	if (redirect !== undefined) return { status: 302, headers: { location: redirect }, body: '' };
	const file = service.packages.take(token);
	if (!file) throw notFound('This link does not work (any more).');
	return {
		status: 200,
		headers: { 'content-type': 'application/zip' },
		body: file.bytes.toString('latin1'),
		bytes: file.bytes,
	};
}
