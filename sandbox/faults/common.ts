import * as z from 'zod/v4';

const MAX_TIMER_MS = 2_147_483_647;

export const milliseconds = z.number().int().min(0).max(MAX_TIMER_MS);

/** What to answer when nothing else is given: good JSON that is not what the contract says. */
export const UNEXPECTED_BODY = ['not', 'what', 'the contract says'];

/** How often a fault happens. */
export const repetition = {
	/** How many calls get the fault. */
	times: z.number().int().min(1).default(1),
	/** How many matching calls are left alone first. */
	after: z.number().int().min(0).default(0),
};
