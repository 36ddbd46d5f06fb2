import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JSON_TYPE, send, type WireAnswer } from '../http/answers';
import { breakHttp2 } from '../faults/http2';
import { spoil } from '../faults/spoil';
import { connectionOf } from '../http/connections';
import type { HttpOperation } from './contract';
import type { Exchange } from './exchanges';
import { isInstead, isOfHttp2 } from './faults/fault';
import { answerInstead } from './faults/instead';
import { Refusal } from './refusal';
import type { Service } from './service';

/** A call over HTTP, and how this host answers it. */
export interface HttpCall {
	operation: HttpOperation;
	/** Carries it out. Throws a refusal when the service says no. */
	run: () => WireAnswer | Promise<WireAnswer>;
	/** How this host says no. */
	refuse: (refusal: Refusal) => WireAnswer;
}

/** Serves a call: with the fault that was asked for it, if any. */
export async function serve(
	{ faults, connections, settings }: Service,
	{ operation, run, refuse }: HttpCall,
	request: FastifyRequest,
	reply: FastifyReply,
): Promise<FastifyReply> {
	const exchange = request.getDecorator<Exchange>('exchange');
	const socket = connectionOf(request.raw);
	const taken = faults.take(operation, exchange.traits());
	exchange.faultTaken(taken?.kind);
	if (taken && isOfHttp2(taken) && breakHttp2(taken, request.raw, connections)) return reply.hijack();
	const fault = taken && isOfHttp2(taken) ? undefined : taken;

	let answer: WireAnswer | undefined;
	if (fault?.kind === 'status' && fault.body === undefined) {
		answer = refuse(new Refusal(fault.status, fault.status, 'The sandbox was asked to answer so.', fault.headers));
	} else if (fault && isInstead(fault)) answer = answerInstead(fault, socket, connections);
	else answer = await runCall(exchange, run, refuse);
	if (!answer) return reply.hijack();

	const delayMs = settings.latencyMs + (fault?.kind === 'latency' ? fault.ms : 0);
	// Does not keep the process alive: whoever closes the sandbox does not wait for answers.
	if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
	if (reply.raw.destroyed) return reply.hijack();

	const sent =
		fault?.kind === 'answer'
			? transformed(fault)
			: fault && !isInstead(fault)
				? spoil(fault, answer, socket, connections)
				: answer;
	if (!sent) return reply.hijack();
	exchange.answered(sent.status);
	return send(reply, sent);
}

async function runCall(exchange: Exchange, run: HttpCall['run'], refuse: HttpCall['refuse']): Promise<WireAnswer> {
	try {
		const answer = await run();
		exchange.entry.ran = true;
		return answer;
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		exchange.entry.refusal = error.message;
		return refuse(error);
	}
}

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): WireAnswer {
	return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

/** What somebody else made of an answer. Text is sent as it is, anything else as JSON; undefined: nothing. */
export function transformed({ status = 200, headers = {}, body }: Transformed): WireAnswer {
	if (body !== undefined && typeof body !== 'string') return jsonAnswer(status, body, headers);
	return { status, headers, body: body ?? '' };
}

export interface Transformed {
	/** Default 200. */
	status?: number | undefined;
	headers?: Record<string, string> | undefined;
	body?: unknown;
}

export const NO_CONTENT: WireAnswer = { status: 204, headers: {}, body: '' };
