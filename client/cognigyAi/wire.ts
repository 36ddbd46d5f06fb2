import * as z from 'zod/v4';

import { mayHaveLostDigits } from '../validation/readJson';
import type { FlowOutput } from '../types';
import { isJsonObject, isTooDeep, jsonObjectSchema } from '../validation/fields';
import { objectsOf } from './outputs/fields';

/** Text of the service that may be missing, null, or come as a number. */
const looseText = z
	.union([z.string(), z.number().transform(String)])
	.nullish()
	.catch('')
	.transform((text) => text ?? '');

/** Of what is handed on or sent back. */
const handledObjectSchema = jsonObjectSchema.refine((value) => !isTooDeep(value), 'is nested too deeply');

const id = z.string('must be text').min(1, 'is empty');

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

export const snapshotSchema = z.object({ _id: id, name: looseText });
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

const api = '/new/v2.0';

export const paths = {
	me: `${api}/users/me`,
	endpoints: `${api}/endpoints`,
	endpoint: (endpointId: string) => `${api}/endpoints/${encodeURIComponent(endpointId)}`,
	snapshots: `${api}/snapshots`,
	snapshot: (snapshotId: string) => `${api}/snapshots/${encodeURIComponent(snapshotId)}`,
	resetContext: (sessionId: string) => `${api}/sessions/${encodeURIComponent(sessionId)}/context/reset`,
	resetState: (sessionId: string) => `${api}/sessions/${encodeURIComponent(sessionId)}/state/reset`,
} as const;
