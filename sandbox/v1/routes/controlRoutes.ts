import type { FastifyInstance } from 'fastify';
import * as z from 'zod/v4';
import { asText, listed } from '../../http/control';
import { Refusal } from '../../http/answers';
import { MESSAGE_TYPES } from '../contract';
import { NoSuchSession } from '../conversations';
import { InvalidFault } from '../../faults/parseAs';
import { isForOutcome, type OutcomeFault, type OutcomeFaultRequest } from '../../outcomes/outcomeFault';
import type { Outcomes } from '../../outcomes/outcomes';
import { parseFault, type Fault } from '../faults/fault';
import type { FaultPlan } from '../faults/faultPlan';
import { END_STATUSES, type EndStatus } from '../mailbox';
import { bodyAs, readBody } from '../operations/call';
import type { Service } from '../service';

const messageBody = z.object({ text: z.string(), type: z.enum(MESSAGE_TYPES).default('bot') }).strict();

interface SessionParams {
	sessionId: string;
}

/**
 * The sandbox's own routes, which the real service does not have: faults on request, a look inside, and a hand in what is
 * said. They need no login and are in no journal, stats or log.
 */
export function addControlRoutes(
	app: FastifyInstance,
	{ service, faults, outcomes }: { service: Service; faults: FaultPlan; outcomes: Outcomes },
): void {
	const { sessions, conversations, runtimeStates, stats, tokens } = service;

	app.post('/sandbox/faults', async (request, reply) => {
		const injected = injectFault(request.body);
		return reply.code(201).send({ injected });
	});
	app.delete('/sandbox/faults', async () => ({ cleared: faults.clear() + outcomes.clearFaults() }));
	app.get('/sandbox/sessions', async () => listed(sessions.all()));
	app.get<{ Params: SessionParams }>('/sandbox/sessions/:sessionId', async ({ params }) => {
		const session = sessions.get(params.sessionId);
		const runtime = runtimeStates.get(params.sessionId);
		if (!session && !runtime) throw new Refusal(404, 'not_found', 'No such session is running or was reset.');
		return { ...session, runtime };
	});
	app.post<{ Params: SessionParams }>('/sandbox/sessions/:sessionId/messages', async ({ params, body }, reply) => {
		const { text, type } = bodyAs(messageBody, { body: readBody(asText(body), 'application/json') });
		const { sessionId } = params;
		const said = inSession(() =>
			type === 'user' ? conversations.hear(sessionId, text) : conversations.say(sessionId, type, text),
		);
		return reply.code(201).send({ said });
	});
	app.delete<{ Params: SessionParams; Querystring: { status?: string } }>(
		'/sandbox/sessions/:sessionId',
		async ({ params: { sessionId }, query }) => {
			const status = readEndStatus(query.status);
			inSession(() => conversations.end(sessionId, status));
			return { ended: sessionId, status };
		},
	);
	app.get('/sandbox/stats', async () => stats.snapshot());
	app.post('/sandbox/reset-stats', async () => {
		stats.reset();
		return stats.snapshot();
	});
	app.post('/sandbox/expire-tokens', async () => ({ expired: tokens.expireAll() }));
	app.get('/sandbox/outcomes', async () => ({ outcomes: outcomes.posts }));

	function injectFault(body: unknown): Fault | OutcomeFault {
		const request = readFault(body);
		if (isForOutcome(request)) return asFault(() => outcomes.inject(request as OutcomeFaultRequest));
		const fault = asFault(() => parseFault(request));
		faults.add(fault);
		return fault;
	}
}

function readFault(body: unknown): unknown {
	return asFault((): unknown => JSON.parse(asText(body)));
}

function asFault<T>(read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (error instanceof SyntaxError) throw new Refusal(400, 'bad_request', 'The body must be a fault as JSON.');
		if (error instanceof InvalidFault) throw new Refusal(400, 'bad_request', error.message);
		throw error;
	}
}

function readEndStatus(text = '410'): EndStatus {
	const status = END_STATUSES.find((known) => String(known) === text);
	if (!status) throw new Refusal(400, 'bad_request', `status: Must be one of ${END_STATUSES.join(', ')}.`);
	return status;
}

function inSession<T>(action: () => T): T {
	try {
		return action();
	} catch (error) {
		if (error instanceof NoSuchSession) throw new Refusal(404, 'not_found', 'No such session is running.');
		throw error;
	}
}
