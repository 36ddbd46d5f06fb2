import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, refusalAnswer, send, toWire, type Answer, type WireAnswer } from '../../http/answers';
import { connectionOf, type Connections } from '../../http/connections';
import { whenWritten } from '../../http/written';
import type { RestOperation } from '../contract';
import type { Exchange, Exchanges } from '../../journal/exchanges';
import { isInstead, isOfHttp2 } from '../faults/fault';
import type { FaultPlan } from '../faults/faultPlan';
import { breakHttp2 } from '../../faults/http2';
import { answerInstead } from '../../faults/instead';
import { leavesIntact, spoil } from '../../faults/spoil';
import type { Call } from '../operations/call';
import { login } from '../operations/login';
import { messages } from '../operations/messages';
import { start } from '../operations/start';
import { versions } from '../operations/versions';
import type { Service } from '../service';
import { readCall, traitsOf } from './readCall';

export interface ContractRoutesOptions {
	service: Service;
	exchanges: Exchanges;
	faults: FaultPlan;
	connections: Connections;
	/** How long every answer is held back, in ms. */
	latencyMs: number;
}

type Run = (service: Service, call: Call) => Answer | Promise<Answer>;

const routes = [
	{ operation: 'login', method: 'POST', url: '/api/v1/auth/login', run: login },
	{ operation: 'versions', method: 'GET', url: '/api/v1/bots/:botId/versions', run: versions },
	{ operation: 'start', method: 'POST', url: '/api/v1/bots/:botId/flows/:flowId/sessions', run: start },
	{
		operation: 'messages',
		method: 'GET',
		url: '/api/v1/bots/:botId/flows/:flowId/sessions/:sessionId/messages',
		run: messages,
	},
] as const;

/** The routes of the contract (docs/protocol-v1.md). */
export function addContractRoutes(app: FastifyInstance, options: ContractRoutesOptions): void {
	for (const { operation, method, url, run } of routes) {
		app.route({
			method,
			url,
			// Begins before the body is read, so that a request whose body never comes is in the journal too.
			onRequest: (request, reply, done) => {
				request.setDecorator('exchange', options.exchanges.begin(operation, request.raw, reply.raw));
				done();
			},
			handler: (request, reply) => serve(operation, run, options, request, reply),
		});
	}
}

async function serve(
	operation: RestOperation,
	run: Run,
	{ service, faults, connections, latencyMs }: ContractRoutesOptions,
	request: FastifyRequest,
	reply: FastifyReply,
): Promise<FastifyReply> {
	const exchange = request.getDecorator<Exchange>('exchange');
	const call = readCall(operation, request, reply, exchange.entry, service);
	const socket = connectionOf(request.raw);
	if (operation === 'messages') service.sessions.asked(call.sessionId);
	const taken = faults.take(operation, traitsOf(call));
	exchange.faultTaken(taken?.kind);
	if (taken && isOfHttp2(taken) && breakHttp2(taken, request.raw, connections)) return reply.hijack();
	const fault = taken && isOfHttp2(taken) ? undefined : taken;

	const answer =
		fault && isInstead(fault) ? answerInstead(fault, socket, connections) : await runCall(run, service, call);
	if (!answer) return reply.hijack();
	const { settle } = answer;
	if (settle) whenWritten(reply.raw, (isWritten) => settle(isWritten && leavesIntact(fault)));

	const delayMs = latencyMs + (answer.delayMs ?? 0) + (fault?.kind === 'latency' ? fault.ms : 0);
	// Does not keep the process alive: whoever closes the sandbox does not wait for answers.
	if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
	if (reply.raw.destroyed) return reply.hijack();

	const sent = fault && !isInstead(fault) ? spoil(fault, answer, socket, connections) : answer;
	if (!sent) return reply.hijack();
	exchange.answered(sent.status);
	if (typeof sent.body === 'string') exchange.end();
	return send(reply, sent);
}

async function runCall(run: Run, service: Service, call: Call): Promise<WireAnswer> {
	try {
		const answer = await run(service, call);
		call.entry.ran = true;
		return toWire(answer);
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		call.entry.refusal = error.message;
		return toWire(refusalAnswer(error));
	}
}
