import { z } from 'zod/v4';

import { inputObjectSchema } from '../validation/jsonInput';
import { idOrEmptyUpTo, idUpTo, noLongerThan, numberBetween } from '../validation/fields';

/** A week, for which Cognigy.AI keeps the state of a session at most (docs/protocol-cognigy-ai.md#lifetimes). */
const MAX_SESSION_TTL_MINUTES = 7 * 24 * 60;

/** Longest ids and texts that Cognigy.AI takes, in characters. */
const MAX_ID_LENGTH = 256;
const MAX_TEXT_LENGTH = 10_000;

const idSchema = idUpTo(MAX_ID_LENGTH);
const idOrEmptySchema = idOrEmptyUpTo(MAX_ID_LENGTH);
const flag = z.boolean('must be true or false');
const endpoint = z.string({ error: 'is empty' }).refine((text) => text.trim() !== '', 'is empty');
const emptyIsMissing = (id: unknown) => (id === '' ? undefined : id);
const streamedAnswers = z.enum(['whole', 'chunks'], 'must be whole or chunks').default('whole');
const optionalId = z.preprocess(emptyIsMissing, idSchema.optional());

const deployment = z.discriminatedUnion(
	'kind',
	[
		z.object({ kind: z.literal('live') }),
		z.object({
			kind: z.literal('snapshot'),
			name: z.string('is empty').refine((name) => name.trim() !== '', 'is empty'),
		}),
	],
	'must be the live project or a snapshot',
);

export const validateVersionSchema = z.object({
	endpoint,
	expectedChannel: z.preprocess(emptyIsMissing, z.string('must be text').optional()),
	deployment,
	failIfNotPublished: flag.optional(),
});
export type ValidateVersionRequest = z.output<typeof validateVersionSchema>;

export const triggerFlowSchema = z
	.object({
		endpoint,
		channel: z.enum(['rest', 'socketio', 'webhook'], 'must be rest, socketio or webhook'),
		userId: idSchema,
		sessionId: optionalId,
		text: z
			.string('must be text')
			.refine(...noLongerThan(MAX_TEXT_LENGTH))
			.default(''),
		data: inputObjectSchema.default({}),
		deliverAs: z.enum(['input', 'inject', 'notify'], 'must be input, inject or notify').default('input'),
		webhookKey: z
			.string('must be text')
			.regex(/^[\x21-\x7e]*$/, 'must be printable text without spaces')
			.default(''),
		testMode: flag.default(false),
		deployment: deployment.optional(),
		sessionTtlMinutes: z
			.number('must be a number')
			.positive('must be more than 0')
			.max(MAX_SESSION_TTL_MINUTES, `must not be more than ${MAX_SESSION_TTL_MINUTES}`),
		reply: z.object({ quietMs: numberBetween(100, 60_000), maxWaitSeconds: numberBetween(1, 3600) }).optional(),
	})
	.superRefine(({ text, data }, context) => {
		if (text.trim() !== '' || Object.keys(data).length > 0) return;
		context.addIssue({ code: 'custom', path: ['text'], message: 'is empty, and so is data' });
	});
export type TriggerFlowRequest = z.output<typeof triggerFlowSchema>;

export const streamMessagesSchema = z.object({
	endpoint,
	sessionId: idSchema,
	userId: idSchema,
	testMode: flag.default(false),
	typingStatus: flag.default(false),
	streamedAnswers,
	knownIds: z.array(z.string()).readonly().default([]),
});

/** A session with its user, or with an empty session id every one in the registry that runs on the endpoint. */
export const followSchema = z
	.object({
		endpoint,
		sessionId: idOrEmptySchema,
		userId: optionalId,
		testMode: flag.default(false),
		streamedAnswers,
		messageTypes: z.array(z.string()).min(1, 'is empty: choose at least one').readonly(),
	})
	.superRefine(({ sessionId, userId }, context) => {
		if (sessionId && !userId) context.addIssue({ code: 'custom', path: ['userId'], message: 'is empty' });
	});

export const resetSessionSchema = z.object({
	sessionId: idSchema,
	userId: idSchema,
	resetMode: z.enum(['context', 'state', 'both'], 'must be context, state or both').default('context'),
	endpoint: z.string('must be text').default(''),
	newSessionId: flag.default(false),
	verify: flag,
});
export type ResetSessionRequest = z.output<typeof resetSessionSchema>;
