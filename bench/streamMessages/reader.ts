import { collectGarbage } from '../collectGarbage';
import { serve } from '../loops/program';
import type { Arrivals } from './arrivals';
import type { Request, Sample } from './requests';

/** Serves the requests to a program that reads messages. */
export async function serveReader(arrivals: Arrivals, begin: () => void): Promise<void> {
	await serve(async (line) => {
		const [request, argument] = line.split(' ') as [Request, string?];
		switch (request) {
			case 'ready':
				return true;
			case 'begin':
				return begin();
			case 'take':
				return await arrivals.take(Number(argument));
			case 'sample':
				return sample();
			case 'sampleOfNeeded':
				collectGarbage();
				return sample();
		}
	});
}

function sample(): Sample {
	const { rss, heapUsed } = process.memoryUsage();
	const { user, system } = process.cpuUsage();
	return { rss, heapUsed, cpuMs: (user + system) / 1000, at: performance.now() };
}
