import * as z from 'zod/v4';

import { checkInput, numberBetween } from '../validation/fields';
import {
	auditableContext,
	auditableInput,
	type AuditEntry,
	type AuditInput,
	type AuditSubject,
	type Operation,
} from '../audit';
import { CognigyError } from '../errors';
import type { Metrics } from '../metrics';
import type { Clock } from '../time/clock';
import { Deadline } from '../time/deadline';
import type { CallOptions } from '../types';
import type { CallContext, CallTrace } from './attempts';

/** How every operation is to be carried out. */
export const callOptionsSchema = z.object({
	options: z.object({
		timeoutSeconds: numberBetween(1, 3600),
		retries: numberBetween(0, 10).int('must be a whole number'),
		auditInput: z.enum(['full', 'hash', 'none'], 'must be full, hash or none'),
	}),
});

export interface CallDependencies {
	clock: Clock;
	metrics: Pick<Metrics, 'record'>;
	/** Ends every call. */
	closing: AbortSignal;
}

export interface ObservedOperation {
	operation: Operation;
	subject: AuditSubject;
	/** What the user asked for; shown as `auditInput` says. Of a start: what is said. */
	input: unknown;
	/** Of a start: what the flow is given besides that; shown as `auditInput` says. */
	context?: unknown;
	auditInput: AuditInput;
	/** Counts of the calls that the operation makes; filled while it runs. */
	trace: CallTrace;
	onAudit: ((entry: AuditEntry) => void) | undefined;
}

/**
 * Runs an operation within its time limit, with an audit entry and a place in the metrics (docs/guarantees.md#audit).
 * @throws {CognigyError} with the audit entry
 */
export async function observedCall<T>(
	dependencies: CallDependencies,
	what: Pick<ObservedOperation, 'operation' | 'subject' | 'input' | 'context'>,
	options: CallOptions,
	run: (context: CallContext) => Promise<T>,
): Promise<T & { audit: AuditEntry }> {
	const { clock, metrics } = dependencies;
	const trace: CallTrace = { attempts: 0 };
	const { auditInput, onAudit } = options;
	return await observed(clock, metrics, { ...what, auditInput, trace, onAudit }, async () => {
		checkInput(callOptionsSchema, { options });
		return await withinTimeout(dependencies, options, trace, run);
	});
}

/** Runs calls that are no operation of their own, such as lists, within their time limit. */
export async function withinTimeout<T>(
	{ clock, closing }: Pick<CallDependencies, 'clock' | 'closing'>,
	{
		timeoutSeconds,
		retries,
		signal,
		onProgress,
	}: Pick<CallOptions, 'timeoutSeconds' | 'retries' | 'signal' | 'onProgress'>,
	trace: CallTrace,
	run: (context: CallContext) => Promise<T>,
): Promise<T> {
	const deadline = new Deadline(clock, timeoutSeconds * 1000, signal ? [closing, signal] : [closing]);
	try {
		return await run({ deadline, retries, trace, onProgress });
	} finally {
		deadline.dispose();
	}
}

/**
 * Runs an operation and gives every end of it an audit entry and a place in the metrics.
 * @throws {CognigyError} with its audit entry; anything else that was thrown is a defect of ours and passes as it is
 */
export async function observed<T>(
	clock: Clock,
	metrics: Pick<Metrics, 'record'>,
	{ operation, subject, input, context, auditInput, trace, onAudit }: ObservedOperation,
	run: () => Promise<T>,
): Promise<T & { audit: AuditEntry }> {
	const startedAt = clock.monotonic();
	const timestamp = new Date(clock.wallTime()).toISOString();

	const finish = (error?: CognigyError): AuditEntry => {
		const latencyMs = Math.round(clock.monotonic() - startedAt);
		const shownInput = auditableInput(auditInput, input);
		const audit: AuditEntry = {
			timestamp,
			operation,
			...subject,
			status: error ? 'error' : 'success',
			latencyMs,
			attempts: trace.attempts,
			...(trace.checks === undefined ? {} : { checks: trace.checks }),
			...(trace.taskId === undefined ? {} : { taskId: trace.taskId }),
			...(trace.repeated ? { repeated: true } : {}),
			...(trace.httpStatus === undefined ? {} : { httpStatus: trace.httpStatus }),
			...(error ? { errorCategory: error.category } : {}),
			...(shownInput === undefined ? {} : { input: shownInput }),
			...(context === undefined ? {} : auditableContext(auditInput, context)),
		};
		metrics.record(latencyMs, error?.category);
		onAudit?.(audit);
		return audit;
	};

	try {
		const result = await run();
		return { ...result, audit: finish() };
	} catch (error) {
		throw error instanceof CognigyError ? error.withAudit(finish(error)) : error;
	}
}
