/** Far more than anything on this machine takes, so that only a defect reaches it. In ms. */
const PATIENCE_MS = 4_000;

/**
 * Waits for something that happens in this process and has no event to wait for.
 * @throws when it does not happen
 */
export async function until(isTrue: () => boolean): Promise<void> {
	const giveUpAt = performance.now() + PATIENCE_MS;
	while (!isTrue()) {
		if (performance.now() > giveUpAt) throw new Error(`Did not become true: ${isTrue.toString()}`);
		await new Promise((resolve) => setImmediate(resolve));
	}
}
