/** So many items begin in one go. */
const AT_ONCE = 8;

/**
 * Has items begin a few at a time. Those that begin together are sent together and answered together: each waits for what is
 * done for all the others, and nothing is done while all of them are on their way.
 */
export class ItemPace {
	#begun = 0;
	#turn: Promise<void> | undefined;

	/** @param nextTurn resolves when the process has seen to whatever else is there */
	constructor(private readonly nextTurn: () => Promise<void>) {}

	/** Resolves, in the order of the calls, when the next item may begin. */
	async next(): Promise<void> {
		while (this.#begun >= AT_ONCE) await (this.#turn ??= this.#startAgain());
		this.#begun++;
	}

	async #startAgain(): Promise<void> {
		await this.nextTurn();
		this.#begun = 0;
		this.#turn = undefined;
	}
}
