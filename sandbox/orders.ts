const ORDERS = new Map([
	['A-1001', 'has been shipped and arrives on Friday.'],
	['A-1002', 'is being packed and leaves the warehouse today.'],
	['A-1003', 'was delivered on Monday.'],
	['A-1004', 'was cancelled. The money is on its way back to you.'],
]);

/** What a bot says about an order; undefined: it was not told which. */
export function answerAboutOrder(orderId: string | undefined): string {
	if (orderId === undefined) return 'Which order is it? Please tell me the order number.';
	const state = ORDERS.get(orderId);
	return state ? `Order ${orderId} ${state}` : `I cannot find an order with the number ${orderId}.`;
}

/** Reads the order number where flows customarily find it: `metadata.orderId` (docs/protocol-v1.md#webhook-context). */
export function readOrderId({ metadata }: Record<string, unknown>): string | undefined {
	if (typeof metadata !== 'object' || metadata === null || !('orderId' in metadata)) return undefined;
	const orderId = typeof metadata.orderId === 'number' ? String(metadata.orderId) : metadata.orderId;
	return typeof orderId === 'string' && orderId.trim() !== '' ? orderId.trim() : undefined;
}
