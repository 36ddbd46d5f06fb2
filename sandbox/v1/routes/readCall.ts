import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RestOperation } from '../contract';
import type { CallTraits } from '../faults/faultPlan';
import type { JournalEntry } from '../../journal/journal';
import { readBody, type Call, type CallBody } from '../operations/call';
import type { Service } from '../service';

/** Reads an HTTP request as a call of an operation, and notes in the journal what is recognised in it. */
export function readCall(
	operation: RestOperation,
	request: FastifyRequest,
	reply: FastifyReply,
	entry: JournalEntry,
	{ tokens, users }: Service,
): Call {
	const { botId = '', flowId = '', sessionId = '' } = request.params as Record<string, string | undefined>;
	const { wait } = request.query as Record<string, unknown>;
	const body = readBody((request.body as string | undefined) ?? '', request.headers['content-type']);
	const bearerToken = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
	const username = operation === 'login' ? textField(body, 'username') : tokens.ownerOf(bearerToken);

	entry.user = users.get(username ?? '')?.username ?? null;
	entry.botId = botId || null;
	entry.flowId = flowId || null;
	entry.sessionId = operation === 'start' ? textField(body, 'sessionId') : sessionId || null;
	entry.body = 'json' in body ? withoutPassword(body.json) : undefined;
	return {
		botId,
		flowId,
		sessionId,
		wait: wait === 'true',
		bearerToken,
		body,
		entry,
		onGone: (listener) => reply.raw.once('close', listener),
	};
}

/** What of a call a fault can be matched on. */
export function traitsOf({ entry, body }: Call): CallTraits {
	return {
		botId: entry.botId,
		flowId: entry.flowId,
		userId: textField(body, 'userId'),
		sessionId: entry.sessionId,
		username: entry.user,
		reusedConnection: entry.reusedConnection,
	};
}

function textField(body: CallBody, name: string): string | null {
	if (!('json' in body) || !isObject(body.json)) return null;
	const value = body.json[name];
	return typeof value === 'string' ? value : null;
}

function withoutPassword(json: unknown): unknown {
	return isObject(json) && 'password' in json ? { ...json, password: '(hidden)' } : json;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
