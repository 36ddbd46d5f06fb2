import type { Elapsed } from '../stopwatch';

/** What n8n's process has, in MB. */
export interface Memory {
	rssMb: number;
	heapMb: number;
}

/** What the probe in n8n says. */
export interface Sample {
	/** What loading our files took altogether. */
	loading: Elapsed;
	atRest: Memory;
	/** After a full garbage collection. */
	needed: Memory;
}

/** Environment variables of the probe. */
export const PACKAGE_FOLDER = 'BENCH_PACKAGE_FOLDER';
export const SAMPLE_FILE = 'BENCH_SAMPLE_FILE';

/** Asks the probe for a sample. */
export const SAMPLE_SIGNAL = 'SIGUSR2';
