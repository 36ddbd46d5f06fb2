import { edition } from '../edition';
import { unrestrictedEgress } from '../transport/egress';

/** n8n answers webhooks at once. In ms. */
const TIMEOUT_MS = 30_000;

/**
 * Calls a webhook of this n8n itself, which is the only way for a webhook node to start its workflow.
 * @throws {Error} when it was not taken
 */
export async function callOwnWebhook(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
	const transport = edition.httpTransport(unrestrictedEgress);
	try {
		const { status } = await transport.send({
			method: 'POST',
			url,
			headers: { 'Content-Type': 'application/json', ...headers },
			body: '{}',
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		if (status >= 300) throw new Error(`it was answered with status ${status}`);
	} finally {
		transport.close();
	}
}
