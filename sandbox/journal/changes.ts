interface Waiting {
	isTrue: () => boolean;
	resolve: () => void;
}

/** Wakes those who wait for something to happen in the sandbox. */
export class Changes {
	#waiting: Waiting[] = [];
	#isScheduled = false;

	/** Something happened. Who waits is asked once what belongs to it has happened too, so any order will do. */
	changed(): void {
		if (this.#isScheduled || this.#waiting.length === 0) return;
		this.#isScheduled = true;
		setImmediate(() => {
			this.#isScheduled = false;
			this.#wake();
		});
	}

	/** Resolves once it is true; rejects, telling what was waited for, when that takes too long. */
	async when(isTrue: () => boolean, timeoutMs: number): Promise<void> {
		if (isTrue()) return;
		await new Promise<void>((resolve, reject) => {
			const waiting: Waiting = {
				isTrue,
				resolve: () => {
					clearTimeout(timer);
					resolve();
				},
			};
			const timer = setTimeout(() => {
				this.#waiting = this.#waiting.filter((other) => other !== waiting);
				reject(new Error(`Did not become true in ${timeoutMs} ms: ${isTrue.toString()}`));
			}, timeoutMs);
			this.#waiting.push(waiting);
		});
	}

	#wake(): void {
		const fulfilled = this.#waiting.filter(({ isTrue }) => isTrue());
		this.#waiting = this.#waiting.filter((waiting) => !fulfilled.includes(waiting));
		for (const { resolve } of fulfilled) resolve();
	}
}
