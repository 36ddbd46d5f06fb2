import { CognigyError } from '../errors';
import type { CognigyAiConfig } from './config';

/** How hosts of the management API begin that have one of endpoints beside them. */
const API_HOST = /^((?:cognigy-)?)api-/;

/**
 * Where the endpoints of a Cognigy.AI take messages, without a slash at the end: as the credential says, or told from the
 * address of the management API (docs/protocol-cognigy-ai.md#addresses).
 * @throws {CognigyError} `invalidInput` when it cannot be told
 */
export function endpointBaseOf({
	apiBaseUrl,
	endpointBaseUrl,
}: Pick<CognigyAiConfig, 'apiBaseUrl' | 'endpointBaseUrl'>): string {
	if (endpointBaseUrl !== '') return endpointBaseUrl;
	const url = new URL(apiBaseUrl);
	const { hostname, pathname } = url;
	if (pathname !== '/' || !API_HOST.test(hostname)) throw notToBeTold;
	url.hostname = hostname.replace(API_HOST, '$1endpoint-');
	return url.origin;
}

const notToBeTold = new CognigyError({
	category: 'invalidInput',
	message:
		'The address of the endpoints cannot be told from API Base URL of the credential, and Endpoint Base URL is empty',
	advice:
		'Put what stands before the token in the URL of one of your endpoints into Endpoint Base URL of the credential "Cognigy.AI API", or choose the endpoint by its URL. Nothing was sent for this item.',
	parameter: 'endpointBaseUrl',
});
