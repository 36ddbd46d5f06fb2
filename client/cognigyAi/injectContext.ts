import type { CallContext } from '../call/attempts';
import { withoutCallbackUrls } from '../starts/callbackUrl';
import type { InjectContextResult } from '../types';
import { isTooDeep } from '../validation/fields';
import { jsonBody } from './bodySize';
import type { InjectContextRequest } from './inputs';
import type { ManagementApi } from './managementApi';
import { paths, sessionAnswerSchema } from './wire';

/** @throws {CognigyError} `invalidInput` when it is larger than the service takes */
export function injectionBody({ userId, context }: InjectContextRequest): string {
	return jsonBody({ userId, context }, 'User ID and Context', 'context');
}

/**
 * Puts something into what the flow of a session remembers (docs/protocol-cognigy-ai.md#session-calls). The flow may have
 * changed it a moment later, so it is not sent again unless it certainly did not run.
 * @param body as `injectionBody` makes it
 * @throws {CognigyError} with `mayHaveRun` when nobody knows whether it was changed
 */
export async function injectContext(
	api: ManagementApi,
	{ sessionId, body }: { sessionId: string; body: string },
	context: CallContext,
): Promise<Omit<InjectContextResult, 'audit'>> {
	const subject = `session "${sessionId}"`;
	const answer = await api.call(
		{
			method: 'POST',
			path: paths.injectContext(sessionId),
			body,
			once: {
				mayHave: `The context of ${subject} may have been changed`,
				lookup:
					'Cognigy has no way to look at a context: let the flow say what it remembers, or inject it again where that does no harm.',
			},
			answer: sessionAnswerSchema,
			description: { subject, action: `Injecting into the context of ${subject}`, inputs: 'Session ID and User ID' },
		},
		context,
	);
	if (answer === undefined || isTooDeep(answer)) return { sessionId, context: null };
	// A flow that is to post an outcome keeps the URL of the parked execution there.
	return { sessionId, context: withoutCallbackUrls(answer) };
}
