import type { Sample } from './course';
import { flatnessOf, growthFlatnessOf, type Flatness, type Tolerance } from './flatness';

/** Something that has to stay as it is while n8n runs. */
export interface FlatCheck extends Flatness {
	what: string;
	unit: string;
	tolerance: Tolerance;
}

const KB = 1024;
const MB = 2 ** 20;

interface Watched {
	what: string;
	unit: string;
	of: (sample: Sample) => number;
	tolerance: Tolerance;
}

const watched: readonly Watched[] = [
	{
		what: 'Heap after garbage collection',
		unit: 'MB',
		of: ({ heapMb }) => heapMb,
		tolerance: { relative: 0.03, absolute: 4 },
	},
	{ what: 'Memory of the process', unit: 'MB', of: ({ rssMb }) => rssMb, tolerance: { relative: 0.1, absolute: 20 } },
	{ what: 'Handles', unit: '', of: ({ handles }) => handles, tolerance: { relative: 0.1, absolute: 10 } },
	{
		what: 'Connections to the services',
		unit: '',
		of: ({ connections }) => connections,
		tolerance: { relative: 0.1, absolute: 10 },
	},
	{
		what: 'File descriptors',
		unit: '',
		of: ({ fileDescriptors }) => fileDescriptors,
		tolerance: { relative: 0.1, absolute: 10 },
	},
	{
		what: 'Write-ahead log of the session registry',
		unit: 'MB',
		of: ({ registryWalBytes }) => registryWalBytes / MB,
		tolerance: { relative: 0.1, absolute: 1 },
	},
];

/** A session is kept until a week after it has expired, so the file grows with them, and with nothing else. */
const perSession = {
	what: 'Session registry, for each session',
	unit: 'kB',
	tolerance: { relative: 0.25, absolute: 0.2 },
};

export function flatChecksOf(samples: readonly Sample[]): FlatCheck[] {
	const growth = samples.map(({ registryBytes, sessions }) => ({ size: registryBytes / KB, count: sessions }));
	return [
		...watched.map(({ what, unit, of, tolerance }) => {
			return { what, unit, tolerance, ...flatnessOf(samples.map(of), tolerance) };
		}),
		{ ...perSession, ...growthFlatnessOf(growth, perSession.tolerance) },
	];
}
