/** Something that is kept for several calls and has to be closed. */
export interface Closable {
	/** Never fails. */
	close(): Promise<void>;
}

/**
 * Calls that belong together, those of one execution for example, and what they share: connections that are worth
 * keeping from one call to the next. Whoever makes a group closes it.
 */
export class CallGroup {
	readonly #shared = new Map<object, Closable>();

	/** What `owner` keeps for this group, made at first use. */
	shared<T extends Closable>(owner: object, create: () => T): T {
		const kept = this.#shared.get(owner);
		// Only its owner knows the key, and keeps one kind of thing under it.
		if (kept) return kept as T;
		const created = create();
		this.#shared.set(owner, created);
		return created;
	}

	/** Resolves when everything is closed. */
	async close(): Promise<void> {
		await Promise.all(Array.from(this.#shared.values(), (closable) => closable.close()));
	}
}
