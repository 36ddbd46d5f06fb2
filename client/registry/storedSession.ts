import * as z from 'zod/v4';

import { isJsonObject } from '../validation/fields';
import {
	RegistryError,
	type ClaimedStart,
	type NewSession,
	type RegisteredSession,
	type SessionKey,
} from './sessionRegistry';

/** In ms since 1970. */
export function expiryOf({ createdAt, ttlSeconds }: Pick<NewSession, 'createdAt' | 'ttlSeconds'>): number {
	return createdAt + ttlSeconds * 1000;
}

const storedSessionSchema = z.object({
	sequence: z.number(),
	account: z.string(),
	sessionId: z.string(),
	botId: z.string(),
	flowId: z.string(),
	userId: z.string(),
	createdAt: z.number(),
	ttlSeconds: z.number(),
	expiresAt: z.number(),
}) satisfies z.ZodType<RegisteredSession, unknown>;

/** @returns undefined when what the store holds is not a session, because somebody or something else wrote it */
export function parseStoredSession(stored: unknown): RegisteredSession | undefined {
	return storedSessionSchema.safeParse(stored).data;
}

const claimedStartSchema = z
	.object({
		fingerprint: z.string(),
		origin: z.string(),
		sessionId: z.string(),
		aliveUntil: z.number(),
		outcome: z.string().nullish(),
	})
	.transform(({ outcome, ...start }) => (typeof outcome === 'string' ? { ...start, outcome } : start));

/** @throws {RegistryError} when what the store holds is no start: then nobody knows whether it was made */
export function parseClaimedStart(stored: unknown): ClaimedStart {
	const start = claimedStartSchema.safeParse(stored).data;
	if (start) return start;
	throw new RegistryError('The session registry holds a start that cannot be read.');
}

/**
 * A context, as stores keep it: JSON text that they need not understand.
 * @throws {RegistryError} when it is not a JSON object
 */
export function parseContext(text: string, { sessionId }: SessionKey): Record<string, unknown> {
	const context = parseJson(text);
	if (isJsonObject(context)) return context;
	throw new RegistryError(`The session registry holds a context of session "${sessionId}" that cannot be read.`);
}

export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
