import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod/v4';

/** An event as a CRM would send it. The sandbox's bot "order-status" knows this order. */
export const crmEvent = { orderId: 'A-1001', customerId: 'customer-42', text: 'Where is my order?' };

const answerSchema = z.looseObject({
	sessionId: z.string(),
	status: z.string(),
	session: z.looseObject({ expiresAt: z.iso.datetime() }),
	audit: z.looseObject({
		operation: z.string(),
		status: z.string(),
		latencyMs: z.number(),
		attempts: z.number(),
		timestamp: z.string(),
	}),
});

export interface CrmAnswer {
	readonly httpStatus: number;
	/** From sending the event to the whole answer, in ms. */
	readonly latencyMs: number;
	readonly body: z.infer<typeof answerSchema>;
}

/** The webhook did not say yes. */
export class WebhookRefusal extends Error {
	override readonly name = 'WebhookRefusal';
}

/** How long n8n may take to serve a webhook after its workflow was published. */
const webhookPatienceMs = 15_000;

/**
 * Sends the event and reads what the workflow answers.
 * @throws {WebhookRefusal} when the workflow fails
 */
export async function sendCrmEvent(webhookUrl: string, signal: AbortSignal): Promise<CrmAnswer> {
	const deadline = Date.now() + webhookPatienceMs;
	for (;;) {
		const startedAt = performance.now();
		const response = await fetch(webhookUrl, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(crmEvent),
			signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
		});
		const text = await response.text();
		const latencyMs = performance.now() - startedAt;
		if (response.status === 404 && Date.now() < deadline) {
			await sleep(100, undefined, { signal }); // published, but n8n does not serve it yet; nothing has run
			continue;
		}
		if (!response.ok)
			throw new WebhookRefusal(`The webhook answered with HTTP ${response.status}: ${text.slice(0, 500)}`);
		return { httpStatus: response.status, latencyMs, body: readAnswer(text) };
	}
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

/** The same event for the command line. */
export function curlCommand(webhookUrl: string): string {
	return `curl -X POST ${webhookUrl} -H 'content-type: application/json' -d '${JSON.stringify(crmEvent)}'`;
}
