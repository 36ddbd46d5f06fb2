import type { ILoadOptionsFunctions, INodeListSearchItems, INodeListSearchResult } from 'n8n-workflow';

import type { CognigyError } from '../../client';
import { loadClient } from '../shared/loadClient';
import { toNodeError } from '../shared/nodeError';
import { surroundingsOf } from '../shared/surroundings';

/** How many pages of a long list are looked at for one with Webhook endpoints. */
const MAX_PAGES = 10;

/** For the list of the parameter "Endpoint": the Webhook endpoints of the project. */
export async function searchWebhookEndpoints(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const client = await loadClient();
	const options = { timeoutSeconds: 20, retries: 1, auditInput: 'none' } as const;
	try {
		const fields = await this.getCredentials('cognigyAiApi');
		const cognigy = client.clientFor({ type: 'cognigyAiApi', fields }, surroundingsOf(this, client));
		const results: INodeListSearchItems[] = [];
		let cursor = paginationToken;
		for (let page = 0; page < MAX_PAGES; page++) {
			const query = { ...(filter ? { filter } : {}), ...(cursor ? { cursor } : {}) };
			const { items, nextCursor } = await cognigy.listEndpoints(query, options);
			results.push(
				...items.filter(({ channel }) => channel === 'webhook').map(({ id, name }) => ({ name, value: id })),
			);
			cursor = nextCursor;
			if (results.length > 0 || cursor === undefined) break;
		}
		return { results, ...(cursor === undefined ? {} : { paginationToken: cursor }) };
	} catch (error) {
		const known: CognigyError =
			error instanceof client.CognigyError
				? error
				: client.invalidInput('', 'The endpoints could not be listed', 'Check the credential.');
		throw toNodeError(this.getNode(), [], known);
	}
}
