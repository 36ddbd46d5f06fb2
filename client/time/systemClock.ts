import { delayFor, machineTime, type Clock } from './clock';

/** Over Node's timers. */
export const systemClock: Clock = {
	...machineTime,
	after(ms, callback, { isBackground = false } = {}) {
		const timer = setTimeout(callback, delayFor(ms));
		if (isBackground) timer.unref();
		return () => clearTimeout(timer);
	},
};
