import { CognigyError, type CognigyErrorDetails } from '../errors';
import type { HttpResponse } from '../transport/http';
import { retryAfterOf } from '../call/retryAfter';
import { serviceWords } from './serviceWords';
import { isUnknownToken } from './uncertainStatus';
import { isWebPage } from './webPage';

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
 * The error for an answer that is not a success, from the management API or an endpoint
 * (docs/protocol-cognigy-ai.md#errors and #rest-endpoints).
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
	const details = final(response, said, call) ?? { ...passing(response, said, call, wait), ...retryAfter };
	return new CognigyError({ ...details, httpStatus: status });
}

/** What does not go away by itself. */
function final(response: HttpResponse, said: string, call: CallDescription): CognigyErrorDetails | undefined {
	const { status } = response;
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
			if (service === 'management')
				return failed('invalidInput', 'Cognigy called the request malformed', `Check ${inputs}.`);
			return isUnknownToken(response)
				? failed(
						'invalidInput',
						'most likely Endpoint URL is wrong, as Cognigy answered without a word of why',
						`Check Endpoint URL first: is the token at its end complete, and is the endpoint still there? If it is right, check ${inputs}.`,
					)
				: failed('invalidInput', 'Cognigy called the request malformed', `Check ${inputs}. ${TRANSFORMER}`);
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
			if (isWebPage(response)) return failed('network', ...refusedInFront(service));
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
			return failed(
				'protocol',
				'it conflicts with what is there',
				`Look at it in Cognigy.AI, and try again.${service === 'endpoint' ? ` ${TRANSFORMER}` : ''}`,
			);
		case 413:
			return failed('invalidInput', 'it is too large', `Make ${inputs} smaller.`);
		default:
			return undefined;
	}
}

const TRANSFORMER = 'If the endpoint has an output transformer, look at what it answers.';

/** Somebody says no with a web page, which is not Cognigy's way; of an endpoint, nobody can tell for sure. */
function refusedInFront(service: CallDescription['service']): [what: string, advice: string] {
	const what = 'a firewall or proxy in front of Cognigy refused it';
	const advice =
		'The answer is a web page, and Cognigy answers in JSON. Ask whoever runs the firewall or proxy, on your side or in front of Cognigy, to let n8n through to this address.';
	if (service === 'management') return [what, advice];
	return [
		`${what}, or the endpoint does not take the message`,
		`${advice} Check in Cognigy.AI, too, that the endpoint is enabled.`,
	];
}

/** What may go away by itself, and what nobody expects. */
function passing(
	response: HttpResponse,
	said: string,
	{ action, service }: CallDescription,
	retryAfterMs: number | undefined,
): CognigyErrorDetails {
	const { status } = response;
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
	const place = `Check ${where}: does it point to Cognigy.AI, and not to a website or a proxy?`;
	return {
		category: 'protocol',
		message: `${action} failed: Cognigy answered with the unexpected status ${status}${said}`,
		advice: service === 'management' || isWebPage(response) ? place : `${TRANSFORMER} ${place}`,
	};
}
