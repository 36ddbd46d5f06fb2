/** Times in ms. */
export interface Elapsed {
	ms: number;
	/** Of the processor, for this thread: hardly longer when other programs keep the machine busy. */
	cpuMs: number;
}

/** @returns what has passed since */
export function startStopwatch(): () => Elapsed {
	const startedAt = performance.now();
	const cpuBefore = cpuMs();
	return () => ({ ms: performance.now() - startedAt, cpuMs: cpuMs() - cpuBefore });
}

function cpuMs(): number {
	const { user, system } = process.threadCpuUsage();
	return (user + system) / 1000;
}
