import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** What an operation answers. */
export interface Answer {
	status: number;
	/** Sent as JSON; undefined: without a body. */
	body: Record<string, unknown> | readonly object[] | undefined;
	headers?: Record<string, string>;
	/** How long the answer is held back, in ms. */
	delayMs?: number;
	/** To be told, once, whether the answer was written completely and unspoiled. */
	settle?: (isDelivered: boolean) => void;
}

/** An answer ready for the wire. */
export interface WireAnswer<Body = string> {
	status: number;
	headers: Record<string, string>;
	body: Body;
	/** What is sent in the place of the body, where that is no text. A fault spoils the body. */
	bytes?: Buffer;
	/** How long the answer is held back, in ms. */
	delayMs?: number;
	/** To be told, once, whether the answer was written completely and unspoiled. */
	settle?: (isDelivered: boolean) => void;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Says no to a call. The message goes to the client, so it repeats neither tokens nor passwords. */
export class Refusal extends Error {
	override readonly name = 'Refusal';

	constructor(
		readonly status: number,
		readonly code: string,
		message: string,
		readonly headers?: Record<string, string>,
	) {
		super(message);
	}
}

/** Tells the client about a refusal: `{"error", "message"}`, and one field more, as the contract tells clients to expect. */
export function refusalAnswer({ status, code, message, headers }: Refusal): Answer {
	return { status, headers, body: { error: code, message, traceId: randomUUID() } };
}

export function toWire({ status, headers, body, ...rest }: Answer): WireAnswer {
	if (!body) return { ...rest, status, headers: { ...headers }, body: '' };
	return { ...rest, status, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

export function send(
	reply: FastifyReply,
	{ status, headers, body, bytes }: WireAnswer<string | Readable>,
): FastifyReply {
	return reply
		.code(status)
		.headers(headers)
		.send(bytes ?? body);
}
