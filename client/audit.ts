import { createHash } from 'node:crypto';

import { canonicalJson } from './canonicalJson';
import type { ErrorCategory } from './errors';

export type Operation =
	| 'validateVersion'
	| 'triggerFlow'
	| 'streamMessages'
	| 'resetSession'
	| 'getTranscript'
	| 'listConversations'
	| 'getProfile'
	| 'createProfile'
	| 'updateProfile'
	| 'deleteProfile'
	| 'injectContext'
	| 'createSnapshot'
	| 'deploySnapshot'
	| 'rollBack'
	| 'getReleaseStatus'
	| 'deleteSnapshot'
	| 'exportPackage';

/** How the input shows in the audit: as it is, as a SHA-256 hash, or not at all. */
export type AuditInput = 'full' | 'hash' | 'none';

/** Who and what an audit entry is about. */
export interface AuditSubject {
	botId: string;
	flowId?: string | undefined;
	sessionId?: string | undefined;
	userId?: string | undefined;
}

/** What was done, for the item and for n8n's log (docs/guarantees.md#audit). Holds no secret. */
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
	/** Of the task that Cognigy.AI made of it. */
	taskId?: string;
	/** Of a start: it was made before, and nothing was sent. */
	repeated?: true;
	errorCategory?: ErrorCategory;
	/**
	 * What was asked for, or `sha256:<hex>` of it. Of a start: what the user says, and the hash is that of its UTF-8. Of
	 * everything else: an object, and the hash is that of its JSON.
	 */
	input?: unknown;
	/** Of a start, with hashes: `sha256:<hex>` of the context's canonical JSON. */
	contextHash?: string;
	/** Of a start, with the full input: what the flow was given besides what the user says. */
	context?: unknown;
}

/** @returns what `audit.input` shows of `input`; undefined for `none` */
export function auditableInput(mode: AuditInput, input: unknown): unknown {
	switch (mode) {
		case 'full':
			return toJson(input) === undefined ? undefined : input;
		case 'hash':
			return sha256(typeof input === 'string' ? input : (toJson(input) ?? ''));
		case 'none':
			return undefined;
	}
}

/** @returns what the audit of a start shows of its context, beside `input`; empty for `none`, and for what is no JSON */
export function auditableContext(mode: AuditInput, context: unknown): Pick<AuditEntry, 'context' | 'contextHash'> {
	if (mode === 'none' || toJson(context) === undefined) return {};
	return mode === 'full' ? { context } : { contextHash: sha256(canonicalJson(context)) };
}

function sha256(text: string): string {
	return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Input that JSON cannot hold (undefined here) is refused anyway; its audit entry must still come out. */
function toJson(input: unknown): string | undefined {
	try {
		return JSON.stringify(input);
	} catch {
		return undefined;
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
