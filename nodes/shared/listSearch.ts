import type { ILoadOptionsFunctions, INodeListSearchItems, INodeListSearchResult } from 'n8n-workflow';

import type {
	CallOptions,
	CognigyClient,
	DeliverAs,
	EndpointChannel,
	EndpointEntry,
	ListEntry,
	ListPage,
	ListQuery,
} from '../../client';
import type { CredentialType } from './authentication';
import { channelName } from './channels';
import { loadClient } from './loadClient';
import { toNodeError } from './nodeError';
import { openClient } from './openClient';

/** Somebody waits in front of a list that opens. */
const OPTIONS: CallOptions = { timeoutSeconds: 20, retries: 1, auditInput: 'none' };

type ListSearch = (
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
) => Promise<INodeListSearchResult>;

/** @param credentialType missing: as the node says */
function endpointSearch(credentialType?: CredentialType): ListSearch {
	return async function (filter, paginationToken) {
		return await search(
			this,
			{ filter, paginationToken, credentialType },
			async (client, query) => await client.listEndpoints(query, OPTIONS),
			({ id, name, channel }) => ({ name: `${name} (${channelName(channel)})`, value: id }),
		);
	};
}

/** Users say which snapshot by its name, so that is its value. @param credentialType missing: as the node says */
function snapshotSearch(credentialType?: CredentialType): ListSearch {
	return async function (filter, paginationToken) {
		return await search(
			this,
			{ filter, paginationToken, credentialType },
			async (client, query) => await client.listSnapshots(query, OPTIONS),
			({ name }) => ({ name, value: name }),
		);
	};
}

/** For the list of the parameter "Endpoint": all endpoints of the project, with their channels. */
export const searchEndpoints = endpointSearch();
/** The same for a node that works with Cognigy.AI only. */
export const searchProjectEndpoints = endpointSearch('cognigyAiApi');

/** For the list of the parameter "Snapshot". */
export const searchSnapshots = snapshotSearch();
/** The same for a node that works with Cognigy.AI only. */
export const searchProjectSnapshots = snapshotSearch('cognigyAiApi');

/** For the list of the parameter "Endpoint" of a node that sends messages: endpoints that take them as they are sent. */
export async function searchEndpointsOfChannel(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const { takesMessages } = await loadClient();
	const channel = (this.getCurrentNodeParameter('channel') ?? 'rest') as EndpointChannel;
	// Left over from another channel, where it is hidden.
	const deliverAs = ((channel !== 'rest' && this.getCurrentNodeParameter('deliverAs')) || 'input') as DeliverAs;
	return await search(
		this,
		{ filter, paginationToken },
		async (client, query) => await endpointsThat((kind) => takesMessages(kind, { channel, deliverAs }), client, query),
		({ id, name, channel: kind }) => ({ name: `${name} (${channelName(kind)})`, value: id }),
	);
}

/** For the list of the parameter "Endpoint" of a node that only Webhook endpoints call. */
export async function searchWebhookEndpoints(
	this: ILoadOptionsFunctions,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	return await search(
		this,
		{ filter, paginationToken, credentialType: 'cognigyAiApi' },
		async (client, query) => await endpointsThat((kind) => kind === 'webhook', client, query),
		({ id, name }) => ({ name, value: id }),
	);
}

/** How many pages of a long list are looked at for one with endpoints that fit. */
const MAX_PAGES = 40;
/** So many entries fill the list; whoever wants more scrolls. */
const ENOUGH = 20;

/** Endpoints that fit, from as many pages as that takes: a short list could not be scrolled to get more of them. */
async function endpointsThat(
	fits: (channel: string) => boolean,
	client: CognigyClient,
	query: ListQuery,
): Promise<ListPage<EndpointEntry>> {
	const items: EndpointEntry[] = [];
	let next = query;
	for (let pages = 1; ; pages++) {
		const page = await client.listEndpoints(next, OPTIONS);
		items.push(...page.items.filter(({ channel }) => fits(channel)));
		const { nextCursor } = page;
		if (nextCursor === undefined) return { items };
		if (items.length >= ENOUGH || pages === MAX_PAGES) return { items, nextCursor };
		next = { ...query, cursor: nextCursor };
	}
}

interface Question {
	filter: string | undefined;
	/** Where the last page ended. */
	paginationToken: string | undefined;
	/** Missing: as the node says. */
	credentialType?: CredentialType | undefined;
}

async function search<Entry extends ListEntry>(
	context: ILoadOptionsFunctions,
	{ filter, paginationToken, credentialType }: Question,
	list: (client: CognigyClient, query: ListQuery) => Promise<ListPage<Entry>>,
	toItem: (entry: Entry) => INodeListSearchItems,
): Promise<INodeListSearchResult> {
	const module = await loadClient();
	try {
		const client = await openClient(context, module, credentialType);
		const query = { ...(filter ? { filter } : {}), ...(paginationToken ? { cursor: paginationToken } : {}) };
		const { items, nextCursor } = await list(client, query);
		return { results: items.map(toItem), ...(nextCursor === undefined ? {} : { paginationToken: nextCursor }) };
	} catch (error) {
		// n8n's own errors say what they are about.
		throw error instanceof module.CognigyError ? toNodeError(context.getNode(), [], error) : error;
	}
}
