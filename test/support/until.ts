/** Far more than anything takes on a slow and busy machine, so that only a defect reaches it. Jest waits longer. In ms. */
export const PATIENCE_MS = 20_000;

/**
 * Waits for something that happens in this process and has no event to wait for.
 * @throws when it does not happen
 */
export async function until(isTrue: () => boolean, patienceMs = PATIENCE_MS): Promise<void> {
	const giveUpAt = performance.now() + patienceMs;
	while (!isTrue()) {
		if (performance.now() > giveUpAt) throw new Error(`Did not become true: ${isTrue.toString()}`);
		await new Promise((resolve) => setImmediate(resolve));
	}
}
