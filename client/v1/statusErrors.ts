import { failed, statusErrors, type CallDescription } from '../call/statusErrors';
import type { Service } from '../call/answer';
import { quotedMessage } from '../call/serviceText';

/** The v1 runtime API as errors call it. */
export const v1Service: Service = { name: 'the Cognigy v1 API', addressField: 'Base URL of the credential' };

export interface V1CallDescription extends CallDescription {
	/** The permission that the call needs (docs/protocol-v1.md#permissions). */
	permission: string;
}

/** The error for an answer of the v1 API that is not a success. 401 and the calls' own codes are handled before. */
export const statusError = statusErrors<V1CallDescription>(
	{
		byStatus: {
			400: (answer) =>
				failed(answer, 'invalidInput', 'Cognigy called the request malformed', `Check ${answer.call.inputs}.`),
			401: (answer) =>
				failed(
					{ ...answer, said: '' },
					'authentication',
					"Cognigy did not accept the login's token",
					'A new login did not help. Check that the user of the credential is active and may use this tenant.',
				),
			403: (answer) =>
				failed(
					{ ...answer, said: '' },
					'permission',
					`the permission ${answer.call.permission} is missing`,
					`Ask your Cognigy administrator to give the credential's user the permission ${answer.call.permission}.`,
				),
			404: ({ call }) => ({
				category: 'notFound',
				message: `Cognigy knows no ${call.subject} (404)`,
				advice: `Check ${call.inputs}, and that the credential points to the right Cognigy.`,
			}),
			409: (answer) =>
				failed(
					answer,
					'protocol',
					'Cognigy does not take it',
					'Most likely a session with this ID is running already: use another Session ID, or none.',
				),
			413: (answer) =>
				failed(
					answer,
					'invalidInput',
					'what was sent is too large for Cognigy',
					'Make Context, Payload or Input smaller.',
				),
			429: ({ call, wait, retryAfter }) => ({
				category: 'rateLimit',
				message: `${call.action} failed: too many requests to Cognigy (429)${wait}`,
				advice: 'Send fewer items at a time, lower Concurrency, or raise Timeout so that there is time to wait.',
				isTransient: true,
				...retryAfter,
			}),
		},
		redirect: ({ call, status }) => ({
			category: 'protocol',
			message: `${call.action} failed: Cognigy answered with a redirect (${status}), which is not followed`,
			advice: 'Put the final address of the service into Base URL of the credential.',
		}),
		serverFault: (answer) => ({
			...failed(
				answer,
				'server',
				'Cognigy could not process the request',
				'Try again later. If it stays, look at the status and the logs of your Cognigy.',
			),
			isTransient: true,
			...answer.retryAfter,
		}),
		unexpected: ({ call, status, said }) => ({
			category: 'protocol',
			message: `${call.action} failed: Cognigy answered with the unexpected status ${status}${said}`,
			advice: 'Check Base URL of the credential: does it point to the Cognigy API, and not to a website or a proxy?',
		}),
	},
	quotedMessage,
);
