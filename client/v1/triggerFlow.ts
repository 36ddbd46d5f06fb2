import { CognigyError } from '../errors';
import type { HttpResponse } from '../transport/http';
import { callbackSecrets } from '../starts/callbackUrl';
import type { StartedFlow } from '../starts/starts';
import type { CallContext, CallTrace } from '../call/attempts';
import type { V1TriggerFlowRequest } from './inputs';
import type { V1Rest } from './rest';
import { validateVersion } from './validateVersion';
import { sessionsPath, startAnswerSchema, type StartRequest } from './wire';

/** A start whose session id is known before it is sent. */
export type V1Start = V1TriggerFlowRequest & { sessionId: string };

/**
 * Starts a flow (docs/protocol-v1.md#start).
 * @param createdAt when it began, in ms since 1970
 */
export async function triggerFlow(
	rest: V1Rest,
	input: V1Start,
	body: string,
	context: CallContext,
	createdAt: number,
): Promise<StartedFlow['result']> {
	const { botId, flowId, userId, sessionTtlMinutes, targetEnvironment } = input;
	if (targetEnvironment !== undefined) {
		// The attempts of an audit entry are those of the start, not of the check before it.
		const trace: CallTrace = { attempts: 0 };
		const target = { botId, flowId, targetEnvironment, failIfNotPublished: true };
		await validateVersion(rest, target, { ...context, trace }).catch((error: unknown) => {
			if (trace.httpStatus !== undefined) context.trace.httpStatus = trace.httpStatus;
			throw error;
		});
	}

	const action = actionOf(input);
	const answer = await rest.call(
		{
			method: 'POST',
			path: sessionsPath(botId, flowId),
			body,
			answer: startAnswerSchema,
			kind: 'start',
			description: {
				subject: `bot "${botId}" with a flow "${flowId}"`,
				action,
				permission: 'bot:execute',
				inputs: 'Bot ID, Flow ID, User ID and the context',
			},
			explain: (response) => explainStart(response, action),
			secrets: callbackSecrets(input),
		},
		context,
	);
	return {
		sessionId: answer.sessionId,
		status: answer.status,
		botId,
		flowId,
		userId,
		session: {
			id: answer.sessionId,
			createdAt: new Date(createdAt).toISOString(),
			expiresAt: new Date(createdAt + sessionTtlMinutes * 60_000).toISOString(),
			ttlSeconds: ttlSecondsOf(input),
		},
	};
}

/** What a start is called in errors. */
export function actionOf({ botId, flowId }: Pick<V1Start, 'botId' | 'flowId'>): string {
	return `Starting flow "${flowId}" of bot "${botId}"`;
}

export function ttlSecondsOf({ sessionTtlMinutes }: Pick<V1Start, 'sessionTtlMinutes'>): number {
	return Math.round(sessionTtlMinutes * 60);
}

/** The JSON of a start. @throws {TypeError} when the context cannot be written as JSON */
export function startBody({ userId, sessionId, context, input }: StartRequest): string {
	return JSON.stringify({ userId, sessionId, context, input } satisfies StartRequest);
}

function explainStart(response: HttpResponse, action: string): CognigyError | undefined {
	if (response.status !== 502) return undefined;
	return new CognigyError({
		category: 'notPublished',
		message: `${action} failed with 502: most likely the bot's version is not published, or the environment blocks the run`,
		advice: 'Publish a version of the bot in Cognigy, or turn on Validate Before.',
		httpStatus: response.status,
	});
}
