import type { IDataObject } from 'n8n-workflow';

import { isJsonObject } from '../../client';

/** What is to be put back one day; null: nobody knows any more. May hold a secret. */
export type OldUrl = string | null;

/** What is set in an endpoint, as n8n stores it with the workflow: it is there in every process that takes calls. */
export interface StoredUrl {
	endpointId: string;
	url: string;
	oldUrl: OldUrl;
	/** The project, as the credential said when the URL was set or last checked. */
	botId: string;
	/** A name for the endpoint, without its token. */
	flowId: string;
}

const TEXTS = ['endpointId', 'url', 'botId', 'flowId'] as const satisfies Array<keyof StoredUrl>;

/**
 * The endpoint that the node has now comes first, then those where its URL still is to be taken out.
 * @param staticData of the node
 */
export function readStoredUrls({ webhookUrls }: IDataObject): StoredUrl[] {
	return Array.isArray(webhookUrls) ? webhookUrls.filter(isStoredUrl) : [];
}

export function storeUrls(staticData: IDataObject, stored: StoredUrl[]): void {
	if (stored.length > 0) staticData.webhookUrls = stored.map((one) => ({ ...one }));
	else delete staticData.webhookUrls;
}

function isStoredUrl(value: unknown): value is IDataObject & StoredUrl {
	if (!isJsonObject(value) || !TEXTS.every((field) => typeof value[field] === 'string')) return false;
	return value.oldUrl === null || typeof value.oldUrl === 'string';
}
