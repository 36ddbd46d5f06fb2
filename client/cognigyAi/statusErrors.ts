import { CognigyError, type CognigyErrorDetails } from '../errors';
import type { HttpResponse } from '../http/transport';
import { retryAfterOf } from '../retry/retryAfter';
import { serviceWords } from './serviceWords';

/** What an error message needs to know about the call that failed. */
export interface CallDescription {
	/** What was called, for "knows no …": `project "p1"`. */
	subject: string;
	/** What was being done, for "… failed": `Listing the endpoints`. */
	action: string;
	/** Parameters to look at when the service calls the request malformed: `Project ID`. */
	inputs: string;
	/** Which of the two services it went to. */
	service: 'management' | 'endpoint';
}

/**
 * The error for an answer that is not a success, from the management API or an endpoint (facts, sections 1.6 and 6).
 * @param wallTimeMs now, in ms since 1970, for `Retry-After` dates
 * @param secrets what must not show should the service repeat it (guarantee 6)
 */
export function statusError(
	response: HttpResponse,
	call: CallDescription,
	wallTimeMs: number,
	secrets: readonly string[],
): CognigyError {
	const { status } = response;
	const said = serviceWords(response.body, secrets);
	const wait = retryAfterOf(response.headers, wallTimeMs);
	const retryAfter = wait === undefined ? {} : { retryAfterMs: wait };
	const details = final(status, said, call) ?? { ...passing(status, said, call, wait), ...retryAfter };
	return new CognigyError({ ...details, httpStatus: status });
}

/** What does not go away by itself. */
function final(status: number, said: string, call: CallDescription): CognigyErrorDetails | undefined {
	const { action, subject, inputs, service } = call;
	const failed = (category: CognigyErrorDetails['category'], what: string, advice: string) => ({
		category,
		message: `${action} failed: ${what} (${status})${said}`,
		advice,
	});
	if (status >= 300 && status < 400) {
		const where = service === 'management' ? 'API Base URL of the credential' : 'Endpoint URL';
		return failed(
			'protocol',
			'Cognigy answered with a redirect, which is not followed',
			`Put the final address into ${where}.`,
		);
	}
	switch (status) {
		case 400:
			return failed('invalidInput', 'Cognigy called the request malformed', `Check ${inputs}.`);
		case 401:
			return service === 'management'
				? failed(
						'authentication',
						'Cognigy did not accept the API key',
						'Put a valid API Key into the credential; keys are made in the profile of a user in Cognigy.AI.',
					)
				: failed(
						'authentication',
						'the endpoint did not accept the message',
						'Check Webhook Key if the endpoint asks for one, and that Endpoint URL is that of an endpoint, not of the API.',
					);
		case 402:
			return failed(
				'permission',
				'the licence of this Cognigy.AI does not cover it',
				'Ask your Cognigy administrator.',
			);
		case 403:
			return service === 'management'
				? failed(
						'permission',
						'the user of the API key may not do that',
						'Ask your Cognigy administrator to make the user a member of the project, with a role that allows it.',
					)
				: failed(
						'permission',
						'the endpoint does not take the message',
						'Check in Cognigy.AI that the endpoint is enabled.',
					);
		case 404:
			return {
				category: 'notFound',
				message: `${action} failed: Cognigy knows no ${subject} (404)${said}`,
				advice:
					service === 'management'
						? `Check ${inputs}, and that the credential points to the right Cognigy.AI.`
						: 'Check Endpoint URL, and that the endpoint is enabled and has the chosen channel.',
			};
		case 407:
			return {
				category: 'network',
				message: `${action} failed: the proxy in between asks for a login (407)`,
				advice: 'Put user name and password of the proxy into HTTP_PROXY or HTTPS_PROXY of n8n.',
			};
		case 409:
			return failed('protocol', 'it conflicts with what is there', 'Look at it in Cognigy.AI, and try again.');
		case 413:
			return failed('invalidInput', 'it is too large', `Make ${inputs} smaller.`);
		default:
			return undefined;
	}
}

/** What may go away by itself, and what nobody expects. */
function passing(
	status: number,
	said: string,
	{ action, service }: CallDescription,
	retryAfterMs: number | undefined,
): CognigyErrorDetails {
	if (status === 429) {
		const wait = retryAfterMs === undefined ? '' : `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
		return {
			category: 'rateLimit',
			message: `${action} failed: too many requests to Cognigy (429)${wait}${said}`,
			advice:
				'Try again in some minutes. If it happens often, send fewer items at a time, or lower Requests per 5 Minutes in the credential.',
			isTransient: true,
		};
	}
	if (status >= 500 || status === 408) {
		return {
			category: 'server',
			message: `${action} failed: Cognigy could not process the request (${status})${said}`,
			advice: 'Try again later. After a deployment it can take a minute until an endpoint answers.',
			isTransient: true,
		};
	}
	const where = service === 'management' ? 'API Base URL of the credential' : 'Endpoint URL';
	return {
		category: 'protocol',
		message: `${action} failed: Cognigy answered with the unexpected status ${status}${said}`,
		advice: `Check ${where}: does it point to Cognigy.AI, and not to a website or a proxy?`,
	};
}
