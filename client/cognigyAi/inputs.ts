import * as z from 'zod/v4';

import type { Inputs } from '../backend';
import type { Callback } from '../starts/callbackUrl';
import { idempotencyFields, type Idempotency } from '../starts/startIdentity';
import type { StreamedAnswers } from '../streams/types';
import type { ReplyInput } from '../types';
import type { ReleaseInputs } from './release/inputs';
import { inputObjectSchema } from '../validation/jsonInput';
import { idOrEmptyUpTo, idUpTo, noLongerThan, numberBetween } from '../validation/fields';
import { parsePickedReference, type PickedReference } from './endpointAddress';

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

/** An endpoint that messages are sent to: by its URL or by its id. */
export interface CognigyAiTriggerFlowInput extends Idempotency, Callback {
	/** The URL of the endpoint; its token is a secret. */
	endpoint?: string;
	/** Its id in the project, or the name that `triggerFlow` gives it: then its URL is looked up. */
	endpointId?: string;
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

/** A profile that is to be made. */
export interface CognigyAiCreateProfileInput {
	/** Whose it is: the user IDs of messages. At least one. */
	contactIds: readonly string[];
	/** Its fields, as the project has them: a JSON object. */
	profile?: Record<string, unknown>;
	/** Whether Cognigy is to add to it. Default true. */
	active?: boolean;
}

/** What is to be changed of a profile: that with an id, or that of a contact. What is missing stays as it is. */
export interface CognigyAiUpdateProfileInput {
	profileId?: string;
	contactId?: string;
	/** Fields that are to have other values; the others stay. */
	profile?: Record<string, unknown>;
	active?: boolean;
	/** All contacts that it is to have. */
	contactIds?: readonly string[];
}

export interface CognigyAiDeleteProfileInput {
	profileId: string;
	/** One of its contacts: nothing is deleted otherwise. */
	contactId: string;
	/** Whether it is an error when there is none. Default true. */
	failIfMissing?: boolean;
}

export interface CognigyAiInjectContextInput {
	sessionId: string;
	/** Whose session it is. */
	userId: string;
	/** What the flow is to remember: a JSON object that is not empty. */
	context: Record<string, unknown>;
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

export interface CognigyAiInputs extends Omit<Inputs, keyof ReleaseInputs>, ReleaseInputs {
	validateVersion: CognigyAiValidateVersionInput;
	triggerFlow: CognigyAiTriggerFlowInput;
	resetSession: CognigyAiResetSessionInput;
	getTranscript: CognigyAiGetTranscriptInput;
	listConversations: CognigyAiListConversationsInput;
	getProfile: CognigyAiGetProfileInput;
	createProfile: CognigyAiCreateProfileInput;
	updateProfile: CognigyAiUpdateProfileInput;
	deleteProfile: CognigyAiDeleteProfileInput;
	injectContext: CognigyAiInjectContextInput;
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

/** As the API names it, or as `triggerFlow` does. */
const pickedEndpoint = z
	.string('is empty')
	.trim()
	.transform((id, context): PickedReference => {
		const picked = parsePickedReference(id);
		if (picked) return picked;
		const problem = id === '' ? 'is empty' : 'must be the ID of an endpoint, which is 24 letters and digits';
		context.addIssue({ code: 'custom', message: problem });
		return z.NEVER;
	});

export const deploymentSchema = z.discriminatedUnion(
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
	deployment: deploymentSchema,
	failIfNotPublished: flag.optional(),
});
export type ValidateVersionRequest = z.output<typeof validateVersionSchema>;

export const triggerFlowSchema = z
	.object({
		endpoint: endpoint.optional(),
		endpointId: pickedEndpoint.optional(),
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
		deployment: deploymentSchema.optional(),
		sessionTtlMinutes: z
			.number('must be a number')
			.positive('must be more than 0')
			.max(MAX_SESSION_TTL_MINUTES, `must not be more than ${MAX_SESSION_TTL_MINUTES}`),
		reply: z.object({ maxWaitSeconds: numberBetween(1, 3600) }).optional(),
		callbackUrl: z.string().optional(),
		...idempotencyFields,
	})
	.superRefine(({ endpoint: url, endpointId }, context) => {
		if ((url === undefined) !== (endpointId === undefined)) return;
		context.addIssue({ code: 'custom', path: ['endpoint'], message: 'or endpointId must be there, and not both' });
	})
	.superRefine(({ text, data, deliverAs, callbackUrl }, context) => {
		if (deliverAs === 'notify' && callbackUrl !== undefined) {
			context.addIssue({
				code: 'custom',
				path: ['deliverAs'],
				message: 'is notify: no flow runs, so no outcome can come',
			});
		}
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
	.superRefine(requireOneOfBoth);
export type GetProfileRequest = z.output<typeof getProfileSchema>;

const contactIds = z
	.array(idSchema)
	.min(1, 'is empty')
	.transform((ids) => [...new Set(ids)]);

export const createProfileSchema = z.object({
	contactIds,
	profile: inputObjectSchema.default({}),
	active: flag.default(true),
});
export type CreateProfileRequest = z.output<typeof createProfileSchema>;

export const updateProfileSchema = z
	.object({
		profileId: idSchema.optional(),
		contactId: idSchema.optional(),
		profile: inputObjectSchema.default({}),
		active: flag.optional(),
		contactIds: contactIds.optional(),
	})
	.superRefine(requireOneOfBoth)
	.superRefine(({ profile, active, contactIds: ids }, context) => {
		if (Object.keys(profile).length > 0 || active !== undefined || ids !== undefined) return;
		context.addIssue({ code: 'custom', path: ['profile'], message: 'is empty, and nothing else is to be changed' });
	});
export type UpdateProfileRequest = z.output<typeof updateProfileSchema>;

export const deleteProfileSchema = z.object({
	profileId: idSchema,
	contactId: idSchema,
	failIfMissing: flag.default(true),
});
export type DeleteProfileRequest = z.output<typeof deleteProfileSchema>;

export const injectContextSchema = z.object({
	sessionId: idSchema,
	userId: idSchema,
	context: inputObjectSchema.refine((context) => Object.keys(context).length > 0, 'is empty'),
});
export type InjectContextRequest = z.output<typeof injectContextSchema>;

function requireOneOfBoth(
	{ profileId, contactId }: { profileId?: string | undefined; contactId?: string | undefined },
	context: z.RefinementCtx,
): void {
	if ((profileId === undefined) !== (contactId === undefined)) return;
	context.addIssue({ code: 'custom', path: ['profileId'], message: 'or contactId must be there, and not both' });
}
