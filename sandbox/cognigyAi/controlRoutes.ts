import type { FastifyInstance } from 'fastify';
import * as z from 'zod/v4';
import { asText, listed } from '../http/control';
import { InvalidFault } from '../faults/parseAs';
import { isForOutcome, type OutcomeFaultRequest } from '../outcomes/outcomeFault';
import { KEY_STATES } from './apiKeys';
import { NoSuchThing, type Controls } from './controls';
import type { CognigyAiFaultRequest } from './faults/fault';
import { anyObject, bodyAs, id, parseBody } from './readBody';
import { invalid, notFound } from './refusal';
import { TASK_ENDS } from './releases/tasks';
import type { Service } from './service';

const saying = z.object({ userId: id.optional(), text: z.string().default(''), data: anyObject.default({}) }).strict();

const endpointChange = z
	.object({
		active: z.boolean(),
		deployment: z.string(),
		webhookUrl: z.string(),
		basicAuthUser: z.string(),
		basicAuthPassword: z.string(),
		webhookKeys: z.array(z.string()).nullable(),
		conversations: z.enum(['stored', 'masked', 'off']),
		targetType: z.enum(['flow', 'agent']),
		urlToken: z.string().min(1),
		transformer: z
			.object({
				status: z.number().int().min(200).max(599),
				headers: z.record(z.string(), z.string()),
				body: z.unknown().optional(),
			})
			.partial()
			.strict()
			.nullable(),
	})
	.partial()
	.strict();

const taskPlan = z
	.object({
		states: z.array(z.string()),
		end: z.enum(TASK_ENDS),
		failReason: z.string(),
	})
	.partial()
	.strict();

const keyChange = z.object({ state: z.enum(KEY_STATES) }).strict();

type Named = { Params: { name: string } };
type OfSession = { Params: { sessionId: string }; Querystring: { userId?: string } };

/**
 * The sandbox's own routes, which the real service does not have: faults on request, a look inside, and a hand in what
 * happens. They need no key and are in no journal, stats or log. They are on the host of the management API.
 */
export function addControlRoutes(app: FastifyInstance, service: Service, controls: Controls): void {
	const { stats, sessions, faults, outcomes, apiKeys } = service;

	app.post('/sandbox/faults', async ({ body }, reply) => {
		const request = jsonOf(body);
		const fault = attempt(() =>
			isForOutcome(request)
				? outcomes.inject(request as OutcomeFaultRequest)
				: faults.inject(request as CognigyAiFaultRequest),
		);
		return reply.code(201).send({ injected: fault });
	});
	app.delete('/sandbox/faults', async () => ({ cleared: faults.clear() + outcomes.clearFaults() }));
	app.get('/sandbox/sessions', async () => listed(sessions.all()));
	app.get<OfSession>('/sandbox/sessions/:sessionId', async ({ params, query }) =>
		sessionOf(params.sessionId, query.userId),
	);
	app.post<OfSession>('/sandbox/sessions/:sessionId/messages', async ({ params, body }, reply) => {
		const { userId, ...output } = bodyAs(saying, asText(body));
		controls.say(sessionOf(params.sessionId, userId), output);
		return reply.code(201).send({ said: output });
	});
	app.get('/sandbox/endpoints', async () => ({ endpoints: controls.endpoints() }));
	app.patch<Named>('/sandbox/endpoints/:name', async ({ params, body }) => {
		const change = bodyAs(endpointChange, asText(body));
		attempt(() => controls.changeEndpoint(params.name, change));
		return controls.endpoint(params.name);
	});
	app.patch<Named>('/sandbox/keys/:name', async ({ params, body }) => {
		const { state } = bodyAs(keyChange, asText(body));
		if (!apiKeys.all().some(({ name }) => name === params.name)) throw notFound('There is no such key.');
		apiKeys.setState(params.name, state);
		return { key: params.name, state };
	});
	app.post('/sandbox/next-task', async ({ body }, reply) => {
		const plan = bodyAs(taskPlan, asText(body));
		service.tasks.plan(plan);
		return reply.code(201).send({ planned: plan });
	});
	app.post('/sandbox/drop-sockets', async () => ({ dropped: controls.dropSockets() }));
	app.get('/sandbox/outcomes', async () => ({ outcomes: outcomes.posts }));
	app.get('/sandbox/stats', async () => stats.snapshot());
	app.post('/sandbox/reset-stats', async () => {
		stats.reset();
		return stats.snapshot();
	});

	function sessionOf(sessionId: string, userId: string | undefined) {
		const session = controls.session(sessionId, userId);
		if (!session) throw notFound('Nobody has used such a session.');
		return session;
	}
}

function jsonOf(body: unknown): unknown {
	const parsed = parseBody(asText(body));
	if (!parsed) throw invalid('The body must be a fault as JSON.');
	return parsed.json;
}

function attempt<T>(action: () => T): T {
	try {
		return action();
	} catch (error) {
		if (error instanceof NoSuchThing) throw notFound(error.message);
		if (error instanceof InvalidFault) throw invalid(error.message);
		throw error;
	}
}
