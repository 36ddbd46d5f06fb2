import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod/v4';
import type { WireAnswer } from '../../http/answers';
import type { AiError, AiOutput, SessionAddress } from '../contract';
import { anyObject, bodyAs, personOrSession, utterance } from '../readBody';
import { missing, Refusal } from '../refusal';
import type { Endpoint } from '../resources';
import { jsonAnswer, transformed } from '../serve';
import type { Service } from '../service';
import { nowhere } from '../sessions/outlet';
import type { Said } from '../sessions/sessions';

/** What a client says over a REST or a Webhook endpoint. Unknown fields are ignored. */
const message = z.object({
	userId: personOrSession,
	sessionId: personOrSession,
	text: utterance.nullish(),
	data: anyObject.nullish(),
});

export interface MessageRequest {
	endpoint: Endpoint;
	body: string;
	testMode: boolean;
	/** What came in `X-Webhook-Key`. */
	webhookKey: string | undefined;
}

/** A message for a REST or a Webhook endpoint. */
export async function takeMessage(service: Service, request: MessageRequest): Promise<WireAnswer> {
	const { endpoint, body, testMode, webhookKey } = request;
	if (endpoint.channel === 'webhook') requireWebhookKey(endpoint, webhookKey);
	else if (endpoint.channel !== 'rest') throw new Refusal(400, 400, 'This Endpoint takes no messages over HTTP.');
	const { userId, sessionId, text, data } = bodyAs(message, body);
	if (text === undefined && data === undefined) throw missing('Either text or data must be sent.');
	const address = { userId, sessionId };
	const input = { text: text ?? '', data: data ?? {} };
	const session = service.sessions.use(address, endpoint);

	if (endpoint.channel === 'webhook') {
		const outlet = service.callbacks.outletOf(endpoint, address);
		void service.turns.run(session, { input, source: 'user', testMode, outlet, laterOutlet: outlet });
		return jsonAnswer(200, {});
	}
	const collected = { said: [] as Said[], errors: [] as AiError[] };
	const outlet = {
		...nowhere,
		output: (said: Said) => collected.said.push(said),
		error: (error: AiError) => collected.errors.push(error),
	};
	await service.turns.run(session, { input, source: 'user', testMode, outlet, laterOutlet: nowhere });
	const [error] = collected.errors;
	const isAgent = endpoint.targetType === 'agent';
	if (error && !isAgent) throw new Refusal(500, error.code, error.message);
	for (const { entry } of collected.said) entry.delivery = { sent: 1, state: 'delivered' };
	if (endpoint.transformer) return transformed(endpoint.transformer);
	const stack = collected.said.map(({ output }) => output);
	const answer = restAnswer(stack, address, service.settings.restText);
	return jsonAnswer(200, error ? { ...answer, error } : answer);
}

function restAnswer(outputStack: readonly AiOutput[], { userId, sessionId }: SessionAddress, how: 'joined' | 'last') {
	const last = outputStack.at(-1);
	const joined = outputStack
		.map(({ text }) => text)
		.filter((text) => text !== null && text !== '')
		.join(' ');
	return {
		text: how === 'joined' ? joined : (last?.text ?? ''),
		data: last?.data ?? {},
		outputStack,
		userId,
		sessionId,
	};
}

function requireWebhookKey({ webhookKeys }: Endpoint, sent = ''): void {
	if (!webhookKeys || webhookKeys.some((key) => isEqual(key, sent))) return;
	throw new Refusal(401, 401, 'The webhook key is missing or wrong');
}

function isEqual(one: string, two: string): boolean {
	return one.length === two.length && timingSafeEqual(Buffer.from(one), Buffer.from(two));
}
