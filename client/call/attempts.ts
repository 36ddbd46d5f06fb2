import { CognigyError, cancelled } from '../errors';
import { withRetries, type RetryPolicy } from './retry';
import type { Clock } from '../time/clock';
import type { Deadline } from '../time/deadline';

/** What happened while an operation ran; becomes part of its audit entry. */
export interface CallTrace {
	attempts: number;
	httpStatus?: number;
	/** How often the state of a session was asked for. */
	checks?: number;
	/** The start was made before, so nothing was sent. */
	repeated?: true;
	/** Of the task that the service made of it. */
	taskId?: string;
}

export interface CallContext {
	deadline: Deadline;
	retries: number;
	trace: CallTrace;
	/** Told how far it came, for whoever watches. */
	onProgress?: ((message: string) => void) | undefined;
}

export interface AttemptDependencies {
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
}

/**
 * One of several calls of an operation, whose audit tells the most attempts that one of them took.
 * @param run gets a trace of its own
 */
export async function withOwnTrace<T>(context: CallContext, run: (context: CallContext) => Promise<T>): Promise<T> {
	const trace: CallTrace = { attempts: 0 };
	return await run({ ...context, trace }).finally(() => {
		Object.assign(context.trace, { ...trace, attempts: Math.max(context.trace.attempts, trace.attempts) });
	});
}

/**
 * Tries until it works, `isRepeatable` forbids it, or time or retries are used up.
 * @throws {CognigyError} always of this type, whatever ended it
 */
export function withAttempts<T>(
	dependencies: AttemptDependencies,
	context: Pick<CallContext, 'deadline' | 'retries'>,
	how: AttemptRules,
	attempt: () => Promise<T>,
): Promise<T> {
	// As a long poll, of which thousands wait: what the next attempt would need is not kept for each.
	if (context.retries > 0) return attemptSeveralTimes(dependencies, context, how, attempt);
	return attempt().catch((error: unknown) => {
		throw conclude(error, how.action, context.deadline);
	});
}

interface AttemptRules {
	/** What is being done, for errors: `Reading the versions of bot "b1"`. */
	action: string;
	isRepeatable: RetryPolicy['isRepeatable'];
}

async function attemptSeveralTimes<T>(
	{ clock, random }: AttemptDependencies,
	{ deadline, retries }: Pick<CallContext, 'deadline' | 'retries'>,
	{ action, isRepeatable }: AttemptRules,
	attempt: () => Promise<T>,
): Promise<T> {
	let lastFault: CognigyError | undefined;
	try {
		const isWorthRepeating = (fault: CognigyError) => {
			if (fault.isTransient) lastFault = fault;
			return isRepeatable(fault);
		};
		return await withRetries({ clock, random, deadline }, { retries, isRepeatable: isWorthRepeating }, attempt);
	} catch (error) {
		throw conclude(error, action, deadline, lastFault);
	}
}

/** The error that the caller sees: a deadline that ended while waiting has none of its own yet. */
function conclude(error: unknown, action: string, deadline: Deadline, lastFault?: CognigyError): CognigyError {
	if (error instanceof CognigyError) return error;
	if (deadline.end === 'cancelled') return cancelled(action);
	if (deadline.end === 'timeout') return timedOut(action, lastFault);
	return new CognigyError({
		category: 'protocol',
		message: `${action} failed for a reason that is not known`,
		advice: 'Please report this, with the version of n8n and of this package.',
	});
}

export function timedOut(action: string, lastFault?: CognigyError): CognigyError {
	const before = lastFault ? `. Before that: ${lastFault.message}` : '';
	return new CognigyError({
		category: 'timeout',
		message: `${action} took too long${before}`,
		advice: 'Find out why Cognigy answers slowly. If it needs the time, raise Timeout in the options of the node.',
		isTransient: true,
	});
}
