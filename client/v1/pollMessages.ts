import { CognigyError } from '../errors';
import type { SessionPlace } from '../follow/conversations';
import type { PollAnswer, PollRequest } from '../follow/sessionFollower';
import type { Clock } from '../time/clock';
import { Deadline } from '../time/deadline';
import type { V1Rest } from './rest';
import { messagesAnswerSchema, messagesPath } from './wire';

/** Time limit of one long poll, in ms: longer than the service holds it open, up to 30 s. */
const POLL_MS = 45_000;
/** Time limit of one long poll together with a login before it, in ms. */
const TURN_MS = 2 * 60_000;

/**
 * One long poll (contract section 4).
 * @throws {CognigyError} for every answer but messages, none, or the end of the session
 */
export async function pollMessages(
	rest: V1Rest,
	clock: Clock,
	{ botId, flowId, sessionId }: SessionPlace,
	{ kind: budgetKind, signal, onSent }: PollRequest,
): Promise<PollAnswer> {
	const deadline = new Deadline(clock, TURN_MS, [signal]);
	try {
		const messages = await rest.call(
			{
				method: 'GET',
				path: messagesPath(botId, flowId, sessionId),
				answer: messagesAnswerSchema,
				noContent: [],
				kind: 'safe',
				attemptMs: POLL_MS,
				budgetKind,
				onSent,
				explain: ({ status }) => (status === 404 || status === 410 ? sessionIsOver : undefined),
				description: {
					subject: `session "${sessionId}"`,
					action: `Reading the messages of session "${sessionId}"`,
					permission: 'session:manage',
					inputs: 'Bot ID, Flow ID and Session ID',
				},
			},
			{ deadline, retries: 0, trace: { attempts: 0 } },
		);
		return { messages };
	} catch (error) {
		// Only as the answer to the poll itself: a login may be answered with 404 as well.
		if (error === sessionIsOver) return 'ended';
		throw error;
	} finally {
		deadline.dispose();
	}
}

const sessionIsOver = new CognigyError({
	category: 'notFound',
	message: 'The session is over',
	advice: 'Start the flow again for a new one.',
});
