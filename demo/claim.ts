import type { N8nClient } from '../n8n-host';
import { callWebhook } from './callWebhook';
import type { Post, Receiver } from './receiver';
import { publishWebhookTemplate, type FillIns } from './templates';
import { step, type Block } from './terminal';

/** A claim as a system would send it, and what the customer will say. */
export const claim = { claimId: 'C-1001', customerId: 'customer-9', question: 'Which part is broken?' };
const customerAnswer = 'The lid.';

export interface ClaimStory {
	client: N8nClient;
	/** The path of the template. */
	template: string;
	/** Its node Trigger Flow. */
	fillIns: FillIns;
	/** Stands in for the claims system. */
	claims: Receiver;
	/** Waits until the bot has asked the customer. */
	asked: () => Promise<unknown>;
	/** Lets the customer answer. */
	answer: (text: string) => Promise<unknown>;
	signal: AbortSignal;
}

/** Sends a claim, lets the customer answer the bot, and waits until the workflow has gone on with that. */
export async function tellOfClaim({
	client,
	template,
	fillIns,
	claims,
	asked,
	answer,
	signal,
}: ClaimStory): Promise<Post> {
	const { webhook } = await publishWebhookTemplate(client, template, {
		...fillIns,
		'Update Claim': { parameters: { url: `${claims.url}/claims` } },
	});
	await step('Sending a claim, about which the bot asks the customer', async () => {
		await callWebhook(webhook, claim, signal);
		await asked();
	});
	return await step('Letting the customer answer: the parked execution goes on', async () => {
		await answer(customerAnswer);
		return await claims.received(({ path, body }) => path === '/claims' && body.userId === claim.customerId);
	});
}

export function claimBlock({ path, body, status }: Post): Block {
	const { sessionId, outcome, outcomeAt } = body;
	return {
		title: 'What the claims system was told when the conversation was over',
		rows: [
			['request', `POST ${path} -> ${status}`],
			['session', sessionId],
			['outcome', JSON.stringify(outcome)],
			['at', outcomeAt],
		],
	};
}
