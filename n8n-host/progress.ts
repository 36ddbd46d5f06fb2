import { performance } from 'node:perf_hooks';

/** Takes one short line about what is going on. */
export type Report = (line: string) => void;

export const reportToTerminal: Report = (line) => {
	process.stderr.write(`${line}\n`);
};

const heartbeatMs = 15_000;

/** Runs a long piece of work and says every 15 seconds that it still goes on. */
export async function withHeartbeat<T>(report: Report, what: string, work: () => Promise<T>): Promise<T> {
	const startedAt = performance.now();
	const heartbeat = setInterval(() => {
		report(`  ... still ${what} (${Math.round((performance.now() - startedAt) / 1000)} s so far)`);
	}, heartbeatMs);
	try {
		return await work();
	} finally {
		clearInterval(heartbeat);
	}
}
