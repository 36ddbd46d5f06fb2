/** What is pushed, for somebody who asks for one after the other, at his own pace. None is lost. */
export class Subscription<T> implements AsyncIterableIterator<T> {
	readonly #waiting: T[] = [];
	#isOver = false;
	#error: Error | undefined;
	#wake = () => {};

	/** @param onLeft called when the reader breaks off; what waits is dropped then */
	constructor(private readonly onLeft: () => void) {}

	push(item: T): void {
		if (this.#isOver) return;
		this.#waiting.push(item);
		this.#wake();
	}

	/** Nothing more will come; what waits can still be read. @param error what the reader is told then, if anything */
	end(error?: Error): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#error = error;
		this.#wake();
	}

	/** What waits is dropped. */
	drop(): void {
		this.#waiting.length = 0;
	}

	async return(): Promise<IteratorResult<T>> {
		this.drop();
		this.end();
		this.onLeft();
		return { done: true, value: undefined };
	}

	async next(): Promise<IteratorResult<T>> {
		for (;;) {
			const next = this.#waiting.shift();
			if (next !== undefined) return { done: false, value: next };
			if (this.#isOver) {
				const error = this.#error;
				this.#error = undefined;
				if (error) throw error;
				return { done: true, value: undefined };
			}
			await new Promise<void>((resolve) => (this.#wake = resolve));
		}
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}

/**
 * What a push-style reading brings, at the reader's own pace.
 * @param read pushes until it is over or its signal aborts; begins when the first one is asked for
 * @param signal ends it at once, with what waits
 * @throws what `read` throws
 */
export async function* pulled<T>(
	read: (push: (item: T) => void, signal: AbortSignal) => Promise<void>,
	signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
	const left = new AbortController();
	const subscription = new Subscription<T>(() => left.abort());
	const either = AbortSignal.any([signal, left.signal]);
	const drop = () => subscription.drop();
	signal.addEventListener('abort', drop, { once: true });
	read((item) => subscription.push(item), either).then(
		() => subscription.end(),
		(error: unknown) => subscription.end(error instanceof Error ? error : new Error(String(error))),
	);
	try {
		yield* subscription;
	} finally {
		signal.removeEventListener('abort', drop);
	}
}
