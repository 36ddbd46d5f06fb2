import { createHash } from 'node:crypto';
import { type z } from 'zod/v4';

import { canonicalJson } from '../canonicalJson';
import { noLongerThan, numberBetween, textSchema } from '../validation/fields';

/** For how long a start is known that nobody gave a key, in ms: as long as n8n might run its execution again. */
const STEP_KEPT_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
/** In characters. */
const MAX_KEY_LENGTH = 1_000;

/** What the user says of a start that is to be made only once. */
export interface Idempotency {
	/** Names what the start is for: the id of an event, for example. */
	idempotencyKey?: string;
	/** For how long that is known, in hours: 1 to 168. Default 24. */
	idempotencyHours?: number;
}

/** The same as part of a checked input. */
export const idempotencyFields = {
	idempotencyKey: textSchema
		.refine((key) => key.trim() !== '', 'is empty')
		.refine(...noLongerThan(MAX_KEY_LENGTH))
		.optional(),
	idempotencyHours: numberBetween(1, 168).default(24),
} satisfies Record<keyof Idempotency, z.ZodType>;

/** What makes a start the same as another one. Hashes: nothing of what was sent can be read from them. */
export interface StartIdentity {
	startId: string;
	fingerprint: string;
	/** Empty: unknown. */
	origin: string;
	/** For how long it is known, in ms. */
	keptMs: number;
}

export interface IdentifiedStart extends Idempotency {
	/** What is started: bot and flow, or an endpoint. */
	target: readonly string[];
	/** What is sent. */
	content: object;
}

/**
 * Guarantee 1: what a start is known by.
 * @param origin the step of an execution that asks for it; empty: unknown
 * @returns undefined: every such start is another one
 */
export function startIdentity(
	{ target, content, idempotencyKey, idempotencyHours = 24 }: IdentifiedStart,
	origin: string,
): StartIdentity | undefined {
	const step = origin && hash(['step', origin]);
	if (idempotencyKey !== undefined) {
		const startId = hash(['key', ...target, idempotencyKey]);
		return { startId, fingerprint: hash([content]), origin: step, keptMs: idempotencyHours * HOUR_MS };
	}
	// The step says what is sent.
	return step ? { startId: step, fingerprint: '', origin: step, keptMs: STEP_KEPT_MS } : undefined;
}

function hash(parts: readonly unknown[]): string {
	return createHash('sha256').update(canonicalJson(parts)).digest('base64url');
}
