/** What the programs that read messages are asked for, and what they answer. */
export type Request =
	/** Answered when the program is ready to begin. */
	| 'ready'
	/** Begins to read. */
	| 'begin'
	/** With a number behind it: the latencies of so many messages, in ms, once they are there. */
	| 'take'
	/** A `Sample`. */
	| 'sample'
	/** A `Sample`, after everything that is not needed was given back. */
	| 'sampleOfNeeded';

/** What a process takes. */
export interface Sample {
	/** Memory of the process, in bytes. */
	rss: number;
	/** What JavaScript objects take of it, in bytes. */
	heapUsed: number;
	/** Time that it has worked so far, in ms. */
	cpuMs: number;
	/** In ms, on the clock of the process. */
	at: number;
}
