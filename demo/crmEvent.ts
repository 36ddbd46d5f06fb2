import * as z from 'zod/v4';
import type { N8nClient, StoredWorkflow } from '../n8n-host';
import { callWebhook, WebhookRefusal, type WebhookAnswer } from './callWebhook';
import { explain } from './explain';
import type { WebhookWorkflow } from './templates';
import { step, type Block } from './terminal';

/** An event as a CRM would send it. The sandbox's bots know this order. */
export const crmEvent = {
	eventId: 'event-1',
	orderId: 'A-1001',
	customerId: 'customer-42',
	text: 'Where is my order?',
};

/** Another one, and one for whoever goes on by hand. */
export const secondCrmEvent = { ...crmEvent, eventId: 'event-2' };
export const nextCrmEvent = { ...crmEvent, eventId: 'event-3' };

const answerSchema = z.looseObject({
	sessionId: z.string(),
	status: z.string(),
	reply: z.string(),
	repeated: z.literal(true).optional(),
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
	orders: WebhookWorkflow,
	signal: AbortSignal,
): Promise<CrmAnswer> {
	return await step('Sending one order event to the webhook', () => sendEvent(client, orders, crmEvent, signal));
}

/** Sends another event, which starts another session. */
export async function sendAnotherEvent(
	client: N8nClient,
	orders: WebhookWorkflow,
	signal: AbortSignal,
): Promise<CrmAnswer> {
	return await step('Sending another order event', () => sendEvent(client, orders, secondCrmEvent, signal));
}

async function sendEvent(
	client: N8nClient,
	{ workflow, webhook }: WebhookWorkflow,
	event: typeof crmEvent,
	signal: AbortSignal,
): Promise<CrmAnswer> {
	try {
		const { text, ...answer } = await callWebhook(webhook, event, signal);
		return { ...answer, body: readAnswer(text) };
	} catch (error) {
		if (!(error instanceof WebhookRefusal)) throw error;
		throw new Error(`${error.message}\n${await whyItFailed(client, workflow)}`, { cause: error });
	}
}

/** What came of an event that the CRM has sent a second time. */
export interface Redelivery {
	readonly answer: CrmAnswer;
	/** How often a flow has run, as the sandbox counts it: before and after. */
	readonly flowRuns: readonly [before: number, after: number];
}

/**
 * Sends the same event once more, as CRMs do whose first answer came late.
 * @param flowRuns asks the sandbox
 * @throws when a flow was started again, or something else came out
 */
export async function sendItAgain(
	client: N8nClient,
	orders: WebhookWorkflow,
	{ body: first }: CrmAnswer,
	flowRuns: () => number,
	signal: AbortSignal,
): Promise<Redelivery> {
	return await step('Sending the same event again, as a CRM does that has missed the answer', async () => {
		const before = flowRuns();
		const answer = await sendEvent(client, orders, crmEvent, signal);
		const after = flowRuns();
		const { sessionId, reply, repeated } = answer.body;
		if (after !== before) throw new Error(`The same event has started ${after - before} more flows.`);
		if (!repeated || sessionId !== first.sessionId || reply !== first.reply) {
			throw new Error(`The second answer is not the first one, repeated: ${JSON.stringify(answer.body)}`);
		}
		return { answer, flowRuns: [before, after] };
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

export function redeliveryBlock({ answer, flowRuns: [before, after] }: Redelivery): Block {
	const { httpStatus, body } = answer;
	const { audit, sessionId, reply, repeated } = body;
	return {
		title: `What the CRM got back for the same event again (HTTP ${httpStatus})`,
		rows: [
			['session', sessionId],
			['reply', reply],
			['repeated', repeated],
			['attempts', audit.attempts],
			['flows started', `${after - before} (from the sandbox: ${before} before, ${after} after)`],
		],
	};
}
