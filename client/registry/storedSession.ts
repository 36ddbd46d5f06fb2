import { z } from 'zod/v4';

import { isJsonObject } from '../validation';
import type { NewSession, RegisteredSession } from './sessionRegistry';

/** In ms since 1970. */
export function expiryOf({ createdAt, ttlSeconds }: NewSession): number {
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
	/** JSON text: stores need not understand it. */
	context: z.string().transform((text, { addIssue }) => {
		const context = parseJson(text);
		if (isJsonObject(context)) return context;
		addIssue('is not a JSON object');
		return z.NEVER;
	}),
}) satisfies z.ZodType<RegisteredSession, unknown>;

/** @returns undefined when what the store holds is not a session, because somebody or something else wrote it */
export function parseStoredSession(stored: unknown): RegisteredSession | undefined {
	return storedSessionSchema.safeParse(stored).data;
}

export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
