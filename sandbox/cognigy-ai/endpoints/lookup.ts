import { notFound, Refusal } from '../refusal';
import type { Endpoint, Resources } from '../resources';

/** The endpoint with a token: 404 when there is none, 403 when it is switched off. */
export function activeEndpoint(resources: Resources, urlToken: string): Endpoint {
	const endpoint = endpointOf(resources, urlToken);
	if (!endpoint) throw notFound('Endpoint not found');
	if (!endpoint.active) throw new Refusal(403, 403, 'Endpoint is not active');
	return endpoint;
}

export function endpointOf({ endpoints }: Resources, urlToken: string): Endpoint | undefined {
	return endpoints.find(({ URLToken }) => URLToken === urlToken);
}
