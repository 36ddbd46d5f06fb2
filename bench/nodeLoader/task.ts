import type { Elapsed } from '../stopwatch';

/** What the program that loads a package is to do. */
export interface LoadTask {
	/** n8n's own command; its loader is found from there. */
	n8nProgram: string;
	/** Of the package, installed. */
	folder: string;
	/** A file of the package that is to be loaded afterwards, as its first use would. */
	firstUse?: string;
}

/** What loading took. Memory is what is left of it after a full garbage collection, in MB. */
export interface Cost extends Elapsed {
	rssMb: number;
	heapMb: number;
	/** Loaded files of the package and of what it brings, relative to its folder. */
	files: string[];
}

export interface LoadCost {
	/** How many nodes n8n knows then. */
	nodes: number;
	start: Cost;
	firstUse?: Cost;
}
