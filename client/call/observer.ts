import { CognigyError } from '../errors';
import type { Clock } from '../time/clock';
import {
	auditableContext,
	auditableInput,
	type AuditEntry,
	type AuditInput,
	type AuditSubject,
	type Operation,
} from '../audit';
import type { Metrics } from '../metrics';

export interface ObservedOperation {
	operation: Operation;
	subject: AuditSubject;
	/** What the user asked for; shown as `auditInput` says. Of a start: what is said. */
	input: unknown;
	/** Of a start: what the flow is given besides that; shown as `auditInput` says. */
	context?: unknown;
	auditInput: AuditInput;
	/** Counts of the calls that the operation makes; filled while it runs. */
	trace: { attempts: number; httpStatus?: number; checks?: number };
	onAudit: ((entry: AuditEntry) => void) | undefined;
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
