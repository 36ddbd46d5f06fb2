/** One of the benchmarks of `npm run bench`. */
export interface Bench {
	/** As the user asks for it; also the name of its file in results/. */
	name: string;
	run(options: BenchOptions): Promise<BenchReport>;
}

export interface BenchOptions {
	/** Few rounds with few items, to see that all works. */
	quick: boolean;
	/** How long is watched what must stay the same over time, in minutes. */
	minutes: number;
	/** Takes one line about the progress. */
	report: (line: string) => void;
}

export interface BenchReport {
	/** How it was measured. */
	setup: object;
	/** For each latency of the service, or each thing that was measured. */
	results: object[];
	/** The results in Markdown: a table, and what must be known to read it. */
	text: string;
}

/** The setup of benchmarks that do the same items in several ways, round by round. */
export interface RoundsSetup {
	items: number;
	concurrency: number;
	rounds: number;
}
