import { backoffMs } from '../../call/backoff';

/** What was heard and nobody reads any more is tried to be written down for so long, in ms. */
export const GIVE_UP_MS = 5 * 60_000;
const LONGEST_PAUSE_MS = 5_000;

/** How long to wait for a Redis that did not answer, in ms. @param failures before this one */
export function pauseAfter(failures: number, random: () => number): number {
	return Math.min(LONGEST_PAUSE_MS, Math.max(1, backoffMs(failures, random())));
}
