/** What one round of a way took. */
export interface Measurement {
	ms: number;
	/** Connections opened. */
	connections: number;
}

/** One of the ways to do the same, and what its rounds took. */
export class Way {
	/** Time of each counted round, in ms. */
	readonly times: number[] = [];
	/** Connections opened in the whole of a round, the most of all rounds. */
	connections = 0;

	constructor(
		readonly label: string,
		private readonly measure: () => Promise<Measurement>,
	) {}

	/** Does one round. Returns its time, in ms. */
	async round(isCounted: boolean): Promise<number> {
		const { ms, connections } = await this.measure();
		if (isCounted) this.times.push(ms);
		this.connections = Math.max(this.connections, connections);
		return ms;
	}
}

export interface InTurnOptions {
	/** Counted rounds; one more runs first to warm up. */
	rounds: number;
	/** What is measured, for the report. */
	title: string;
	report: (line: string) => void;
}

/** Does the rounds of all ways in turn, so that whatever else the machine does hits all of them. */
export async function measureInTurn(ways: Way[], { rounds, title, report }: InTurnOptions): Promise<void> {
	for (let round = 0; round <= rounds; round++) {
		const isCounted = round > 0;
		const told: string[] = [];
		for (const way of ways) told.push(`${way.label} ${Math.round(await way.round(isCounted))} ms`);
		report(`  ${title}, ${isCounted ? `round ${round}` : 'warm-up'}: ${told.join(', ')}`);
	}
}
