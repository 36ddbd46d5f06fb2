import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import pMap from 'p-map';
import * as z from 'zod/v4';

import { parseWorkflow, projectFolder, type StoredCredential, type WorkflowDefinition } from '../../../n8n-host';
import { usedBy } from '../support';

/** What a CRM got for an event that it sent to a webhook. */
export interface Answered {
	readonly orderId: string;
	readonly status: number;
	readonly body: string;
	/** What Trigger Flow has put out; undefined: it has not. */
	readonly result: FlowResult | undefined;
}

const flowResultSchema = z.object({
	sessionId: z.string(),
	messages: z.array(z.object({ messageId: z.string() })).optional(),
});
type FlowResult = z.infer<typeof flowResultSchema>;

/** How many webhooks the CRM waits for at a time. */
const AT_ONCE = 50;
/** How long a webhook may take to be served after its workflow was published, in ms. */
const PATIENCE_MS = 15_000;

/**
 * The template of a CRM webhook, with a credential chosen; by default it does not wait for the reply.
 * @param path of the webhook, instead of the template's
 * @param flowParameters of Cognigy Trigger Flow, besides the template's
 */
export function crmWorkflow(
	credential: StoredCredential,
	path: string,
	flowParameters: Record<string, unknown> = {},
): WorkflowDefinition {
	const file = join(projectFolder, 'workflows', 'crm-webhook-trigger-flow.json');
	const template = parseWorkflow(JSON.parse(readFileSync(file, 'utf8')));
	const nodes = template.nodes.map((node) => {
		if (node.name === 'CRM Webhook') return { ...node, webhookId: path, parameters: { ...node.parameters, path } };
		if (!node.type.startsWith('n8n-nodes-cognigy.')) return node;
		const parameters = node.name === 'Cognigy Trigger Flow' ? { waitForReply: false, ...flowParameters } : {};
		return { ...node, credentials: usedBy(credential), parameters: { ...node.parameters, ...parameters } };
	});
	return { ...template, name: path, nodes };
}

/** Sends an event for each order to such a workflow. */
export async function sendEvents(webhookUrl: string, orderIds: readonly string[]): Promise<Answered[]> {
	return await pMap(orderIds, (orderId) => sendEvent(webhookUrl, orderId), { concurrency: AT_ONCE });
}

/** Sends one event. The same event is sent again by another call with the same order. */
export async function sendEvent(webhookUrl: string, orderId: string): Promise<Answered> {
	const event = { orderId, customerId: `customer of ${orderId}`, text: 'Where is my order?' };
	// However long the answer takes, which Node's own `fetch` would not wait for.
	const options = { timeout: 0, responseType: 'text', transformResponse: String, validateStatus: () => true } as const;
	const giveUpAt = Date.now() + PATIENCE_MS;
	for (;;) {
		const { status, data: body } = await axios.post<string>(webhookUrl, event, options);
		if (status === 404 && Date.now() < giveUpAt) {
			await sleep(100); // published, but not served yet: nothing has run
			continue;
		}
		const isOk = status >= 200 && status < 300;
		return { orderId, status, body, result: isOk ? flowResultSchema.parse(JSON.parse(body)) : undefined };
	}
}
