/** How long bots go on talking in a session, in ms, and how probable it is that one says something when it is asked. */
const SHORTEST_MS = 10_000;
const LONGEST_MS = 35_000;
const PROBABILITY = 0.06;

/** What a bot says in one session besides its answers: texts that are told apart by a number. */
export class Talk {
	#count = 0;
	readonly #until: number;

	/**
	 * @param random a number from 0 (included) to 1 (excluded)
	 * @param isEndless whether it goes on for ever
	 */
	constructor(
		private readonly random: () => number,
		isEndless: boolean,
	) {
		const lengthMs = SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS);
		this.#until = isEndless ? Infinity : Date.now() + lengthMs;
	}

	get isOver(): boolean {
		return Date.now() > this.#until;
	}

	/** The next text, or mostly nothing. */
	next(): string | undefined {
		if (this.isOver || this.random() >= PROBABILITY) return undefined;
		return `Message ${++this.#count}`;
	}
}
