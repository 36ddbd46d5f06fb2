/** Time as the client sees it. Injected, so that tests of back-off and token renewal run in milliseconds. */
export interface Clock {
	/** Wall-clock time in ms since 1970, for timestamps. May jump. */
	wallTime(): number;
	/** Time in ms that never goes back, for durations and lifetimes. */
	monotonic(): number;
	/** Calls back once after `ms`; returns a function that cancels it. */
	after(ms: number, callback: () => void, options?: TimerOptions): () => void;
}

/** What every clock of this machine tells. */
export const machineTime: Pick<Clock, 'wallTime' | 'monotonic'> = {
	wallTime: () => Date.now(),
	monotonic: () => performance.now(),
};

/** Longest delay that Node takes, in ms; a longer one would fire at once, and one below 0 makes Node warn. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** A delay that Node takes. */
export const delayFor = (ms: number): number => Math.min(Math.max(0, Math.ceil(ms)), MAX_DELAY_MS);

export interface TimerOptions {
	/** Whether a process that waits for nothing else may end; no by default. */
	isBackground?: boolean;
}

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

/** Waits `ms`, or until `signal` aborts, in the background. */
export async function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
	if (signal?.aborted) return;
	await new Promise<void>((resolve) => {
		const end = () => {
			cancelTimer();
			signal?.removeEventListener('abort', end);
			resolve();
		};
		const cancelTimer = clock.after(ms, end, { isBackground: true });
		signal?.addEventListener('abort', end, { once: true });
	});
}

/** Calls back every `ms` in the background; returns a function that ends it. */
export function every(clock: Clock, ms: number, callback: () => void): () => void {
	const wait = () =>
		clock.after(
			ms,
			() => {
				cancelTimer = wait();
				callback();
			},
			{ isBackground: true },
		);
	let cancelTimer = wait();
	return () => cancelTimer();
}
