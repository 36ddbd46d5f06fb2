import { CognigyError } from '../errors';
import type { SessionPlace } from '../streams/messageStreams';
import type { PollAnswer, PollRequest } from '../streams/longPolls';
import type { Clock } from '../time/clock';
import { Deadline } from '../time/deadline';
import type { HeldPoll, HeldPolls } from './heldPolls';
import type { V1Rest } from './rest';
import { messagesAnswerSchema, messagesPath } from './wire';

/** Time limit of what comes before a long poll, as a login, in ms. */
const BEFORE_MS = 2 * 60_000;

export interface PollDependencies {
	rest: V1Rest;
	clock: Clock;
	heldPolls: HeldPolls;
}

/**
 * One long poll (docs/protocol-v1.md#messages). One that was held and then cut off on its way brought nothing.
 * @throws {CognigyError} for every other answer but messages, none, or the end of the session
 */
export async function pollMessages(
	{ rest, clock, heldPolls }: PollDependencies,
	{ botId, flowId, sessionId }: SessionPlace,
	{ kind: budgetKind, signal, onSent }: PollRequest,
): Promise<PollAnswer> {
	const deadline = new Deadline(clock, BEFORE_MS, [signal]);
	let poll: HeldPoll | undefined;
	try {
		const messages = await rest.call(
			{
				method: 'GET',
				path: messagesPath(botId, flowId, sessionId),
				answer: messagesAnswerSchema,
				noContent: [],
				kind: 'safe',
				// As long as the deadline, which is that of the poll from then on: while it waits, one is less to keep than two.
				attemptMs: Infinity,
				budgetKind,
				onSent: () => {
					deadline.restart(heldPolls.limitMs);
					poll = heldPolls.begin();
					onSent();
				},
				explain: ({ status }) => {
					if (status === 404 || status === 410) return sessionIsOver;
					return poll?.isCutBy(status) ? pollWasCut : undefined;
				},
				explainFailure: (failure) => (!signal.aborted && poll?.isCutShort(failure) ? pollWasCut : undefined),
				description: {
					subject: `session "${sessionId}"`,
					action: `Reading the messages of session "${sessionId}"`,
					permission: 'session:manage',
					inputs: 'Bot ID, Flow ID and Session ID',
				},
			},
			{ deadline, retries: 0, trace: { attempts: 0 } },
		);
		poll?.answered();
		return { messages };
	} catch (error) {
		// Only as the answer to the poll itself: a login may be answered with 404 as well.
		if (error === sessionIsOver) return 'ended';
		if (error === pollWasCut) return { messages: [] };
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

const pollWasCut = new CognigyError({
	category: 'timeout',
	message: 'The poll was held and then cut off',
	advice: 'Poll again.',
});
