import { z } from 'zod/v4';

import type { FollowInput } from '../streams/types';
import { checkInput } from '../validation/checkInput';
import type { ResetSessionInput, StreamMessagesInput, TriggerFlowInput, ValidateVersionInput } from '../types';
import { inputObjectSchema } from '../validation/jsonInput';
import { idOrEmptySchema, idSchema, numberBetween } from '../validation/fields';
import { maxDurationSchema, stateClearMatrixSchema } from './runtime/wire';

/** A week; a session lives half an hour by default. */
const MAX_SESSION_TTL_MINUTES = 7 * 24 * 60;

const booleanSchema = z.boolean('must be true or false');

const environmentSchema = z.string('must be text').refine((name) => name.trim() !== '', 'is empty');

export const validateVersionSchema = z.object({
	botId: idSchema,
	flowId: idSchema,
	targetEnvironment: environmentSchema,
	failIfNotPublished: z.boolean().optional(),
}) satisfies z.ZodType<ValidateVersionInput>;

export const triggerFlowSchema = z.object({
	botId: idSchema,
	flowId: idSchema,
	userId: idSchema,
	sessionId: z.preprocess((id) => (id === '' ? undefined : id), idSchema.optional()),
	input: z.string('must be text'),
	context: inputObjectSchema,
	targetEnvironment: environmentSchema.optional(),
	sessionTtlMinutes: z
		.number('must be a number')
		.positive('must be more than 0')
		.max(MAX_SESSION_TTL_MINUTES, `must not be more than ${MAX_SESSION_TTL_MINUTES}`),
	reply: z.object({ quietMs: numberBetween(100, 60_000), maxWaitSeconds: numberBetween(1, 3600) }).optional(),
}) satisfies z.ZodType<TriggerFlowInput, unknown>;

export const streamMessagesSchema = z.object({
	botId: idSchema,
	flowId: idSchema,
	sessionId: idSchema,
	knownIds: z.array(z.string()).readonly().optional(),
}) satisfies z.ZodType<StreamMessagesInput>;

/** A session of all of its ids, or with an empty session id what to follow in the registry. */
const followSchema = z
	.object({
		botId: idOrEmptySchema,
		flowId: idOrEmptySchema,
		sessionId: idOrEmptySchema,
		messageTypes: z.array(z.string()).min(1, 'is empty: choose at least one').readonly(),
	})
	.superRefine(({ botId, flowId, sessionId }, context) => {
		const report = (path: string) => context.addIssue({ code: 'custom', path: [path], message: 'is empty' });
		if (sessionId && !botId) report('botId');
		if (sessionId && !flowId) report('flowId');
	}) satisfies z.ZodType<FollowInput>;

/** @throws {CognigyError} `invalidInput`, naming the parameter */
export function checkFollow(input: unknown): FollowInput {
	return checkInput(followSchema, input);
}

export const resetSessionSchema = z.object({
	botId: idSchema,
	sessionId: idSchema,
	maxDurationSec: maxDurationSchema,
	clearVariables: booleanSchema,
	clearHistory: booleanSchema,
	clearNluContext: booleanSchema,
	stateClearMatrix: inputObjectSchema.pipe(stateClearMatrixSchema).optional(),
	verify: booleanSchema,
	verifyTimeoutSeconds: numberBetween(1, 3600).optional(),
}) satisfies z.ZodType<ResetSessionInput, unknown>;
