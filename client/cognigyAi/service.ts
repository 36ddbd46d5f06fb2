import type { Service } from '../call/exchange';

/** The management API as errors call it. */
export const managementService: Service = {
	name: "the management API of Cognigy.AI (not the web interface, nor an endpoint's address)",
	addressField: 'API Base URL of the credential',
};

/** The service that takes messages as errors call it. */
export const endpointService: Service = { name: 'an endpoint of Cognigy.AI', addressField: 'Endpoint URL' };

/** The field of the credential that says the rate budget. */
export const BUDGET_FIELD = 'Requests per 5 Minutes';
