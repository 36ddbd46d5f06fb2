import { CognigyError, invalidInput } from '../errors';

/** The key stands for another start. @param sessionId of that */
export function usedForSomethingElse(key: string | undefined, sessionId: string): CognigyError {
	return invalidInput(
		'idempotencyKey',
		`"${key ?? ''}" was used for something else: what was sent with it to start session "${sessionId}" was not the same`,
		'Use a key that stands for one event only, its ID for example. Nothing was sent.',
	);
}

/** Without a registry nobody can tell whether it was started before. @param reason why there is none */
export function registryNeeded(key: string, reason: string): CognigyError {
	return new CognigyError({
		category: 'server',
		message: `Nothing was sent: without the session registry nobody knows whether the start with the idempotency key "${key}" was made before. It does not work: ${reason}`,
		advice: 'Make the session registry work (State Store in the credential), or remove the Idempotency Key.',
	});
}

/** Somebody else makes the same start, and takes longer than we may wait. */
export function underWay(action: string, sessionId: string): CognigyError {
	return new CognigyError({
		category: 'timeout',
		message: `${action} took too long: the same start is being made by another execution, with session "${sessionId}". Nothing was sent by this one`,
		advice: `Look for session "${sessionId}" in Cognigy, or do this again later: it then comes out with what the other one got.`,
		mayHaveRun: true,
	});
}

/** Whoever was making it is gone, and said nothing of how far it came. */
export function ownerDied(action: string): CognigyError {
	return new CognigyError({
		category: 'server',
		message: `${action} has an unknown end: n8n stopped before the answer came`,
		advice: 'If you start it again with an idempotency key, use another one.',
		mayHaveRun: true,
	});
}

/** The registry holds an outcome that this version does not understand. */
export function unreadable(action: string): CognigyError {
	return new CognigyError({
		category: 'server',
		message: `${action} has an unknown end: what the session registry holds of it cannot be read`,
		advice: 'If several versions of this package use the same session registry, update them all.',
		mayHaveRun: true,
	});
}

/** What came of an earlier start with the same key: it may have run. */
export function earlierFailure(error: CognigyError, key: string): CognigyError {
	return error.with({
		message: `An earlier start with the idempotency key "${key}" failed: ${error.message}`,
		advice: `${error.advice} To start it again nevertheless, use another key.`,
	});
}
