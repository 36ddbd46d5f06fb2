import type { AuditEntry } from './audit';

/** Every `errorCategory` that users can see in items (docs/guarantees.md#error-categories). */
export const ERROR_CATEGORIES = [
	'authentication',
	'permission',
	'rateLimit',
	'notFound',
	'notPublished',
	'invalidInput',
	'timeout',
	'network',
	'protocol',
	'rejected',
	'server',
	'cancelled',
] as const;

export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];

export interface CognigyErrorDetails {
	category: ErrorCategory;
	/** What happened, and to what (which bot, flow, session). */
	message: string;
	/** What the user can do about it. */
	advice: string;
	/** Where in the input the problem is: `botId`, `context.metadata`, a credential field. */
	parameter?: string;
	httpStatus?: number;
	/** How long the service asked us to wait, in ms. */
	retryAfterMs?: number;
	/** A passing fault: the same call may succeed a moment later. */
	isTransient?: boolean;
	/** A start that may have run although no usable answer came (guarantee 1). */
	mayHaveRun?: boolean;
}

/** What makes an error one of ours, in whichever copy of this package it was made: n8n may load several. */
const BRAND = Symbol.for('n8n-nodes-cognigy/error');

/**
 * The one error type that leaves the client. It never carries the request, its headers or a cause: whatever prints it,
 * no token or password can show (guarantee 6).
 */
export class CognigyError extends Error {
	static override [Symbol.hasInstance](value: unknown): value is CognigyError {
		return typeof value === 'object' && value !== null && BRAND in value;
	}

	override readonly name = 'CognigyError';
	readonly category: ErrorCategory;
	readonly advice: string;
	readonly parameter: string | undefined;
	readonly httpStatus: number | undefined;
	readonly retryAfterMs: number | undefined;
	readonly isTransient: boolean;
	readonly mayHaveRun: boolean;

	readonly details: Readonly<CognigyErrorDetails>;

	constructor(
		details: Readonly<CognigyErrorDetails>,
		/** What was done until it failed; set on every error that an operation of the client throws. */
		readonly audit?: AuditEntry,
	) {
		// Strict receivers refuse JSON with half a character in it, and what the service says may hold one.
		const message = details.message.toWellFormed();
		super(message);
		this.details = { ...details, message };
		this.category = details.category;
		this.advice = details.advice;
		this.parameter = details.parameter;
		this.httpStatus = details.httpStatus;
		this.retryAfterMs = details.retryAfterMs;
		this.isTransient = details.isTransient ?? false;
		this.mayHaveRun = details.mayHaveRun ?? false;
	}

	/** A copy with some details replaced. One failed login is shared by many calls, so errors are never changed in place. */
	with(changes: Partial<CognigyErrorDetails>): CognigyError {
		return new CognigyError({ ...this.details, ...changes }, this.audit);
	}

	/** A copy that carries the audit entry of the operation that it ended. */
	withAudit(audit: AuditEntry): CognigyError {
		return new CognigyError(this.details, audit);
	}
}

Object.defineProperty(CognigyError.prototype, BRAND, { value: true });

/** Input that is refused before anything is sent (guarantee 9). `problem` continues the parameter's name: "is empty". */
export function invalidInput(parameter: string, problem: string, advice: string): CognigyError {
	return new CognigyError({ category: 'invalidInput', message: `${parameter} ${problem}`.trim(), advice, parameter });
}

export function cancelled(subject: string): CognigyError {
	return new CognigyError({
		category: 'cancelled',
		message: `${subject} was cancelled`,
		advice: 'The execution was stopped before the answer came.',
	});
}
