import type { Clock } from './clock';

/** Longest delay that Node takes, in ms; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Over `AbortSignal.timeout`, where timers are not to be had. What waits never keeps a process alive. What is cancelled
 * leaves nothing behind: a signal without a listener is collected, and its timer with it.
 */
export const abortSignalClock: Clock = {
	wallTime: () => Date.now(),
	monotonic: () => performance.now(),
	after(ms, callback) {
		const signal = AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS));
		const fire = () => callback();
		signal.addEventListener('abort', fire, { once: true });
		return () => signal.removeEventListener('abort', fire);
	},
};
