import * as z from 'zod/v4';
import { repetition } from '../../faults/common';
import { OPERATIONS } from '../contract';

/** Which calls a fault is for. Every field given must fit; a call that lacks the field does not fit. */
const match = z
	.object({
		botId: z.string(),
		flowId: z.string(),
		/** The end user that a start names. */
		userId: z.string(),
		/** The session that a start asks for, or that a poll or a frame names. */
		sessionId: z.string(),
		/** The sandbox user: of the login, or behind the token. */
		username: z.string(),
		/**
		 * True: only on a connection that carried a call before (with `dropBefore`: what a stale keep-alive connection
		 * does). For a frame: only on a runtime channel that carried a frame before.
		 */
		reusedConnection: z.boolean(),
	})
	.partial()
	.strict();

/** The fields of every fault: which calls get it. */
export const target = {
	/** `any`: every operation that can have a fault of this kind. */
	operation: z.enum([...OPERATIONS, 'any']),
	...repetition,
	match: match.default({}),
};
