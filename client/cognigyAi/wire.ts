import * as z from 'zod/v4';

import { mayHaveLostDigits, readJson } from '../validation/readJson';
import type { FlowOutput } from '../types';
import { isJsonObject, isTooDeep, jsonObjectSchema } from '../validation/fields';
import { objectsOf } from './outputs/fields';

/** Text of the service that may be missing, null, or come as a number. */
export const looseText = z
	.union([z.string(), z.number().transform(String)])
	.nullish()
	.catch('')
	.transform((text) => text ?? '');

/** Of what is handed on or sent back. */
const handledObjectSchema = jsonObjectSchema.refine((value) => !isTooDeep(value), 'is nested too deeply');

export const id = z.string('must be text').min(1, 'is empty');

/**
 * A page of a list (docs/protocol-cognigy-ai.md#lists). The cursor goes by two names.
 * @param item one entry
 */
export function pageSchema<T>(item: z.ZodType<T>) {
	const cursor = z.string().nullish().catch(undefined);
	return z
		.object({
			items: z.array(item, 'must be a list'),
			total: z.number().nullish().catch(undefined),
			nextCursor: cursor,
			next: cursor,
		})
		.transform(({ items, total, nextCursor, next }) => ({
			items,
			...(typeof total === 'number' ? { total } : {}),
			...((nextCursor ?? next) ? { nextCursor: nextCursor ?? next ?? '' } : {}),
		}));
}

const endpointFields = z.object({
	_id: id,
	name: looseText,
	channel: looseText,
	/** A secret. Sources differ in how the field is spelled. */
	URLToken: looseText,
	urlToken: looseText,
});

/** The token under the one name of it. */
function withToken<T extends { URLToken: string; urlToken: string }>({ urlToken, ...endpoint }: T) {
	return { ...endpoint, URLToken: endpoint.URLToken || urlToken };
}

/** An endpoint as lists show it (docs/protocol-cognigy-ai.md#endpoints). */
export const endpointItemSchema = endpointFields.transform(withToken);
export type EndpointItem = z.output<typeof endpointItemSchema>;

/** An endpoint as it is read. Other fields may hold secrets, and are dropped. */
export const endpointSchema = endpointFields
	.extend({
		active: z.boolean('must be true or false'),
		/** The id of the project, or of a snapshot. */
		entrypoint: looseText,
		/** The referenceId of the flow. */
		flowId: looseText,
		/** The referenceId of the locale. */
		localeId: looseText,
		/** `flow` or `agent`; empty: not told. */
		targetType: looseText,
		/** Of the agent that it runs in the place of a flow. */
		agentId: looseText,
	})
	.transform(withToken);
export type Endpoint = z.output<typeof endpointSchema>;

/** An endpoint with its settings, which may hold secrets. */
export const endpointWithSettingsSchema = endpointFields
	.extend({
		active: z.boolean().catch(true),
		/** Whatever the channel has; as the service says it, so that it can go back as it was. */
		settings: handledObjectSchema.nullish().transform((settings) => settings ?? {}),
	})
	.transform(withToken);
export type EndpointWithSettings = z.output<typeof endpointWithSettingsSchema>;

export const snapshotSchema = z.object({
	_id: id,
	name: looseText,
	description: looseText,
	/** In ms since 1970; NaN: not told. */
	createdAt: z.unknown().transform(timeOf),
});
export type Snapshot = z.output<typeof snapshotSchema>;

/** Whoever the key belongs to: that it is a JSON object is enough. */
export const userSchema = z.looseObject({});

/**
 * The context after a reset; liberal, as the answers of session calls are not settled
 * (docs/protocol-cognigy-ai.md#session-calls).
 */
export const sessionAnswerSchema = z.unknown().transform((answer) => {
	const parsed = jsonObjectSchema.safeParse(answer);
	return parsed.success ? parsed.data : undefined;
});

export const outputSchema = z.object({
	text: looseText,
	data: handledObjectSchema.nullish().catch(undefined),
	/** A number that another one could have become names no turn. */
	traceId: z.preprocess((id) => (typeof id === 'number' && mayHaveLostDigits(id) ? '' : id), looseText),
	source: looseText,
});

/**
 * One output of a flow, in whichever way it comes (docs/protocol-cognigy-ai.md#outputs). Fields that are odd count as
 * missing.
 */
export function readOutput(output: Readonly<Record<string, unknown>>): FlowOutput {
	return outputSchema.parse(output);
}

/**
 * Answer of a REST endpoint (docs/protocol-cognigy-ai.md#rest-endpoints). Without the list of outputs, the answer
 * itself is the only one, if it has any of what an output has.
 */
export const restAnswerSchema = z
	.looseObject({ outputStack: z.array(z.unknown(), 'must be a list').nullish() })
	.transform((answer, context): FlowOutput[] => {
		const { outputStack } = answer;
		const outputs = objectsOf(outputStack);
		if (outputs.length > 0) return outputs.map(readOutput);
		// What is no output counts as missing, but a list of nothing else is somebody else's.
		const hasOnlyOthers = outputStack?.some((entry) => entry !== null) ?? false;
		if (outputStack && !hasOnlyOthers) return [];
		if (isOutput(answer)) return [readOutput(answer)];
		context.addIssue({ code: 'custom', path: hasOnlyOthers ? ['outputStack'] : ['text'], message: 'is missing' });
		return z.NEVER;
	});

/** Whether something has any of what an output has, and nothing else in its place. */
function isOutput({ text, data }: Readonly<Record<string, unknown>>): boolean {
	if (text === undefined && data === undefined) return false;
	return /^(undefined|string|number)$/.test(typeof (text ?? '')) && isJsonObject(data ?? {});
}

/** Data of a transcript: an object, or its JSON. Masked, it is neither: then it is the text that came. */
const transcriptDataSchema = z.unknown().transform((data) => {
	const value = typeof data === 'string' ? parsed(data) : data;
	if (isJsonObject(value) && !isTooDeep(value)) return value;
	return typeof data === 'string' ? data : undefined;
});

function parsed(json: string): unknown {
	try {
		return readJson(json);
	} catch {
		return undefined;
	}
}

/** A row of a transcript (docs/protocol-cognigy-ai.md#conversations). Fields that are odd count as missing. */
export const transcriptRowSchema = z.object({
	type: looseText,
	/** Who says it. */
	source: looseText,
	/** The same for all rows of a turn. */
	inputId: looseText,
	/** Of what is put out. */
	outputId: looseText,
	/** What is said, whoever says it. */
	inputText: looseText,
	inputData: transcriptDataSchema,
	contactId: looseText,
	channel: looseText,
	/** In ms since 1970; NaN: not told. */
	timestamp: z.unknown().transform(timeOf),
	rating: z.number().nullish().catch(undefined),
	ratingComment: looseText,
	isMasked: z.boolean().nullish().catch(undefined),
});
export type TranscriptRow = z.output<typeof transcriptRowSchema>;

/** A conversation in a list (docs/protocol-cognigy-ai.md#conversations). Fields that are odd count as missing. */
export const conversationItemSchema = z
	.object({
		_id: looseText,
		sessionId: looseText,
		contactId: looseText,
		channel: looseText,
		endpointName: looseText,
		flowName: looseText,
		messages: z.number().nullish().catch(undefined),
		startTime: z.unknown().transform(timeOf),
		endTime: z.unknown().transform(timeOf),
		ratings: z.array(z.number()).nullish().catch(undefined),
		ratingComments: z.array(z.string()).nullish().catch(undefined),
	})
	// Sources differ in which of the two is the id of the session.
	.transform(({ _id, sessionId, ...conversation }) => ({ ...conversation, sessionId: sessionId || _id }))
	.refine(({ sessionId }) => sessionId !== '', { message: 'is missing', path: ['_id'] });
export type ConversationItem = z.output<typeof conversationItemSchema>;

/** The profile of a contact (docs/protocol-cognigy-ai.md#contact-profiles). */
export const profileSchema = z.object({
	_id: id,
	profile: handledObjectSchema.nullish().transform((profile) => profile ?? {}),
	active: z.boolean().catch(true),
	contactIds: z
		.array(looseText)
		.nullish()
		.transform((ids) => ids ?? []),
});
export type Profile = z.output<typeof profileSchema>;

/** What is answered to who makes one: itself, most likely. Empty and undefined: the answer does not tell. */
export const createdProfileSchema = z.unknown().transform((answer): { id: string; profile: Profile | undefined } => {
	const { data } = profileSchema.safeParse(answer);
	const isWhole = isJsonObject(answer) && isJsonObject(answer['profile']) && Array.isArray(answer['contactIds']);
	return { id: data?._id ?? '', profile: isWhole ? data : undefined };
});

/** A time of `timeOf` for who reads it: ISO 8601; empty: not told. */
export const shownTime = (ms: number): string => (Number.isNaN(ms) ? '' : new Date(ms).toISOString());

/** Of a date as text, or as a number of s or ms. NaN: it is none. */
export function timeOf(value: unknown): number {
	if (typeof value !== 'number') return typeof value === 'string' ? Date.parse(value) : NaN;
	const ms = value < 1e11 ? value * 1000 : value;
	return Math.abs(ms) <= MAX_DATE_MS ? ms : NaN;
}

/** The last date that there is. */
const MAX_DATE_MS = 8.64e15;

const api = '/new/v2.0';

export const paths = {
	me: `${api}/users/me`,
	endpoints: `${api}/endpoints`,
	endpoint: (endpointId: string) => `${api}/endpoints/${encodeURIComponent(endpointId)}`,
	snapshots: `${api}/snapshots`,
	snapshot: (snapshotId: string) => `${api}/snapshots/${encodeURIComponent(snapshotId)}`,
	injectContext: (sessionId: string) => `${api}/sessions/${encodeURIComponent(sessionId)}/context/inject`,
	snapshotResources: (snapshotId: string) => `${api}/snapshots/${encodeURIComponent(snapshotId)}/resources`,
	task: (taskId: string) => `${api}/tasks/${encodeURIComponent(taskId)}`,
	packages: `${api}/packages`,
	packageLink: (packageId: string) => `${api}/packages/${encodeURIComponent(packageId)}/downloadlink`,
	resetContext: (sessionId: string) => `${api}/sessions/${encodeURIComponent(sessionId)}/context/reset`,
	profiles: `${api}/profiles`,
	profile: (profileId: string) => `${api}/profiles/${encodeURIComponent(profileId)}`,
	conversations: `${api}/conversations`,
	conversation: (sessionId: string) => `${api}/conversations/${encodeURIComponent(sessionId)}`,
	resetState: (sessionId: string) => `${api}/sessions/${encodeURIComponent(sessionId)}/state/reset`,
} as const;
