import type { Clock } from './clock';

/** Longest delay that Node's timers take, in ms; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Over Node's timers. */
export const systemClock: Clock = {
	wallTime: () => Date.now(),
	monotonic: () => performance.now(),
	after(ms, callback, { isBackground = false } = {}) {
		const timer = setTimeout(callback, Math.min(Math.max(0, ms), MAX_TIMER_MS));
		if (isBackground) timer.unref();
		return () => clearTimeout(timer);
	},
};
