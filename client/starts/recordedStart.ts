import { CognigyError } from '../errors';
import type { NewSession } from '../registry/sessionRegistry';

/**
 * Where starts are recorded before they are sent, so that a crash loses no session
 * (docs/guarantees.md#session-registry).
 */
export interface StartRecord {
	starting(session: Omit<NewSession, 'account'>): Promise<void>;
	/** It ran or may have run. */
	started(sessionId: string): Promise<void>;
	/** It certainly did not run, or under another id. */
	notStarted(sessionId: string): Promise<void>;
}

export interface RecordedStart<T> {
	session: Omit<NewSession, 'account'>;
	/** Whether the session is recorded already. */
	isRecorded?: boolean;
	start: () => Promise<T>;
	/** The id of the session as the answer says it; by default the one that was sent. */
	idOf?: (answer: T) => string;
}

/** Runs a start that is recorded before and afterwards. @throws what `start` throws */
export async function recordedStart<T>(
	record: StartRecord,
	{ session, isRecorded = false, start, idOf = () => session.sessionId }: RecordedStart<T>,
): Promise<T> {
	const { sessionId } = session;
	if (!isRecorded) await record.starting(session);
	const answer = await start().catch(async (error: unknown) => {
		const mayHaveRun = error instanceof CognigyError && error.mayHaveRun;
		await (mayHaveRun ? record.started(sessionId) : record.notStarted(sessionId));
		throw error;
	});
	const answeredId = idOf(answer);
	if (answeredId !== sessionId) {
		await record.notStarted(sessionId);
		await record.starting({ ...session, sessionId: answeredId });
	}
	await record.started(answeredId);
	return answer;
}

/** What may have happened, and what is not to be done lightly again. */
export interface UncertainWords {
	/** Goes before the session: `The flow may have run, with`. */
	mayHave: string;
	again: string;
	/** How to find out whether it did: `Get Transcript … shows it`. */
	lookup?: string;
}

/** Of what a start is. */
export const startWords: UncertainWords = { mayHave: 'The flow may have run, with', again: 'start the flow again' };

/** The error of what was not sent again because it may have arrived (guarantee 1), with the id of the session. */
export function warnThatItMayHaveRun(
	error: CognigyError,
	sessionId: string,
	{ mayHave, again, lookup }: UncertainWords,
): CognigyError {
	return error.with({
		message: `${error.message}. ${mayHave} session "${sessionId}"; it was not sent again`,
		advice: `Look for session "${sessionId}" in Cognigy before you ${again}${lookup ? `: ${lookup}` : ''}. ${error.advice}`,
	});
}
