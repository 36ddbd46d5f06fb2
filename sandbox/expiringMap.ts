interface Entry<V> {
	value: V;
	expiresAt: number;
}

/**
 * A map whose entries all live equally long, counted from when they were set. So the oldest entry is always the first
 * to expire: dropping expired ones only ever looks at the front, and memory is bounded without a timer.
 */
export class ExpiringMap<V> {
	readonly #entries = new Map<string, Entry<V>>();
	readonly #ttlMs: number;
	readonly #max: number;
	readonly #now: () => number;
	readonly #onGone: ((key: string, value: V) => void) | undefined;

	/**
	 * @param ttlMs how long an entry lives, in ms
	 * @param max how many entries are kept; past it the oldest go
	 * @param now the clock, in ms
	 * @param onGone is told of every entry whose time is over or that had to make room
	 */
	constructor(ttlMs: number, max: number, now: () => number, onGone?: (key: string, value: V) => void) {
		this.#ttlMs = ttlMs;
		this.#max = max;
		this.#now = now;
		this.#onGone = onGone;
	}

	get(key: string): V | undefined {
		this.dropExpired();
		return this.#entries.get(key)?.value;
	}

	set(key: string, value: V): void {
		this.dropExpired();
		this.#entries.delete(key);
		this.#entries.set(key, { value, expiresAt: this.#now() + this.#ttlMs });
		for (const [oldest, entry] of this.#entries) {
			if (this.#entries.size <= this.#max) break;
			this.#drop(oldest, entry);
		}
	}

	delete(key: string): void {
		this.#entries.delete(key);
	}

	/** The living values, oldest first. */
	values(): V[] {
		this.dropExpired();
		return Array.from(this.#entries.values(), (entry) => entry.value);
	}

	/** Drops everything and returns how many living entries there were. */
	clear(): number {
		this.dropExpired();
		const { size } = this.#entries;
		this.#entries.clear();
		return size;
	}

	/** Happens by itself whenever the map is used. */
	dropExpired(): void {
		const now = this.#now();
		for (const [key, entry] of this.#entries) {
			if (entry.expiresAt > now) break;
			this.#drop(key, entry);
		}
	}

	#drop(key: string, { value }: Entry<V>): void {
		this.#entries.delete(key);
		this.#onGone?.(key, value);
	}
}
