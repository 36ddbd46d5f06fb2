import type { LoadCost } from '../nodeLoader';
import { ratios, spreadOf, type Spread } from '../statistics';
import { table, times } from '../table';
import type { InstalledPackage } from './install';
import type { Size } from './size';

/** A package, and what n8n's loader takes for all of its nodes. */
export interface PackageResult extends Size {
	name: string;
	version: string;
	nodes: number;
	/** Files that n8n's start loads, those of dependencies too. */
	loadedFiles: number;
	loadMs: Spread;
	loadCpuMs: Spread;
	heapMb: Spread;
	rssMb: Spread;
	/** How many times as much of the processor's time it takes as ours. */
	toOurs: Spread;
}

/** An installed package and its rounds. */
export interface Measured {
	installed: InstalledPackage;
	loads: LoadCost[];
}

export function resultsOf(ours: Measured, others: Measured[]): PackageResult[] {
	const cpuMsOf = ({ loads }: Measured) => loads.map(({ start }) => start.cpuMs);
	return [ours, ...others].map((measured) => {
		const { installed, loads } = measured;
		return {
			name: installed.name,
			version: installed.version,
			...installed.size,
			nodes: loads[0]?.nodes ?? 0,
			loadedFiles: loads[0]?.start.files.length ?? 0,
			loadMs: spreadOf(loads.map(({ start }) => start.ms)),
			loadCpuMs: spreadOf(cpuMsOf(measured)),
			heapMb: spreadOf(loads.map(({ start }) => start.heapMb)),
			rssMb: spreadOf(loads.map(({ start }) => start.rssMb)),
			toOurs: ratios(cpuMsOf(measured), cpuMsOf(ours)),
		};
	});
}

export function textOf(results: PackageResult[], { n8n, loads }: { n8n: string; loads: number }): string {
	const rows = table(
		{
			Package: ({ name, version }) => `${name} ${version}`,
			Nodes: ({ nodes }) => String(nodes),
			Download: ({ tarballKb }) => size(tarballKb),
			Unpacked: ({ unpackedKb, files }) => `${size(unpackedKb)}, ${files} files`,
			'Installed with it': ({ dependencies, dependenciesMb }) =>
				dependencies === 0
					? 'nothing'
					: `${dependencies} ${dependencies === 1 ? 'package' : 'packages'}, ${size(dependenciesMb * 1024)}`,
			'Files loaded': ({ loadedFiles }) => String(loadedFiles),
			'Load time': ({ loadCpuMs: { min, median, max } }) =>
				`${median.toFixed(1)} ms (${min.toFixed(1)} to ${max.toFixed(1)})`,
			Heap: ({ heapMb }) => `${heapMb.median.toFixed(1)} MB`,
			'Memory (RSS)': ({ rssMb }) => `${rssMb.median.toFixed(1)} MB`,
			'Load time / ours': ({ toOurs }) => times(toOurs),
		},
		results,
	);
	return `The package beside well-known community packages from npm, installed as n8n installs them. Load time (of the processor) and
memory: all nodes and credentials through the loader of n8n ${n8n}, in ${loads} new processes each that hold nothing but n8n's
core, by turns; median (lowest to highest), memory after a full garbage collection.

${rows}`;
}

const size = (kb: number) => (kb < 1024 ? `${Math.round(kb)} KB` : `${(kb / 1024).toFixed(1)} MB`);
