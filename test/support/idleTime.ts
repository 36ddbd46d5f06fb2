import { performance } from 'node:perf_hooks';

/**
 * Measures how long this process waits for something. Unlike the time on the wall, it hardly grows while a busy machine
 * keeps the process from running, so limits on it hold on slow machines as well.
 * @returns the time since then that was waited, in ms
 */
export function idleTimer(): () => number {
	const { idle } = performance.eventLoopUtilization();
	return () => performance.eventLoopUtilization().idle - idle;
}
