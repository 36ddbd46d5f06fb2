import { delayFor, machineTime, type Clock } from './clock';

/**
 * Over `AbortSignal.timeout`, where timers are not to be had. What waits never keeps a process alive. What is cancelled is
 * collected sooner or later, a signal without a listener; until then its timer may fire, and nobody hears it.
 */
export const abortSignalClock: Clock = {
	...machineTime,
	after(ms, callback) {
		const signal = AbortSignal.timeout(delayFor(ms));
		const fire = () => callback();
		signal.addEventListener('abort', fire, { once: true });
		return () => signal.removeEventListener('abort', fire);
	},
};
