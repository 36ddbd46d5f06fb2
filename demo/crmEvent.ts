import { z } from 'zod/v4';
import type { N8nClient, StoredWorkflow } from '../n8n-host';
import { callWebhook, WebhookRefusal, type WebhookAnswer } from './callWebhook';
import { explain } from './explain';
import type { WebhookWorkflow } from './templates';
import { step, type Block } from './terminal';

/** An event as a CRM would send it. The sandbox's bots know this order. */
export const crmEvent = { orderId: 'A-1001', customerId: 'customer-42', text: 'Where is my order?' };

const answerSchema = z.looseObject({
	sessionId: z.string(),
	status: z.string(),
	reply: z.string(),
	session: z.looseObject({ expiresAt: z.iso.datetime() }),
	audit: z.looseObject({
		operation: z.string(),
		status: z.string(),
		latencyMs: z.number(),
		attempts: z.number(),
		timestamp: z.string(),
	}),
});

export interface CrmAnswer extends Omit<WebhookAnswer, 'text'> {
	readonly body: z.infer<typeof answerSchema>;
}

/** Sends the event and reads what the workflow answers. */
export async function sendOneEvent(
	client: N8nClient,
	{ workflow, webhook }: WebhookWorkflow,
	signal: AbortSignal,
): Promise<CrmAnswer> {
	return await step('Sending one order event to the webhook', async () => {
		try {
			const { text, ...answer } = await callWebhook(webhook, crmEvent, signal);
			return { ...answer, body: readAnswer(text) };
		} catch (error) {
			if (!(error instanceof WebhookRefusal)) throw error;
			throw new Error(`${error.message}\n${await whyItFailed(client, workflow)}`, { cause: error });
		}
	});
}

function readAnswer(text: string): CrmAnswer['body'] {
	try {
		return answerSchema.parse(JSON.parse(text));
	} catch (error) {
		throw new Error(`The webhook's answer is not what the workflow should send: ${text.slice(0, 500)}`, {
			cause: error,
		});
	}
}

/** What n8n shows in the failed execution; a webhook's caller is not told. */
async function whyItFailed(client: N8nClient, workflow: StoredWorkflow): Promise<string> {
	const [newest] = await client.executions(workflow, 1);
	if (!newest) return 'n8n has not run the workflow.';
	return explain(await client.waitForExecution(newest.id));
}

export function answerBlocks({ httpStatus, latencyMs, body }: CrmAnswer): Block[] {
	const { audit, sessionId, status, reply } = body;
	return [
		{
			title: `What the CRM got back (HTTP ${httpStatus})`,
			rows: [
				['session', sessionId],
				['status', status],
				['reply', reply],
				['latency', `${Math.round(latencyMs)} ms for the whole workflow, ${audit.latencyMs} ms for the flow start`],
			],
		},
		{ title: 'The audit of the flow start', rows: Object.entries(audit) },
	];
}
