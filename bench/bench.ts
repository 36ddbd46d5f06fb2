/** One of the benchmarks of `npm run bench`. */
export interface Bench {
	/** As the user asks for it; also the name of its file in results/. */
	name: string;
	run(options: BenchOptions): Promise<BenchReport>;
}

export interface BenchOptions {
	/** Few rounds with few items, to see that all works. */
	quick: boolean;
	/** Takes one line about the progress. */
	report: (line: string) => void;
}

export interface BenchReport {
	/** How it was measured. */
	setup: { items: number; concurrency: number; rounds: number };
	/** For each latency of the service. */
	results: object[];
	/** The results in Markdown. */
	table: string;
}
