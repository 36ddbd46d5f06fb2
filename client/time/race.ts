/**
 * Waits for `promise`, but no longer than until `signal` aborts. The promise itself goes on.
 * @throws the signal's reason
 */
export async function raceWithSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
	// Once the signal has aborted nobody waits for the promise, however it ends.
	promise.catch(() => {});
	signal.throwIfAborted();
	let stop = () => {};
	const aborted = new Promise<never>((_, reject) => {
		stop = () => reject(signal.reason);
		signal.addEventListener('abort', stop, { once: true });
	});
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		signal.removeEventListener('abort', stop);
	}
}
