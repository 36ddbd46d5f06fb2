import * as z from 'zod/v4';
import type { Service } from '../service';
import { notEmpty, requireSessionOf, type FrameAnswer, type FrameCall } from './frameCall';

export const stateCheckRequest = z
	.object({ type: z.literal('QUERY'), sessionId: notEmpty, request: z.literal('STATE_CHECK') })
	.strict();

/**
 * See docs/protocol-v1.md#state-check. A session that was neither started nor reset is UNKNOWN, which is not clean:
 * a client that checks another session than it reset is found out.
 */
export function stateCheck(
	service: Service,
	{ bot, request: { sessionId } }: FrameCall<z.output<typeof stateCheckRequest>>,
): FrameAnswer {
	requireSessionOf(bot, sessionId, service);
	const state = service.runtimeStates.get(sessionId);
	if (!state) {
		return { sessionId, flowState: 'UNKNOWN', dialogState: 'UNKNOWN', engineState: 'UNKNOWN', variables: {} };
	}
	const { dialogState, engineState, variables } = state;
	const isBlocked = state.blockedChecks > 0;
	if (isBlocked) state.blockedChecks -= 1;
	return { sessionId, flowState: isBlocked ? 'WAITING' : state.flowState, dialogState, engineState, variables };
}
