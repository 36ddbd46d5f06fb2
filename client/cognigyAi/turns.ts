import pLimit, { type LimitFunction } from 'p-limit';

/** Work on the same thing goes one by one in this process; on different things side by side. */
export class Turns {
	readonly #running = new Map<string, LimitFunction>();

	/** @param names of all that the work is on, none twice */
	async take<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
		// In the same order each time, so that no two wait for each other.
		const inOrder = [...names].sort();
		const inTurn = inOrder.reduceRight<() => Promise<T>>(
			(inner, name) => async () => await this.#one(name, inner),
			work,
		);
		return await inTurn();
	}

	async #one<T>(name: string, work: () => Promise<T>): Promise<T> {
		const turn = this.#running.get(name) ?? pLimit(1);
		this.#running.set(name, turn);
		return await turn(work).finally(() => {
			if (turn.activeCount + turn.pendingCount === 0) this.#running.delete(name);
		});
	}
}
