import { notFound, Refusal, WordlessRefusal } from '../refusal';
import type { Endpoint, Resources } from '../resources';
import type { Service } from '../service';

/** The endpoint with a token: 404, or 400 without a word, when there is none; 403 when it is switched off. */
export function activeEndpoint(
	{ resources, settings }: Pick<Service, 'resources' | 'settings'>,
	urlToken: string,
): Endpoint {
	const endpoint = endpointOf(resources, urlToken);
	if (!endpoint) throw settings.unknownToken === 'empty' ? new WordlessRefusal(400) : notFound('Endpoint not found');
	if (!endpoint.active) throw new Refusal(403, 403, 'Endpoint is not active');
	return endpoint;
}

export function endpointOf({ endpoints }: Resources, urlToken: string): Endpoint | undefined {
	return endpoints.find(({ URLToken }) => URLToken === urlToken);
}
