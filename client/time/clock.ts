/** Time as the client sees it. Injected, so that tests of back-off and token renewal run in milliseconds. */
export interface Clock {
	/** Wall-clock time in ms since 1970, for timestamps. May jump. */
	wallTime(): number;
	/** Time in ms that never goes back, for durations and lifetimes. */
	monotonic(): number;
	/** Calls back once after `ms`; returns a function that cancels it. */
	after(ms: number, callback: () => void): () => void;
}

/** Longest delay that Node's timers take, in ms; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
	wallTime: () => Date.now(),
	monotonic: () => performance.now(),
	after(ms, callback) {
		const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
		return () => clearTimeout(timer);
	},
};

/**
 * Waits `ms`.
 * @throws the signal's reason as soon as `signal` aborts
 */
export async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
	signal.throwIfAborted();
	await new Promise<void>((resolve, reject) => {
		const stop = () => {
			cancelTimer();
			reject(signal.reason);
		};
		const cancelTimer = clock.after(ms, () => {
			signal.removeEventListener('abort', stop);
			resolve();
		});
		signal.addEventListener('abort', stop, { once: true });
	});
}
