import * as z from 'zod/v4';

import { jsonObjectSchema } from '../../validation/fields';

export const RUNTIME_SUBPROTOCOL = 'cognigy-runtime-v1';

/**
 * Where a channel is dialled (docs/protocol-v1.md#runtime-channel).
 * @param address of the runtime channel, without `/ws/v1`
 * @returns an address with the token in it: nothing may show it
 */
export function runtimeUrl(
	address: string,
	{ tenant, botId, token }: Record<'tenant' | 'botId' | 'token', string>,
): string {
	const query = [`tenant=${encodeURIComponent(tenant)}`, `botId=${encodeURIComponent(botId)}`];
	return `${address}/ws/v1?${[...query, `token=${encodeURIComponent(token)}`].join('&')}`;
}

const stateSchema = z.string('must be text').refine((state) => state.trim() !== '', 'is empty');

/** What the states of a session are set to; the contract knows no other keys. */
export const stateClearMatrixSchema = z.strictObject(
	{
		flowState: stateSchema.optional(),
		dialogState: stateSchema.optional(),
		engineState: stateSchema.optional(),
	},
	{
		error: (issue) =>
			issue.code === 'unrecognized_keys'
				? `has the unknown key "${String(issue.keys[0])}"; it may hold flowState, dialogState and engineState`
				: 'must be a JSON object',
	},
);

const durationProblem = 'must be a whole number from 60 to 3600';

export const maxDurationSchema = z.int(durationProblem).min(60, durationProblem).max(3600, durationProblem);

export type StateClearMatrix = z.output<typeof stateClearMatrixSchema>;

/** A reset as it is sent (docs/protocol-v1.md#reset). */
export const resetFrameSchema = z.strictObject({
	type: z.literal('SEND'),
	sessionId: z.string().min(1),
	stateClearMatrix: stateClearMatrixSchema,
	contextWipeDirective: z.strictObject({
		clearVariables: z.boolean(),
		clearHistory: z.boolean(),
		clearNLUContext: z.boolean().optional(),
	}),
	maxDurationSec: maxDurationSchema.optional(),
	timestamp: z.iso.datetime(),
});

/** The question for the state of a session (docs/protocol-v1.md#state-check). */
export const stateCheckFrame = (sessionId: string) =>
	JSON.stringify({ type: 'QUERY', sessionId, request: 'STATE_CHECK' });

/** Both answers may name the session that they are about. */
const sessionIdSchema = z.unknown();

/** Answer to a reset. */
export const resetAnswerSchema = z.object({ sessionId: sessionIdSchema, status: z.string('must be text') });

/** Answer to a check. */
export const stateCheckAnswerSchema = z
	.object({
		sessionId: sessionIdSchema,
		flowState: z.string('must be text').nullish(),
		variables: jsonObjectSchema.nullish(),
		error: z.unknown(),
	})
	.refine(({ flowState, variables, error }) => !error || flowState || variables, {
		path: ['error'],
		error: 'says that the check failed',
	});
