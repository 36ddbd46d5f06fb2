import * as z from 'zod/v4';
import type { Service } from '../service';
import { notEmpty, requireSessionOf, type FrameAnswer, type FrameCall } from './frameCall';

const state = notEmpty.optional();

/** zod's own check lets a time without seconds pass, which RFC 3339 does not. */
const timestamp = z
	.string()
	.datetime({ offset: true, message: 'Must be an RFC 3339 timestamp' })
	.regex(/T\d\d:\d\d:\d\d/, 'Must be an RFC 3339 timestamp');

/** Stricter than it has to be: what the contract does not name is refused. */
export const resetRequest = z
	.object({
		type: z.literal('SEND'),
		sessionId: notEmpty,
		stateClearMatrix: z.object({ flowState: state, dialogState: state, engineState: state }).strict(),
		contextWipeDirective: z
			.object({ clearVariables: z.boolean(), clearHistory: z.boolean(), clearNLUContext: z.boolean().optional() })
			.strict(),
		maxDurationSec: z.number().int().min(60).max(3600).optional(),
		timestamp,
	})
	.strict();

/**
 * See docs/protocol-v1.md#reset. A session that the service does not know is reset all the same: scheduled clean-ups
 * reset sessions that expired long ago.
 */
export function reset(service: Service, { bot, request }: FrameCall<z.output<typeof resetRequest>>): FrameAnswer {
	const { sessionId, stateClearMatrix, contextWipeDirective } = request;
	requireSessionOf(bot, sessionId, service);
	service.runtimeStates.reset(sessionId, bot, { ...stateClearMatrix, ...contextWipeDirective });
	return { status: 'RESET_COMPLETE', sessionId, processedAt: new Date(service.now()).toISOString() };
}
