import type { Service } from '../call/answer';
import { failed, statusErrors, type CallDescription } from '../call/statusErrors';
import { isWebPage, serviceWords } from './serviceWords';
import { isUnknownToken } from './uncertainStatus';

/** The management API as errors call it. */
export const managementService: Service = {
	name: "the management API of Cognigy.AI (not the web interface, nor an endpoint's address)",
	addressField: 'API Base URL of the credential',
};

/** The service that takes messages as errors call it. */
export const endpointService: Service = { name: 'an endpoint of Cognigy.AI', addressField: 'Endpoint URL' };

/** The field of the credential that says the rate budget. */
export const BUDGET_FIELD = 'Requests per 5 Minutes';

export interface CognigyAiCallDescription extends CallDescription {
	/** Which of the two services it went to. */
	service: 'management' | 'endpoint';
}

/**
 * The error for an answer that is not a success, from the management API or an endpoint
 * (docs/protocol-cognigy-ai.md#errors and #rest-endpoints).
 */
export const statusError = statusErrors<CognigyAiCallDescription>(
	{
		byStatus: {
			400: (answer) => {
				const { service, inputs } = answer.call;
				const malformed = 'Cognigy called the request malformed';
				if (service === 'management') return failed(answer, 'invalidInput', malformed, `Check ${inputs}.`);
				if (!isUnknownToken(answer.response)) {
					return failed(answer, 'invalidInput', malformed, `Check ${inputs}. ${TRANSFORMER}`);
				}
				return failed(
					answer,
					'invalidInput',
					'most likely Endpoint URL is wrong, as Cognigy answered without a word of why',
					`Check Endpoint URL first: is the token at its end complete, and is the endpoint still there? If it is right, check ${inputs}.`,
				);
			},
			401: (answer) =>
				answer.call.service === 'management'
					? failed(
							answer,
							'authentication',
							'Cognigy did not accept the API key',
							'Put a valid API Key into the credential; keys are made in the profile of a user in Cognigy.AI.',
						)
					: failed(
							answer,
							'authentication',
							'the endpoint did not accept the message',
							'Check Webhook Key if the endpoint asks for one, and that Endpoint URL is that of an endpoint, not of the API.',
						),
			402: (answer) =>
				failed(
					answer,
					'permission',
					'the licence of this Cognigy.AI does not cover it',
					'Ask your Cognigy administrator.',
				),
			403: (answer) => {
				const { service } = answer.call;
				if (isWebPage(answer.response)) return failed(answer, 'network', ...refusedInFront(service));
				return service === 'management'
					? failed(
							answer,
							'permission',
							'the user of the API key may not do that',
							'Ask your Cognigy administrator to make the user a member of the project, with a role that allows it.',
						)
					: failed(
							answer,
							'permission',
							'the endpoint does not take the message',
							'Check in Cognigy.AI that the endpoint is enabled.',
						);
			},
			404: (answer) => {
				const { service, subject, inputs } = answer.call;
				return failed(
					answer,
					'notFound',
					`Cognigy knows no ${subject}`,
					service === 'management'
						? `Check ${inputs}, and that the credential points to the right Cognigy.AI.`
						: 'Check Endpoint URL, and that the endpoint is enabled and has the chosen channel.',
				);
			},
			409: (answer) =>
				failed(
					answer,
					'protocol',
					'it conflicts with what is there',
					`Look at it in Cognigy.AI, and try again.${answer.call.service === 'endpoint' ? ` ${TRANSFORMER}` : ''}`,
				),
			413: (answer) => failed(answer, 'invalidInput', 'it is too large', `Make ${answer.call.inputs} smaller.`),
			429: ({ call, said, wait, retryAfter }) => ({
				category: 'rateLimit',
				message: `${call.action} failed: too many requests to Cognigy (429)${wait}${said}`,
				advice:
					'Try again in some minutes. If it happens often, send fewer items at a time, or lower Requests per 5 Minutes in the credential.',
				isTransient: true,
				...retryAfter,
			}),
		},
		redirect: (answer) =>
			failed(
				answer,
				'protocol',
				'Cognigy answered with a redirect, which is not followed',
				`Put the final address into ${addressFieldOf(answer.call)}.`,
			),
		serverFault: (answer) => ({
			...failed(
				answer,
				'server',
				'Cognigy could not process the request',
				'Try again later. After a deployment it can take a minute until an endpoint answers.',
			),
			isTransient: true,
			...answer.retryAfter,
		}),
		unexpected: ({ call, status, said, response, retryAfter }) => {
			const place = `Check ${addressFieldOf(call)}: does it point to Cognigy.AI, and not to a website or a proxy?`;
			return {
				category: 'protocol',
				message: `${call.action} failed: Cognigy answered with the unexpected status ${status}${said}`,
				advice: call.service === 'management' || isWebPage(response) ? place : `${TRANSFORMER} ${place}`,
				...retryAfter,
			};
		},
	},
	serviceWords,
);

const TRANSFORMER = 'If the endpoint has an output transformer, look at what it answers.';

function addressFieldOf({ service }: Pick<CognigyAiCallDescription, 'service'>): string {
	return { management: managementService, endpoint: endpointService }[service].addressField;
}

/** Somebody says no with a web page, which is not Cognigy's way; of an endpoint, nobody can tell for sure. */
function refusedInFront(service: CognigyAiCallDescription['service']): [what: string, advice: string] {
	const what = 'a firewall or proxy in front of Cognigy refused it';
	const advice =
		'The answer is a web page, and Cognigy answers in JSON. Ask whoever runs the firewall or proxy, on your side or in front of Cognigy, to let n8n through to this address.';
	if (service === 'management') return [what, advice];
	return [
		`${what}, or the endpoint does not take the message`,
		`${advice} Check in Cognigy.AI, too, that the endpoint is enabled.`,
	];
}
