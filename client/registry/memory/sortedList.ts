/**
 * Keeps things in order. What is added comes last nearly always, and that costs nothing; elsewhere all behind it moves up,
 * which takes microseconds with a hundred thousand.
 */
export class SortedList<T> {
	#items: T[] = [];

	/** @param compare never 0 for two different items */
	constructor(private readonly compare: (a: T, b: T) => number) {}

	/** In order. */
	[Symbol.iterator](): Iterator<T> {
		return this.#items.values();
	}

	add(item: T): void {
		this.#items.splice(this.#placeOf(item), 0, item);
	}

	delete(item: T): void {
		const place = this.#placeOf(item);
		if (this.#items[place] === item) this.#items.splice(place, 1);
	}

	/** @param isReached true of one item and all behind it. @returns these */
	from(isReached: (item: T) => boolean): T[] {
		return this.#items.slice(this.#firstPlace(isReached));
	}

	/** @param isReached true of one item and all behind it. @returns those ahead of it */
	until(isReached: (item: T) => boolean): T[] {
		return this.#items.slice(0, this.#firstPlace(isReached));
	}

	/** Takes many away at once. */
	deleteAll(gone: ReadonlySet<T>): void {
		this.#items = this.#items.filter((item) => !gone.has(item));
	}

	#placeOf(item: T): number {
		return this.#firstPlace((other) => this.compare(other, item) >= 0);
	}

	#firstPlace(isReached: (item: T) => boolean): number {
		let low = 0;
		let high = this.#items.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			const item = this.#items[middle];
			if (item !== undefined && isReached(item)) high = middle;
			else low = middle + 1;
		}
		return low;
	}
}
