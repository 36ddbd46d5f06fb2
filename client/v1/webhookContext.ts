import * as z from 'zod/v4';

import { inputObjectSchema } from '../validation/jsonInput';
import { checkInput, idSchema } from '../validation/fields';

const webhookEventSchema = z.object({
	userId: idSchema,
	orderId: idSchema,
	source: z.string('must be text').refine((source) => source.trim() !== '', 'is empty'),
	payload: inputObjectSchema,
});

/**
 * Facts about an outside event that a flow's webhook nodes read from the context (docs/protocol-v1.md#webhook-context).
 */
export interface WebhookEvent {
	userId: string;
	orderId: string;
	/** Which system the event came from. */
	source: string;
	/** The event's own data: a JSON object. */
	payload: Record<string, unknown>;
}

/**
 * The customary context of a flow that is started by an outside event (docs/protocol-v1.md#webhook-context).
 * @throws {CognigyError} `invalidInput`, naming the parameter
 */
export function buildWebhookContext(event: WebhookEvent): Record<string, unknown> {
	const { userId, orderId, source, payload } = checkInput(webhookEventSchema, event);
	return { userId, metadata: { orderId, source, payload }, webhookTrigger: true };
}
