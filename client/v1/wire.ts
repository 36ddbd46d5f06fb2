import * as z from 'zod/v4';

import { boundedId } from '../streams/messageId';
import { mayHaveLostDigits } from '../validation/readJson';

/** Answer of the login (docs/protocol-v1.md#login). Only printable ASCII can stand in an Authorization header. */
export const loginAnswerSchema = z.object({
	token: z.string('must be text').regex(/^[\x21-\x7e]+$/, 'must be printable text without spaces'),
});

/** An id that comes as a number. Long ones are text by now, with all their digits; others of that size may not be exact. */
const numberedId = z
	.number()
	.refine((id) => !mayHaveLostDigits(id) || /^-?\d+$/.test(String(id)))
	.transform(String);

/** Answer of the versions call (docs/protocol-v1.md#versions). Ids may come as numbers; they leave as text. */
export const versionsAnswerSchema = z.object({
	versions: z.array(
		z.object({
			id: z.union([z.string(), numberedId], 'must be text'),
			name: z.string('must be text'),
			state: z.string('must be text'),
		}),
		'must be a list',
	),
});

/** Body of a start (docs/protocol-v1.md#start). */
export interface StartRequest {
	userId: string;
	sessionId: string;
	context: Record<string, unknown>;
	input: string;
}

/** Answer of a start (docs/protocol-v1.md#start). */
export const startAnswerSchema = z.object({
	sessionId: z.string('must be text').min(1, 'is empty'),
	status: z.string('must be text'),
});

/** Answer of a long poll (docs/protocol-v1.md#messages), oldest first. */
export const messagesAnswerSchema = z.array(
	z.object({
		messageId: z.union([z.string().min(1, 'is empty'), numberedId], 'must be text').transform(boundedId),
		text: z
			.string('must be text')
			.nullish()
			.transform((text) => text ?? ''),
		type: z.string('must be text'),
		timestamp: z.string('must be text'),
	}),
	'must be a list',
);

export const loginPath = '/api/v1/auth/login';

export const versionsPath = (botId: string) => `/api/v1/bots/${encodeURIComponent(botId)}/versions`;

export const sessionsPath = (botId: string, flowId: string) =>
	`/api/v1/bots/${encodeURIComponent(botId)}/flows/${encodeURIComponent(flowId)}/sessions`;

export const messagesPath = (botId: string, flowId: string, sessionId: string) =>
	`${sessionsPath(botId, flowId)}/${encodeURIComponent(sessionId)}/messages?wait=true`;
