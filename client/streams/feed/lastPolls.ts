/** Polls that were on their way when the last reader here left, by session: nobody here asks beside them. */
export class LastPolls {
	readonly #onTheirWay = new Map<string, Promise<void>>();

	/** @param poll resolves when it is over. */
	add(name: string, poll: Promise<void>): void {
		const over = poll.then(() => {
			if (this.#onTheirWay.get(name) === over) this.#onTheirWay.delete(name);
		});
		this.#onTheirWay.set(name, over);
	}

	/** @returns resolves when it is over; undefined: there is none */
	of(name: string): Promise<void> | undefined {
		return this.#onTheirWay.get(name);
	}
}
