import { answerAboutOrder, readOrderId } from '../../orders';
import type { ScriptedBot } from './scriptedBot';

/**
 * Reads the order number where flows customarily find it: `context.metadata.orderId`
 * (docs/protocol-v1.md#webhook-context).
 */
export const orderStatus: ScriptedBot = {
	id: 'order-status',
	name: 'Order status',
	flows: ['main'],
	versions: [
		{ id: 'order-status-3', state: 'published', name: 'production' },
		{ id: 'order-status-4', state: 'draft', name: 'staging' },
		{ id: 'order-status-1', state: 'archived', name: 'old' },
	],
	startStatus: 201,
	respond(context) {
		const orderId = readOrderId(context);
		const answer = answerAboutOrder(orderId);
		return orderId !== undefined && context.webhookTrigger === true
			? [
					{ type: 'webhook', text: `Order ${orderId} looked up.` },
					{ type: 'bot', text: answer },
				]
			: [{ type: 'bot', text: answer }];
	},
};
