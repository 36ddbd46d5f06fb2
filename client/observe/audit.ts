import { createHash } from 'node:crypto';

import type { ErrorCategory } from '../errors';

export type Operation = 'validateVersion' | 'triggerFlow' | 'streamMessages' | 'resetSession';

/** How the input shows in the audit: as it is, as a SHA-256 hash, or not at all. */
export type AuditInput = 'full' | 'hash' | 'none';

/** Who and what an audit entry is about. */
export interface AuditSubject {
	botId: string;
	flowId?: string | undefined;
	sessionId?: string | undefined;
	userId?: string | undefined;
}

/** What was done, for the item and for n8n's log (design section 3). Holds no secret. */
export interface AuditEntry extends AuditSubject {
	/** ISO 8601; when the operation began. */
	timestamp: string;
	operation: Operation;
	status: 'success' | 'error';
	/** From the call of the operation to its end, in ms. */
	latencyMs: number;
	/** How often the operation's request was sent; 0 when it was refused before. */
	attempts: number;
	/** How often the state of the session was asked for after its reset. */
	checks?: number;
	/** Status code of the last answer. */
	httpStatus?: number;
	errorCategory?: ErrorCategory;
	/** `sha256:<hex>` of the input's JSON, or the input itself. */
	input?: unknown;
}

/** @returns what `audit.input` shows of `input`; undefined for `none` */
export function auditableInput(mode: AuditInput, input: unknown): unknown {
	switch (mode) {
		case 'full':
			return toJson(input) === '' ? undefined : input;
		case 'hash':
			return `sha256:${createHash('sha256').update(toJson(input)).digest('hex')}`;
		case 'none':
			return undefined;
	}
}

/** Input that JSON cannot hold (empty text here) is refused anyway; its audit entry must still come out. */
function toJson(input: unknown): string {
	try {
		return JSON.stringify(input) ?? '';
	} catch {
		return '';
	}
}

/** The entry for an operation that was refused before the client was called; `subject` as far as it could be read. */
export function refusalAudit(operation: Operation, errorCategory: ErrorCategory, subject: AuditSubject): AuditEntry {
	return {
		timestamp: new Date().toISOString(),
		operation,
		...subject,
		status: 'error',
		latencyMs: 0,
		attempts: 0,
		errorCategory,
	};
}
