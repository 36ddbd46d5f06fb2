import type { Operation } from './contract';
import type { FaultKind } from './faults/fault';

/** Where something came from, or, a callback, went to. */
export type Via = 'api' | 'endpoint' | 'socket' | 'callback';

/** One request, socket event of a client, or callback. Holds no API key, no URL token and no password. */
export interface CognigyAiJournalEntry {
	/** When it began, ISO 8601. */
	time: string;
	via: Via;
	/** `EVENT`: of a socket. */
	method: string;
	/** Without the query, and with `{URLToken}` in the place of a token; the name of a socket's event. */
	path: string;
	/** The names of what was in the query, without the values. */
	queryNames: readonly string[];
	/** `other`: a path or an event that the sandbox does not have. */
	operation: Operation | 'other';
	/** The status that was sent, of a callback received; null: none so far, or none ever. */
	status: number | null;
	/** True when the operation was carried out. */
	ran: boolean;
	/** In ms; null: not ended yet. */
	durationMs: number | null;
	/** Why the service said no, or why a callback failed. */
	refusal: string | null;
	/** The name of the API key that was sent, when known. */
	key: string | null;
	/** The name of the endpoint, when known. */
	endpoint: string | null;
	userId: string | null;
	sessionId: string | null;
	/** The JSON that was sent, with `(hidden)` in the place of tokens and passwords; undefined: no body or no JSON. */
	body: unknown;
	/** The fault that was applied. */
	fault: FaultKind | null;
	/** Of a request: `1.1` or `2.0`. */
	httpVersion: string | null;
	/** True when the connection had carried a request before. */
	reusedConnection: boolean;
}

const HIDDEN = '(hidden)';

/** A copy of what was sent, for others to see: without the token of an endpoint and the password for its webhook. */
export function withoutSecrets(json: unknown): unknown {
	if (!isObject(json)) return json;
	const { settings } = json;
	return {
		...json,
		...('URLToken' in json && { URLToken: HIDDEN }),
		...(isObject(settings) &&
			'basicAuthPassword' in settings && { settings: { ...settings, basicAuthPassword: HIDDEN } }),
	};
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
