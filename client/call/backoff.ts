/** Upper limit of the first pause, in ms; it doubles with every further one. */
const BASE_DELAY_MS = 500;
/** No pause is chosen longer than this, in ms, however often was retried. */
const MAX_DELAY_MS = 15_000;

/**
 * Exponential back-off with full jitter: anything from 0 to the exponential limit, so that many clients that failed
 * together do not come back together.
 * @param retriesDone how many retries were made before this one
 * @param random a number from 0 (included) to 1 (excluded)
 * @returns the pause in ms
 */
export function backoffMs(retriesDone: number, random: number): number {
	return random * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** retriesDone);
}
