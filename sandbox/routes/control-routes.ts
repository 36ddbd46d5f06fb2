import type { FastifyInstance } from 'fastify';
import { Refusal } from '../answers';
import { InvalidFault, parseFault, type Fault } from '../faults/fault';
import type { FaultPlan } from '../faults/fault-plan';
import type { Service } from '../service';

export const controlPrefix = '/sandbox/';

/** How many sessions a list shows. */
const maxListed = 1000;

/**
 * The sandbox's own routes, which the real service does not have: faults on request, and a look inside. They need no
 * login and are in no journal, stats or log.
 */
export function addControlRoutes(
	app: FastifyInstance,
	{ service, faults }: { service: Service; faults: FaultPlan },
): void {
	const { sessions, runtimeStates, stats, tokens } = service;

	app.post('/sandbox/faults', async (request, reply) => {
		const fault = readFault(request.body);
		faults.add(fault);
		return reply.code(201).send({ injected: fault });
	});
	app.delete('/sandbox/faults', async () => ({ cleared: faults.clear() }));
	app.get('/sandbox/sessions', async () => {
		const all = sessions.all();
		return { total: all.length, newestFirst: all.slice(-maxListed).reverse() };
	});
	app.get<{ Params: { sessionId: string } }>('/sandbox/sessions/:sessionId', async ({ params }) => {
		const session = sessions.get(params.sessionId);
		const runtime = runtimeStates.get(params.sessionId);
		if (!session && !runtime) throw new Refusal(404, 'not_found', 'No such session is running or was reset.');
		return { ...session, runtime };
	});
	app.get('/sandbox/stats', async () => stats.snapshot());
	app.post('/sandbox/reset-stats', async () => {
		stats.reset();
		return stats.snapshot();
	});
	app.post('/sandbox/expire-tokens', async () => ({ expired: tokens.expireAll() }));
}

/** Takes any content type: whoever types a fault into curl need not name it. */
function readFault(body: unknown): Fault {
	try {
		return parseFault(JSON.parse(typeof body === 'string' ? body : ''));
	} catch (error) {
		if (error instanceof SyntaxError) throw new Refusal(400, 'bad_request', 'The body must be a fault as JSON.');
		if (error instanceof InvalidFault) throw new Refusal(400, 'bad_request', error.message);
		throw error;
	}
}
