/** Loads one package as n8n does at its start, in a process that holds nothing else but n8n's core. */
import { createRequire } from 'node:module';
import { relative } from 'node:path';

import { collectGarbage } from '../collectGarbage';
import { readTask } from '../loops/program';
import { startStopwatch } from '../stopwatch';
import type { Cost, LoadCost, LoadTask } from './task';

interface Loader {
	/** With its links followed. */
	readonly directory: string;
	readonly nodeTypes: Record<string, unknown>;
	loadAll(): Promise<void>;
}

/** What we use of `n8n-core`. */
interface N8nCore {
	PackageDirectoryLoader: new (folder: string) => Loader;
}

async function main(): Promise<void> {
	const { n8nProgram, folder, firstUse } = readTask<LoadTask>();
	const requireOfN8n = createRequire(n8nProgram);
	requireOfN8n('reflect-metadata');
	const { PackageDirectoryLoader } = requireOfN8n('n8n-core') as N8nCore;

	// Made before: the first loader of n8n also makes the log.
	const loader = new PackageDirectoryLoader(folder);

	const measure = async (load: () => Promise<void>): Promise<Cost> => {
		const known = new Set(Object.keys(requireOfN8n.cache));
		collectGarbage();
		const before = process.memoryUsage();
		const elapsed = startStopwatch();
		await load();
		const times = elapsed();
		collectGarbage();
		const after = process.memoryUsage();
		const files = Object.keys(requireOfN8n.cache)
			.filter((file) => !known.has(file))
			.map((file) => relative(loader.directory, file))
			.filter((file) => !file.startsWith('..'));
		return { ...times, rssMb: inMb(after.rss - before.rss), heapMb: inMb(after.heapUsed - before.heapUsed), files };
	};

	const start = await measure(async () => await loader.loadAll());
	const result: LoadCost = { nodes: Object.keys(loader.nodeTypes).length, start };
	if (firstUse !== undefined) {
		result.firstUse = await measure(async () => {
			createRequire(`${loader.directory}/`)(firstUse);
		});
	}
	// What a package prints while it is loaded stands above it.
	console.log(`\n${JSON.stringify(result)}`);
	// Packages may leave things running that would keep the process alive.
	process.exit();
}

const inMb = (bytes: number) => bytes / 2 ** 20;

void main();
