/** That somebody takes something that came over a socket: it is to be acknowledged once it is safe, at that very moment. */
export class Taking {
	#isSafe = false;
	#acknowledge = () => {};

	safe(): void {
		if (this.#isSafe) return;
		this.#isSafe = true;
		this.#acknowledge();
	}

	/** @param acknowledge called once it is safe, which may be now */
	whenSafe(acknowledge: () => void): void {
		this.#acknowledge = acknowledge;
		if (this.#isSafe) acknowledge();
	}
}

/** Safe once all of them are. */
export function allOf(takings: readonly Taking[]): Taking {
	const all = new Taking();
	let left = takings.length;
	const oneIsSafe = () => {
		if (--left <= 0) all.safe();
	};
	for (const taking of takings) taking.whenSafe(oneIsSafe);
	return all;
}
