import { timedOut } from '../../call/attempts';
import { CognigyError, cancelled, type CognigyErrorDetails } from '../../errors';
import { TransportFailure } from '../../transport/transportFailure';
import { transportError } from '../../call/transportErrors';
import type { Deadline } from '../../time/deadline';
import { isJsonObject, isTooDeep } from '../../validation/fields';
import { serviceWords } from '../serviceWords';
import { statusError } from '../statusErrors';
import { SocketRefusal } from './transport';

export interface FailedDial {
	/** What was being done, for errors: `Connecting to endpoint-0c4a1b2c3d4e`. */
	action: string;
	/** Address of the Endpoint service, without a token. */
	url: string;
	/** Name of the endpoint, without its token. */
	endpoint: string;
	/** The time limit that the dial had. */
	attempt: Deadline;
	wallTimeMs: number;
	secrets: readonly string[];
}

/** The error for a connection that does not take messages. Nothing was sent on it. */
export function dialError(error: unknown, failed: FailedDial): CognigyError {
	const { action, url, attempt } = failed;
	if (error instanceof TransportFailure) {
		return error.kind === 'refused'
			? unseenRefusal(action)
			: transportError(error, { action, url, field: 'Endpoint URL', attempt });
	}
	if (error instanceof SocketRefusal) return refused(error, failed);
	return timedOut(action);
}

function refused({ kind, details }: SocketRefusal, failed: FailedDial): CognigyError {
	const { action, endpoint, wallTimeMs, secrets, attempt } = failed;
	const refusal = (what: string, advice: string, more: Partial<CognigyErrorDetails> = {}) =>
		new CognigyError({ category: 'rejected', message: `${action} failed: ${what}`, advice, ...more });
	switch (kind) {
		case 'status': {
			const { status = 0, retryAfter, date } = details;
			if (status === 400) return wrongProtocol(action);
			const response = { status, headers: { 'retry-after': retryAfter, date }, body: '' };
			const call = {
				subject: `Socket.IO endpoint "${endpoint}"`,
				action,
				inputs: 'Endpoint URL',
				service: 'endpoint',
			} as const;
			return statusError(response, call, wallTimeMs, secrets);
		}
		case 'protocol':
			return wrongProtocol(action);
		case 'error':
			return refusal(`the endpoint refused${errorWords(details.payload, secrets)}`, CHECK, { isTransient: true });
		case 'closed':
			return refusal('the endpoint closed the connection before it was ready', CHECK, { isTransient: true });
		case 'notReady':
			if (attempt.end === 'cancelled') return cancelled(action);
			return refusal('the endpoint never said that it is ready', `${CHECK} Cognigy.AI before 4.79 is not supported.`, {
				category: 'timeout',
				isTransient: true,
			});
	}
}

const CHECK = 'Check Endpoint URL, that the endpoint is enabled, and that it is a Socket.IO endpoint or a Webchat.';

/** The endpoint answered something else than an upgrade, and the transport cannot see what. */
function unseenRefusal(action: string): CognigyError {
	return new CognigyError({
		category: 'rejected',
		message: `${action} failed: the endpoint refused the connection; the reason it gave cannot be seen in this edition`,
		advice: `${CHECK} Cognigy.AI may also get too many requests.`,
		isTransient: true,
	});
}

function wrongProtocol(action: string): CognigyError {
	return new CognigyError({
		category: 'protocol',
		message: `${action} failed: the service does not speak the protocol of Socket.IO 3 and 4`,
		advice: 'Cognigy.AI has to be a version that supports Webchat v3. Use a REST endpoint, or update Cognigy.AI.',
	});
}

/** What an error that came over a socket says: `{data: {error: {message}}}`, with or without its shells. */
export function errorWords(payload: unknown, secrets: readonly string[]): string {
	const inner = isJsonObject(payload) && payload.data !== undefined ? payload.data : payload;
	return inner === undefined || isTooDeep(inner) ? '' : serviceWords(JSON.stringify(inner), secrets);
}
