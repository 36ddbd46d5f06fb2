/** Loaded into n8n before n8n itself: sees what loading our files takes there, and says on a signal what memory n8n has. */
import { renameSync, writeFileSync } from 'node:fs';
import Module from 'node:module';

import { collectGarbage } from '../collectGarbage';
import { startStopwatch, type Elapsed } from '../stopwatch';
import { PACKAGE_FOLDER, SAMPLE_FILE, SAMPLE_SIGNAL, type Memory, type Sample } from './sample';

type Load = (request: string, ...rest: unknown[]) => unknown;

const folder = process.env[PACKAGE_FOLDER];
const loading: Elapsed = { ms: 0, cpuMs: 0 };
if (folder !== undefined) timeLoadingFrom(folder);

process.on(SAMPLE_SIGNAL, () => {
	const file = process.env[SAMPLE_FILE];
	if (file === undefined) return;
	const atRest = memory();
	collectGarbage();
	const sample: Sample = { loading, atRest, needed: memory() };
	// Whoever sees the file is to see all of it.
	writeFileSync(`${file}.part`, JSON.stringify(sample));
	renameSync(`${file}.part`, file);
});

function timeLoadingFrom(place: string): void {
	const module = Module as unknown as { _load: Load };
	const load = module._load;
	let isInside = false;
	module._load = function (this: unknown, request, ...rest) {
		if (isInside || !request.startsWith(place)) return load.call(this, request, ...rest);
		isInside = true;
		const elapsed = startStopwatch();
		try {
			return load.call(this, request, ...rest);
		} finally {
			const { ms, cpuMs } = elapsed();
			loading.ms += ms;
			loading.cpuMs += cpuMs;
			isInside = false;
		}
	};
}

function memory(): Memory {
	const { rss, heapUsed } = process.memoryUsage();
	return { rssMb: rss / 2 ** 20, heapMb: heapUsed / 2 ** 20 };
}
