import { z } from 'zod';
import { operations } from '../v1/contract';

const maxTimerMs = 2_147_483_647;

export const milliseconds = z.number().int().min(0).max(maxTimerMs);

/** What to answer when nothing else is given: good JSON that is not what the contract says. */
export const unexpectedBody = ['not', 'what', 'the contract says'];

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

/** How often a fault happens. */
export const repetition = {
	/** How many calls get the fault. */
	times: z.number().int().min(1).default(1),
	/** How many matching calls are left alone first. */
	after: z.number().int().min(0).default(0),
};

/** The fields of every fault. */
export const common = {
	/** `any`: every operation that can have a fault of this kind. */
	operation: z.enum([...operations, 'any']),
	...repetition,
	match: match.default({}),
};
