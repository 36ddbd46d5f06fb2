import type { Clock } from '../time/clock';
import { copyOf } from './copyOf';
import type { HeardMessage } from './heardMessage';
import { Load, WAITING_LIMIT } from './load';

/** Messages that came together. */
export interface ReceivedBatch {
	messages: HeardMessage[];
	/** When they came, in ms of the monotonic clock. */
	receivedAt: number;
	/** To be called once they are safe: nobody will say them again. */
	acknowledge?: () => void;
}

/** One reader of a session: batches in order, none lost and none twice, at the reader's own pace. */
export class Subscription implements AsyncIterableIterator<ReceivedBatch> {
	readonly #waiting: Array<{ batch: ReceivedBatch; unload: () => void }> = [];
	readonly #load = new Load(WAITING_LIMIT);
	#isOver = false;
	#wake = () => {};

	/**
	 * @param wants whether the reader wants a message
	 * @param onClosed called once when the reader leaves or the session is over
	 * @param onRead called whenever the reader has taken a batch
	 */
	constructor(
		private readonly wants: (message: HeardMessage) => boolean,
		private readonly clock: Clock,
		private readonly onClosed: () => void,
		private readonly onRead: () => void,
	) {}

	/** Whether so much waits that the reader should have time to read it before more comes. */
	get isFull(): boolean {
		return this.#load.isFull;
	}

	/**
	 * Messages that came together; what the reader does not want is left out.
	 * @param acknowledge called once they are safe with the reader, but not when it leaves before
	 */
	push(messages: readonly HeardMessage[], acknowledge = () => {}): void {
		if (this.#isOver) return;
		// A copy of its own for each reader: a workflow may change what it is given.
		const wanted = copyOf(messages.filter(this.wants));
		if (wanted.length === 0) return acknowledge();
		const unload = this.#load.add(wanted);
		this.#waiting.push({ batch: { messages: wanted, receivedAt: this.clock.monotonic(), acknowledge }, unload });
		this.#wake();
	}

	/** Nothing more will come; what waits can still be read. */
	end(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#wake();
		this.onClosed();
	}

	/** The reader leaves: what waits is dropped. */
	async return(): Promise<IteratorResult<ReceivedBatch>> {
		this.#waiting.length = 0;
		this.#load.clear();
		this.end();
		return { done: true, value: undefined };
	}

	async next(): Promise<IteratorResult<ReceivedBatch>> {
		for (;;) {
			const next = this.#waiting.shift();
			if (next) {
				next.unload();
				this.onRead();
				return { done: false, value: next.batch };
			}
			if (this.#isOver) return { done: true, value: undefined };
			await new Promise<void>((resolve) => (this.#wake = resolve));
		}
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}
