import * as z from 'zod/v4';
import type { CognigyAiSandbox } from '../../sandbox';
import { callWebhook, WebhookRefusal, type WebhookAnswer } from '../callWebhook';
import { crmEvent } from '../crmEvent';
import { step, type Block } from '../terminal';

const unexpected = 'v2.0';

const refusalSchema = z.looseObject({ error: z.string(), errorCategory: z.literal('notPublished') });

/** Sends the event while the endpoint runs something else than the workflow expects. */
export async function sendUnexpected(
	sandbox: CognigyAiSandbox,
	endpoint: string,
	webhook: string,
	signal: AbortSignal,
): Promise<WebhookAnswer> {
	return await step(`Sending it once more while "${endpoint}" runs snapshot ${unexpected}`, async () => {
		const { deployment } = sandbox.endpoint(endpoint);
		const { turns } = sandbox.stats();
		sandbox.changeEndpoint(endpoint, { deployment: unexpected });
		const refusal = await refusalOf(callWebhook(webhook, crmEvent, signal));
		sandbox.changeEndpoint(endpoint, { deployment });
		if (sandbox.stats().turns !== turns) throw new Error('The flow was started all the same.');
		return refusal;
	});
}

async function refusalOf(call: Promise<WebhookAnswer>): Promise<WebhookAnswer> {
	try {
		await call;
	} catch (error) {
		if (error instanceof WebhookRefusal) return error.answer;
		throw error;
	}
	throw new Error('The workflow has not noticed that the endpoint runs another snapshot.');
}

/** @throws when the workflow does not say why it refused */
export function refusalBlock({ httpStatus, text }: WebhookAnswer): Block {
	const { error, errorCategory } = refusalSchema.parse(JSON.parse(text));
	return {
		title: `What the CRM got back when another snapshot ran (HTTP ${httpStatus})`,
		rows: [
			['error', error],
			['errorCategory', errorCategory],
		],
	};
}
