/** So many items lie in one piece at most: to add or delete one moves no more than these. */
const PIECE = 512;

/** Keeps things in order, however many, wherever they come and go. */
export class SortedList<T> {
	/** In order; none is empty. */
	#pieces: T[][] = [];

	/** @param compare never 0 for two different items */
	constructor(private readonly compare: (a: T, b: T) => number) {}

	/** In order. */
	*[Symbol.iterator](): Generator<T, void> {
		for (const piece of this.#pieces) yield* piece;
	}

	add(item: T): void {
		const isReached = (other: T) => this.compare(other, item) >= 0;
		const place = Math.min(this.#pieceOf(isReached), Math.max(0, this.#pieces.length - 1));
		const piece = this.#pieces[place];
		if (!piece) {
			this.#pieces.push([item]);
			return;
		}
		piece.splice(firstPlace(piece, isReached), 0, item);
		// Nearly always it comes last; then the piece stays full.
		const isLast = piece.at(-1) === item;
		if (piece.length > PIECE) this.#pieces.splice(place + 1, 0, piece.splice(isLast ? PIECE : PIECE / 2));
	}

	delete(item: T): void {
		const isReached = (other: T) => this.compare(other, item) >= 0;
		const place = this.#pieceOf(isReached);
		const piece = this.#pieces[place];
		const within = piece ? firstPlace(piece, isReached) : 0;
		if (piece?.[within] !== item) return;
		piece.splice(within, 1);
		if (piece.length === 0) this.#pieces.splice(place, 1);
	}

	/** @param isReached true of one item and all behind it. @returns these */
	from(isReached: (item: T) => boolean): T[] {
		const [first = [], ...others] = this.#pieces.slice(this.#pieceOf(isReached));
		return [first.slice(firstPlace(first, isReached)), ...others].flat();
	}

	/** @param isReached true of one item and all behind it. @returns those ahead of it */
	until(isReached: (item: T) => boolean): T[] {
		const place = this.#pieceOf(isReached);
		const last = this.#pieces[place] ?? [];
		return [...this.#pieces.slice(0, place), last.slice(0, firstPlace(last, isReached))].flat();
	}

	/** Takes away what `until` tells. */
	takeUntil(isReached: (item: T) => boolean): T[] {
		const place = this.#pieceOf(isReached);
		const last = this.#pieces[place] ?? [];
		return [...this.#pieces.splice(0, place), last.splice(0, firstPlace(last, isReached))].flat();
	}

	/** Takes many away at once. */
	deleteAll(gone: ReadonlySet<T>): void {
		const left = this.#pieces.map((piece) => piece.filter((item) => !gone.has(item)));
		this.#pieces = left.filter((piece) => piece.length > 0);
	}

	/** @returns the place of the piece with the first such item; behind all: there is none */
	#pieceOf(isReached: (item: T) => boolean): number {
		return firstPlace(this.#pieces, (piece) => {
			const last = piece.at(-1);
			return last !== undefined && isReached(last);
		});
	}
}

/** @param isReached true of one item and all behind it. @returns the place of that */
function firstPlace<T>(items: readonly T[], isReached: (item: T) => boolean): number {
	let low = 0;
	let high = items.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		const item = items[middle];
		if (item !== undefined && isReached(item)) high = middle;
		else low = middle + 1;
	}
	return low;
}
