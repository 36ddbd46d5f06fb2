import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than anything takes on a slow and busy machine, so that only a defect reaches it. Jest waits longer. In ms. */
export const PATIENCE_MS = 60_000;

const LOOK_AGAIN_MS = 2;

/**
 * Waits for something that happens in this process and has no event to wait for.
 * @throws when it does not happen
 */
export async function until(isTrue: () => boolean, patienceMs = PATIENCE_MS): Promise<void> {
	const giveUpAt = performance.now() + patienceMs;
	while (!isTrue()) {
		if (performance.now() > giveUpAt) throw new Error(`Did not become true: ${isTrue.toString()}`);
		// Spinning would take a processor away from whatever is waited for.
		await sleep(LOOK_AGAIN_MS);
	}
}
