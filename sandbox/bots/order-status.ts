import type { ScriptedBot } from './scripted-bot';

const orders = new Map([
	['A-1001', 'has been shipped and arrives on Friday.'],
	['A-1002', 'is being packed and leaves the warehouse today.'],
	['A-1003', 'was delivered on Monday.'],
	['A-1004', 'was cancelled. The money is on its way back to you.'],
]);

/** Reads the order number where flows customarily find it: `context.metadata.orderId` (contract section 3). */
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
		if (orderId === undefined) return [{ type: 'bot', text: 'Which order is it? Please tell me the order number.' }];

		const state = orders.get(orderId);
		const answer = state ? `Order ${orderId} ${state}` : `I cannot find an order with the number ${orderId}.`;
		return context.webhookTrigger === true
			? [
					{ type: 'webhook', text: `Order ${orderId} looked up.` },
					{ type: 'bot', text: answer },
				]
			: [{ type: 'bot', text: answer }];
	},
};

function readOrderId(context: Record<string, unknown>): string | undefined {
	const { metadata } = context;
	if (typeof metadata !== 'object' || metadata === null || !('orderId' in metadata)) return undefined;
	const orderId = typeof metadata.orderId === 'number' ? String(metadata.orderId) : metadata.orderId;
	return typeof orderId === 'string' && orderId.trim() !== '' ? orderId.trim() : undefined;
}
