/** Something to measure, and the times of its calls. */
export class Timed {
	/** Of each counted call, in ms. */
	readonly times: number[] = [];

	/** @param perRound how many calls are made in each round: fewer of what takes long */
	constructor(
		private readonly call: () => Promise<unknown>,
		private readonly perRound: number,
	) {}

	async round(isCounted: boolean): Promise<void> {
		for (let index = 0; index < this.perRound; index++) {
			const start = performance.now();
			await this.call();
			if (isCounted) this.times.push(performance.now() - start);
		}
	}
}

/** All by turns, so that none meets a warmer process or a busier machine than the others. The first round warms up. */
export async function timeInTurn(all: readonly Timed[], rounds: number): Promise<void> {
	for (let round = 0; round <= rounds; round++) {
		for (const timed of all) await timed.round(round > 0);
	}
}
