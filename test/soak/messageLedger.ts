/** What was said in the sessions that a workflow follows, and what came out of the workflow. */
export class MessageLedger {
	/** Each message by its key: how often it came out. */
	readonly #cameOut = new Map<string, number>();
	/** Those that were said, and not cleared away. */
	readonly #said = new Set<string>();

	/** A message was said; more than once is the same message. */
	said(key: string): void {
		this.#said.add(key);
	}

	cameOut(key: string): void {
		this.#cameOut.set(key, (this.#cameOut.get(key) ?? 0) + 1);
	}

	/** Whether all of these came out. */
	haveComeOut(keys: Iterable<string>): boolean {
		for (const key of keys) if (!this.#cameOut.has(key)) return false;
		return true;
	}

	get saidCount(): number {
		return this.#said.size;
	}

	/** Said, and never came out. */
	get lost(): string[] {
		return [...this.#said].filter((key) => !this.#cameOut.has(key));
	}

	/** Came out more than once. */
	get twice(): string[] {
		return [...this.#cameOut].filter(([, times]) => times > 1).map(([key]) => key);
	}

	/** Came out, although nobody said it in a session that is followed. */
	get foreign(): string[] {
		return [...this.#cameOut.keys()].filter((key) => !this.#said.has(key));
	}
}
