import { CognigyError } from '../errors';
import { sleep, type Clock } from '../time/clock';
import type { Deadline } from '../time/deadline';
import { backoffMs } from './backoff';

export interface RetryPolicy {
	/** How often a failed call is repeated at most. */
	retries: number;
	/** Whether the call may be sent again after this error: guarantee 1 for starts, guarantee 2 for safe calls. */
	isRepeatable(error: CognigyError): boolean;
}

/** Safe calls are repeated after every passing fault (guarantee 2). */
export const isPassingFault = (error: CognigyError): boolean => error.isTransient;

/** A start is repeated only when it certainly did not run (guarantee 1). */
export const certainlyDidNotRun = (error: CognigyError): boolean => error.isTransient && !error.mayHaveRun;

export interface RetryContext {
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	deadline: Deadline;
}

/**
 * Repeats `call` as the policy allows, with back-off, full jitter and `Retry-After`, within the deadline.
 * @throws the last error; at once when the pause that the service asks for does not fit into the time left
 */
export async function withRetries<T>(context: RetryContext, policy: RetryPolicy, call: () => Promise<T>): Promise<T> {
	for (let retriesDone = 0; ; retriesDone++) {
		try {
			return await call();
		} catch (error) {
			if (!(await isWorthAnother(error, retriesDone, context, policy))) throw error;
		}
	}
}

/** Makes the pause before the next try. */
async function isWorthAnother(
	error: unknown,
	retriesDone: number,
	{ clock, random, deadline }: RetryContext,
	{ retries, isRepeatable }: RetryPolicy,
): Promise<boolean> {
	if (retriesDone >= retries || !(error instanceof CognigyError) || !isRepeatable(error)) return false;
	const pauseMs = (error.retryAfterMs ?? 0) + backoffMs(retriesDone, random());
	if (pauseMs >= deadline.remainingMs()) return false;
	await sleep(clock, pauseMs, deadline.signal);
	return true;
}
