import { clientFor, unrestrictedEgress, type CognigyClient } from '../client';
import { demoUser } from './demoUser';

/** Where a client finds its service. */
export interface ServiceAddress {
	baseUrl: string;
	webSocketUrl?: string;
	tenantId?: string;
}

/** Our client without n8n around it. */
export function clientOf({ baseUrl, webSocketUrl, tenantId }: ServiceAddress): CognigyClient {
	const fields = { baseUrl, webSocketUrl, tenantId, ...demoUser };
	return clientFor({ type: 'cognigyApi', fields }, unrestrictedEgress);
}
