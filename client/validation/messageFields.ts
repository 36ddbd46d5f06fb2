import * as z from 'zod/v4';

import type { MessageEvent } from '../types';
import { isJsonObject, jsonObjectSchema } from './fields';

const attachmentSchema = z.object({
	type: z.string(),
	name: z.string().optional(),
	url: z.string(),
	mimeType: z.string().optional(),
	size: z.number().optional(),
});

/** A message as the registry keeps it. */
export const messageFields = {
	messageId: z.string(),
	text: z.string(),
	type: z.string(),
	timestamp: z.string(),
	data: jsonObjectSchema.optional(),
	attachments: z.array(attachmentSchema).optional(),
	event: z.custom<MessageEvent>((event) => isJsonObject(event) && typeof event.name === 'string').optional(),
};
