import { answerAboutOrder, readOrderId } from '../../orders';
import type { ScriptedFlow } from './scriptedFlow';

/** Finds the order number in `data.metadata.orderId`, in `data.orderId` or in the text. */
export const orderStatus: ScriptedFlow = {
	defaultContext: { topic: 'orders' },
	respond({ text, data, context }) {
		const orderId = readOrderId(data) ?? readOrderId({ metadata: data }) ?? /\bA-\d+\b/.exec(text)?.[0];
		if (orderId !== undefined) context.orderId = orderId;
		return { outputs: [{ text: answerAboutOrder(orderId), data: orderId === undefined ? {} : { orderId } }] };
	},
};
