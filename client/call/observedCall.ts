import { z } from 'zod/v4';

import { checkInput, numberBetween } from '../validation/fields';
import type { AuditEntry } from '../audit';
import type { Metrics } from '../metrics';
import { observed, type ObservedOperation } from './observer';
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
	{ timeoutSeconds, retries, signal }: Pick<CallOptions, 'timeoutSeconds' | 'retries' | 'signal'>,
	trace: CallTrace,
	run: (context: CallContext) => Promise<T>,
): Promise<T> {
	const deadline = new Deadline(clock, timeoutSeconds * 1000, signal ? [closing, signal] : [closing]);
	try {
		return await run({ deadline, retries, trace });
	} finally {
		deadline.dispose();
	}
}
