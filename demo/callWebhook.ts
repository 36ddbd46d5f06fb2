import { setTimeout as sleep } from 'node:timers/promises';

/** The webhook did not say yes. */
export class WebhookRefusal extends Error {
	override readonly name = 'WebhookRefusal';

	constructor(readonly answer: WebhookAnswer) {
		super(`The webhook answered with HTTP ${answer.httpStatus}: ${answer.text.slice(0, 500)}`);
	}
}

export interface WebhookAnswer {
	readonly httpStatus: number;
	/** From sending the event to the whole answer, in ms. */
	readonly latencyMs: number;
	readonly text: string;
}

/** How long n8n may take to serve a webhook after its workflow was published. */
const webhookPatienceMs = 15_000;

/**
 * @param timeoutMs how long the workflow may take, in ms
 * @throws {WebhookRefusal} when the workflow fails
 */
export async function callWebhook(
	url: string,
	body: object,
	signal: AbortSignal,
	timeoutMs = 60_000,
): Promise<WebhookAnswer> {
	const deadline = Date.now() + webhookPatienceMs;
	for (;;) {
		const startedAt = performance.now();
		const response = await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
			signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
		});
		const text = await response.text();
		const latencyMs = performance.now() - startedAt;
		if (response.status === 404 && Date.now() < deadline) {
			await sleep(100, undefined, { signal }); // published, but n8n does not serve it yet; nothing has run
			continue;
		}
		const answer: WebhookAnswer = { httpStatus: response.status, latencyMs, text };
		if (!response.ok) throw new WebhookRefusal(answer);
		return answer;
	}
}

/** The same call for the command line. */
export function curlCommand(url: string, body: object): string {
	return `curl -X POST ${url} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
}
