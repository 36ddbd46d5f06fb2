import * as z from 'zod/v4';

import type { Inputs } from '../backend';
import { idempotencyFields, type Idempotency } from '../starts/startIdentity';
import type { StreamedAnswers } from '../streams/types';
import type { ReplyInput } from '../types';
import { inputObjectSchema } from '../validation/jsonInput';
import { idOrEmptyUpTo, idUpTo, noLongerThan, numberBetween } from '../validation/fields';

/** What an endpoint is to run: the project as it is edited, or a snapshot by its name. */
export type Deployment = { kind: 'live' } | { kind: 'snapshot'; name: string };

/** The kinds of endpoints that a message can be sent to. */
export type EndpointChannel = 'rest' | 'socketio' | 'webhook';

/** How a message gets to a session: as the user's input; the same, into a running session; to the user, past the flow. */
export type DeliverAs = 'input' | 'inject' | 'notify';

/** What of a session is reset: what the flow remembers, the flow state (an intent filter), or both. */
export type ResetMode = 'context' | 'state' | 'both';

export interface CognigyAiValidateVersionInput {
	/** The endpoint, by its URL (whose token is a secret) or its id. */
	endpoint: string;
	/** The channel that the endpoint must have, as the API calls it: `rest`, `socket`, `webhook`, … Empty or missing: any. */
	expectedChannel?: string;
	deployment: Deployment;
	/** Whether an endpoint that does not run what is expected is an error. */
	failIfNotPublished?: boolean;
}

export interface CognigyAiTriggerFlowInput extends Idempotency {
	/** The URL of the endpoint; its token is a secret. */
	endpoint: string;
	/** What kind of endpoint that is. */
	channel: EndpointChannel;
	userId: string;
	/** Empty or missing: a UUID v4 is made, so that the id is known before anything is sent. */
	sessionId?: string;
	/** What the user says. This or `data` must be there. */
	text?: string;
	/** What the flow finds in its input besides the text: a JSON object. */
	data?: Record<string, unknown>;
	/** Default `input`. */
	deliverAs?: DeliverAs;
	/** Key of a Webhook endpoint that asks for one. A secret. */
	webhookKey?: string;
	/** Whether the message is a test, which is not billed. */
	testMode?: boolean;
	/** Checks first that the endpoint runs this. */
	deployment?: Deployment;
	/** How long the service keeps the session, in minutes. */
	sessionTtlMinutes: number;
	/** Waits until the bot has said all; missing: does not wait. */
	reply?: Pick<ReplyInput, 'maxWaitSeconds'>;
}

export interface CognigyAiResetSessionInput {
	sessionId: string;
	/** Whose session it is. */
	userId: string;
	/** Default `context`. */
	resetMode?: ResetMode;
	/** The endpoint that the session runs on, by its URL, its id, or the name that `triggerFlow` gives it. */
	endpoint?: string;
	/** Whether an id for a fresh session is made: the only sure fresh start. */
	newSessionId?: boolean;
	/** Whether to tell what is left, as far as the service shows it. */
	verify: boolean;
}

export interface CognigyAiGetTranscriptInput {
	sessionId: string;
	/** How long to wait for a transcript that is not there yet, in s: 0 to 600. Default 20. */
	waitSeconds?: number;
	/** Whether it is an error when there is none in time. Default true. */
	failIfEmpty?: boolean;
}

/** Which profile: by its own id, or that of a contact. */
export interface CognigyAiGetProfileInput {
	profileId?: string;
	contactId?: string;
	/** Whether it is an error when there is none. Default true. */
	failIfMissing?: boolean;
}

export interface CognigyAiListConversationsInput {
	/** Only those of this contact: the user ID of messages. Missing: of the whole project. */
	contactId?: string;
	/** How many at most: the newest ones. Missing: all. */
	limit?: number;
}

export interface CognigyAiStreamMessagesInput {
	/** The URL of a Socket.IO endpoint; its token is a secret. */
	endpoint: string;
	sessionId: string;
	/** Who talks in the session. */
	userId: string;
	/** Whether the session is a test. */
	testMode?: boolean;
	/** Whether it is told when the bot begins and ends to type, as messages of the type `typingStatus`. */
	typingStatus?: boolean;
	/** Default `whole`. */
	streamedAnswers?: StreamedAnswers;
	/** Ids of messages that are not wanted again. */
	knownIds?: readonly string[];
}

/** Which sessions of an endpoint to follow: one, or with an empty `sessionId` every open one in the registry. */
export interface CognigyAiFollowInput {
	/** The URL of a Socket.IO endpoint; its token is a secret. */
	endpoint: string;
	sessionId: string;
	/** Who talks in the session. With an empty session id the registry knows it. */
	userId?: string;
	/** Whether the sessions are tests. */
	testMode?: boolean;
	/** Default `whole`. */
	streamedAnswers?: StreamedAnswers;
	/** Messages of other types are not delivered. */
	messageTypes: readonly string[];
}

export interface CognigyAiInputs extends Inputs {
	validateVersion: CognigyAiValidateVersionInput;
	triggerFlow: CognigyAiTriggerFlowInput;
	resetSession: CognigyAiResetSessionInput;
	getTranscript: CognigyAiGetTranscriptInput;
	listConversations: CognigyAiListConversationsInput;
	getProfile: CognigyAiGetProfileInput;
	streamMessages: CognigyAiStreamMessagesInput;
	follow: CognigyAiFollowInput;
}

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
		reply: z.object({ maxWaitSeconds: numberBetween(1, 3600) }).optional(),
		...idempotencyFields,
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

export const getTranscriptSchema = z.object({
	sessionId: idSchema,
	waitSeconds: numberBetween(0, 600).default(20),
	failIfEmpty: flag.default(true),
});
export type GetTranscriptRequest = z.output<typeof getTranscriptSchema>;

export const listConversationsSchema = z.object({
	contactId: idSchema.optional(),
	limit: z.number('must be a number').int('must be a whole number').min(1, 'must be at least 1').optional(),
});
export type ListConversationsRequest = z.output<typeof listConversationsSchema>;

export const getProfileSchema = z
	.object({
		profileId: idSchema.optional(),
		contactId: idSchema.optional(),
		failIfMissing: flag.default(true),
	})
	.superRefine(({ profileId, contactId }, context) => {
		if ((profileId === undefined) !== (contactId === undefined)) return;
		context.addIssue({ code: 'custom', path: ['profileId'], message: 'or contactId must be there, and not both' });
	});
export type GetProfileRequest = z.output<typeof getProfileSchema>;
