import * as z from 'zod/v4';

import { CognigyError, ERROR_CATEGORIES, type CognigyErrorDetails } from '../errors';
import { parseJson } from '../registry/storedSession';
import type { TriggerFlowResult } from '../types';
import { messageFields } from '../validation/messageFields';

/** What came of a start. */
export type StartOutcome =
	/** @property isWhole whether all is there, also the reply, if somebody waited for it */
	| { result: Omit<TriggerFlowResult, 'audit'>; isWhole: boolean }
	/** It may have run. */
	| { error: CognigyError };

const resultSchema = z.object({
	sessionId: z.string(),
	status: z.string(),
	botId: z.string(),
	flowId: z.string(),
	userId: z.string(),
	session: z.object({ id: z.string(), createdAt: z.string(), expiresAt: z.string(), ttlSeconds: z.number() }),
	messages: z.array(z.object(messageFields)).optional(),
	reply: z.string().optional(),
	data: z.unknown().optional(),
	warnings: z.array(z.string()).optional(),
}) satisfies z.ZodType<Omit<TriggerFlowResult, 'audit'>>;

const errorSchema = z.object({
	category: z.enum(ERROR_CATEGORIES),
	message: z.string(),
	advice: z.string(),
	parameter: z.string().optional(),
	httpStatus: z.number().optional(),
	retryAfterMs: z.number().optional(),
	isTransient: z.boolean().optional(),
	mayHaveRun: z.boolean().optional(),
}) satisfies z.ZodType<CognigyErrorDetails>;

const outcomeSchema = z.union([
	z.object({ result: resultSchema, isWhole: z.boolean() }),
	z.object({ error: errorSchema }).transform(({ error }) => ({ error: new CognigyError(error) })),
]);

/** As the registry keeps it. Holds no secret: neither results nor errors do. */
export function outcomeToText(outcome: StartOutcome): string {
	return JSON.stringify('error' in outcome ? { error: outcome.error.details } : outcome);
}

/** @returns undefined when it cannot be read */
export function outcomeFromText(text: string): StartOutcome | undefined {
	return outcomeSchema.safeParse(parseJson(text)).data;
}
