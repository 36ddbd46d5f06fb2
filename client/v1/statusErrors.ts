import { CognigyError, type CognigyErrorDetails } from '../errors';
import type { HttpResponse } from '../transport/http';
import { retryAfterOf } from '../call/retryAfter';
import { quotedMessage } from '../call/serviceText';

/** What an error message needs to know about the call that failed. */
export interface CallDescription {
	/** What was called, for "… was not found": `bot "b1"`. */
	subject: string;
	/** What was being done, for "… failed": `Reading the versions of bot "b1"`. */
	action: string;
	/** The permission that the call needs (docs/protocol-v1.md#permissions). */
	permission: string;
	/** Parameters to look at when the service calls the request malformed: "Bot ID". */
	inputs: string;
}

/**
 * The error for an answer that is not a success. 401 and the calls' own codes are handled before.
 * @param wallTimeMs now, in ms since 1970, for `Retry-After` dates
 * @param secrets what must not show should the service repeat it (guarantee 6)
 */
export function statusError(
	response: HttpResponse,
	call: CallDescription,
	wallTimeMs: number,
	secrets: readonly string[],
): CognigyError {
	const said = quotedMessage(response.body, secrets);
	return new CognigyError({ ...describe(response, said, call, wallTimeMs), httpStatus: response.status });
}

function describe(
	response: HttpResponse,
	said: string,
	call: CallDescription,
	wallTimeMs: number,
): CognigyErrorDetails {
	const { status } = response;
	if (status === 400) {
		return {
			category: 'invalidInput',
			message: `${call.action} failed: Cognigy called the request malformed (400)${said}`,
			advice: `Check ${call.inputs}.`,
		};
	}
	if (status === 401) {
		return {
			category: 'authentication',
			message: `${call.action} failed: Cognigy did not accept the login's token (401)`,
			advice: 'A new login did not help. Check that the user of the credential is active and may use this tenant.',
		};
	}
	if (status === 403) {
		return {
			category: 'permission',
			message: `${call.action} failed: the permission ${call.permission} is missing (403)`,
			advice: `Ask your Cognigy administrator to give the credential's user the permission ${call.permission}.`,
		};
	}
	if (status === 404) {
		return {
			category: 'notFound',
			message: `Cognigy knows no ${call.subject} (404)`,
			advice: `Check ${call.inputs}, and that the credential points to the right Cognigy.`,
		};
	}
	if (status === 407) {
		return {
			category: 'network',
			message: `${call.action} failed: the proxy in between asks for a login (407)`,
			advice: 'Put user name and password of the proxy into HTTP_PROXY or HTTPS_PROXY of n8n.',
		};
	}
	if (status === 409) {
		return {
			category: 'protocol',
			message: `${call.action} failed: Cognigy does not take it (409)${said}`,
			advice: 'Most likely a session with this ID is running already: use another Session ID, or none.',
		};
	}
	if (status === 413) {
		return {
			category: 'invalidInput',
			message: `${call.action} failed: what was sent is too large for Cognigy (413)${said}`,
			advice: 'Make Context, Payload or Input smaller.',
		};
	}
	if (status === 429) {
		const retryAfterMs = retryAfterOf(response.headers, wallTimeMs);
		const wait = retryAfterMs === undefined ? '' : `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
		return {
			category: 'rateLimit',
			message: `${call.action} failed: too many requests to Cognigy (429)${wait}`,
			advice: 'Send fewer items at a time, lower Concurrency, or raise Timeout so that there is time to wait.',
			isTransient: true,
			...(retryAfterMs === undefined ? {} : { retryAfterMs }),
		};
	}
	if (status >= 300 && status < 400) {
		return {
			category: 'protocol',
			message: `${call.action} failed: Cognigy answered with a redirect (${status}), which is not followed`,
			advice: 'Put the final address of the service into Base URL of the credential.',
		};
	}
	if (status >= 500 || status === 408) {
		const retryAfterMs = retryAfterOf(response.headers, wallTimeMs);
		return {
			category: 'server',
			message: `${call.action} failed: Cognigy could not process the request (${status})${said}`,
			advice: 'Try again later. If it stays, look at the status and the logs of your Cognigy.',
			isTransient: true,
			...(retryAfterMs === undefined ? {} : { retryAfterMs }),
		};
	}
	return {
		category: 'protocol',
		message: `${call.action} failed: Cognigy answered with the unexpected status ${status}${said}`,
		advice: 'Check Base URL of the credential: does it point to the Cognigy API, and not to a website or a proxy?',
	};
}
