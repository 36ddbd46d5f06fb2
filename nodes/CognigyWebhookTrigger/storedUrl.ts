import type { IDataObject } from 'n8n-workflow';

import { isJsonObject } from '../../client';

/** What is set in an endpoint, as n8n stores it with the workflow: it is there in every process that takes calls. */
export interface StoredUrl {
	endpointId: string;
	url: string;
	/** What was there before. */
	oldUrl: string;
	/** The project, as the credential said when the URL was set or last checked. */
	botId: string;
	/** A name for the endpoint, without its token. */
	flowId: string;
}

const FIELDS = ['endpointId', 'url', 'oldUrl', 'botId', 'flowId'] as const satisfies Array<keyof StoredUrl>;

/** @param staticData of the node */
export function readStoredUrl({ webhookUrl }: IDataObject): StoredUrl | undefined {
	return isStoredUrl(webhookUrl) ? webhookUrl : undefined;
}

/** Undefined: nothing is set. */
export function storeUrl(staticData: IDataObject, stored: StoredUrl | undefined): void {
	if (stored) staticData.webhookUrl = { ...stored };
	else delete staticData.webhookUrl;
}

function isStoredUrl(value: unknown): value is IDataObject & StoredUrl {
	return isJsonObject(value) && FIELDS.every((field) => typeof value[field] === 'string');
}
