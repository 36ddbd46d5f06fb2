import * as z from 'zod/v4';

import type { Inputs } from '../backend';
import type { Callback } from '../starts/callbackUrl';
import { idempotencyFields, type Idempotency } from '../starts/startIdentity';
import type { ReplyInput } from '../types';
import { inputObjectSchema } from '../validation/jsonInput';
import { checkInput, idOrEmptySchema, idSchema, numberBetween } from '../validation/fields';
import { maxDurationSchema, stateClearMatrixSchema } from './runtime/wire';

export interface V1ValidateVersionInput {
	botId: string;
	flowId: string;
	targetEnvironment: string;
	/** Whether an environment without a published version is an error. */
	failIfNotPublished?: boolean;
}

export interface V1TriggerFlowInput extends Idempotency, Callback {
	botId: string;
	flowId: string;
	userId: string;
	/** Empty or missing: a UUID v4 is made, so that the id is known before anything is sent. */
	sessionId?: string;
	/** The user's utterance; may be empty. */
	input: string;
	/** What the flow finds in its context: a JSON object. */
	context: Record<string, unknown>;
	/** Checks first that a version is published for this environment. */
	targetEnvironment?: string;
	/** How long the service keeps the session, in minutes. */
	sessionTtlMinutes: number;
	/** Waits for what the bot says; missing: does not wait. */
	reply?: ReplyInput;
}

export interface V1ResetSessionInput {
	botId: string;
	sessionId: string;
	/** How long the service may work on the reset, in s: 60 to 3600. */
	maxDurationSec: number;
	clearVariables: boolean;
	clearHistory: boolean;
	clearNluContext: boolean;
	/** Whether to check afterwards that the session is clean. */
	verify: boolean;
	/** What the states of the session are set to. Empty or missing: as after a fresh start. */
	stateClearMatrix?: { flowState?: string; dialogState?: string; engineState?: string };
	/** How long the check may be repeated, in s: 1 to 3600, within the time limit of the operation. Missing: no own limit. */
	verifyTimeoutSeconds?: number;
}

export interface V1StreamMessagesInput {
	botId: string;
	flowId: string;
	sessionId: string;
	/** Ids of messages that are not wanted again. */
	knownIds?: readonly string[];
}

/** Which sessions to follow: one, or with an empty `sessionId` every open one in the registry that fits. */
export interface V1FollowInput {
	/** Empty, with an empty session id: of every bot. */
	botId: string;
	/** Empty, with an empty session id: every flow. */
	flowId: string;
	sessionId: string;
	/** Messages of other types are not delivered. */
	messageTypes: readonly string[];
}

export interface V1Inputs extends Inputs {
	validateVersion: V1ValidateVersionInput;
	triggerFlow: V1TriggerFlowInput;
	resetSession: V1ResetSessionInput;
	/** There are none. */
	getTranscript: never;
	listConversations: never;
	getProfile: never;
	createProfile: never;
	updateProfile: never;
	deleteProfile: never;
	injectContext: never;
	createSnapshot: never;
	deploySnapshot: never;
	rollBack: never;
	getReleaseStatus: never;
	deleteSnapshot: never;
	exportPackage: never;
	streamMessages: V1StreamMessagesInput;
	follow: V1FollowInput;
}

/** A week; a session lives half an hour by default. */
const MAX_SESSION_TTL_MINUTES = 7 * 24 * 60;

const booleanSchema = z.boolean('must be true or false');

const environmentSchema = z.string('must be text').refine((name) => name.trim() !== '', 'is empty');

export const validateVersionSchema = z.object({
	botId: idSchema,
	flowId: idSchema,
	targetEnvironment: environmentSchema,
	failIfNotPublished: z.boolean().optional(),
}) satisfies z.ZodType<V1ValidateVersionInput>;

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
	callbackUrl: z.string().optional(),
	...idempotencyFields,
});
export type V1TriggerFlowRequest = z.output<typeof triggerFlowSchema>;

export const streamMessagesSchema = z.object({
	botId: idSchema,
	flowId: idSchema,
	sessionId: idSchema,
	knownIds: z.array(z.string()).readonly().optional(),
}) satisfies z.ZodType<V1StreamMessagesInput>;

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
	}) satisfies z.ZodType<V1FollowInput>;

/** @throws {CognigyError} `invalidInput`, naming the parameter */
export function checkFollow(input: unknown): V1FollowInput {
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
}) satisfies z.ZodType<V1ResetSessionInput, unknown>;
