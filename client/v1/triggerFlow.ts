import { CognigyError } from '../errors';
import type { HttpResponse } from '../transport/http';
import type { Clock } from '../time/clock';
import type { TriggerFlowResult } from '../types';
import type { CallContext, CallTrace } from '../call/attempts';
import { recordedStart, type StartRecord } from '../call/starts';
import type { V1TriggerFlowInput } from './inputs';
import type { V1Rest } from './rest';
import { validateVersion } from './validateVersion';
import { sessionsPath, startAnswerSchema, type StartRequest } from './wire';

/** Starts a flow with a session id that is known before (docs/protocol-v1.md#start). */
export async function triggerFlow(
	rest: V1Rest,
	clock: Clock,
	input: V1TriggerFlowInput & { sessionId: string },
	body: string,
	context: CallContext,
	record: StartRecord,
): Promise<Omit<TriggerFlowResult, 'audit'>> {
	const { botId, flowId, userId, sessionId, sessionTtlMinutes, targetEnvironment } = input;
	if (targetEnvironment !== undefined) {
		// The attempts of an audit entry are those of the start, not of the check before it.
		const trace: CallTrace = { attempts: 0 };
		const target = { botId, flowId, targetEnvironment, failIfNotPublished: true };
		await validateVersion(rest, target, { ...context, trace }).catch((error: unknown) => {
			if (trace.httpStatus !== undefined) context.trace.httpStatus = trace.httpStatus;
			throw error;
		});
	}

	const action = `Starting flow "${flowId}" of bot "${botId}"`;
	const createdAt = clock.wallTime();
	const session = {
		botId,
		flowId,
		userId,
		createdAt,
		ttlSeconds: Math.round(sessionTtlMinutes * 60),
		context: input.context,
	};
	const start = async () =>
		await rest.call(
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
			},
			context,
		);
	const answer = await recordedStart(record, { ...session, sessionId }, start, (answered) => answered.sessionId);

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
			ttlSeconds: session.ttlSeconds,
		},
	};
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
