import type { Clock } from '../time/clock';
import type { AnswerCollector } from './answerCollector';
import type { HeardBatch, HeardMessage } from './heardMessage';

/**
 * An answer of which nothing came for so long is delivered as it is, in ms: no end of it was told, nor of its turn. Longer
 * than language models pause between two chunks, also while the network hiccups; short enough for who waits for it.
 */
export const ANSWER_PAUSE_MS = 5_000;

/** The same while the connection is away, in ms: what is missing comes when it is back. */
export const AWAY_PAUSE_MS = 60_000;

/**
 * A pause that is noticed so much too late, in ms, may be none: whoever was too busy to notice has not yet looked at what
 * came meanwhile.
 */
const LATE_MS = 500;

/** Whether this process was too busy to know that nothing came. @param dueAt when the pause was over, as `clock.monotonic` */
export function wasTooBusy(clock: Clock, dueAt: number): boolean {
	return clock.monotonic() - dueAt > LATE_MS;
}

/** What of a batch is complete, and what is not. */
export interface CollectedBatch extends Omit<HeardBatch, 'messages'> {
	/** Streamed answers are whole. */
	complete: HeardMessage[];
	/** Chunks that have just come, of an answer that is not over. */
	open: HeardMessage[];
}

export interface AnswerStreamOptions {
	collector: AnswerCollector;
	clock: Clock;
	/** The connection, if that is known. */
	connection?: Connection;
	/** Told of every batch, and of an answer that is over without one. */
	onCollected: (batch: CollectedBatch) => void;
}

/** Whether the connection that chunks come over is there. */
export class Connection {
	#isAway = false;
	#backAt = -Infinity;

	constructor(private readonly clock: Clock) {}

	get isAway(): boolean {
		return this.#isAway;
	}

	/** When it came back, in ms of the monotonic clock. */
	get backAt(): number {
		return this.#backAt;
	}

	away(): void {
		this.#isAway = true;
	}

	back(): void {
		this.#isAway = false;
		this.#backAt = this.clock.monotonic();
	}
}

/** Puts streamed answers together as their chunks come: they are whole when they are over, or after a pause. */
export class AnswerStream {
	readonly #collector: AnswerCollector;
	readonly #clock: Clock;
	readonly #connection: Connection;
	readonly #onCollected: (batch: CollectedBatch) => void;
	/** When the last chunk came, in ms of the monotonic clock; those of before count as just come. */
	#lastAt: number;
	/** Batches that wait with whoever is told. */
	#waiting = 0;
	#fault: Error | undefined;
	#cancelPause = () => {};

	constructor({ collector, clock, connection = new Connection(clock), onCollected }: AnswerStreamOptions) {
		this.#collector = collector;
		this.#clock = clock;
		this.#connection = connection;
		this.#onCollected = onCollected;
		this.#lastAt = clock.monotonic();
		this.#waitForMore();
	}

	/** @throws what went wrong while an answer was put together */
	take({ messages, begun, ...batch }: HeardBatch): void {
		if (this.#fault) throw this.#fault;
		const before = new Set(this.#collector.open);
		const complete = messages.flatMap((message) => this.#collector.take(message));
		const open = this.#collector.open.filter((chunk) => !before.has(chunk));
		if (messages.some(({ chunk }) => chunk)) this.#lastAt = batch.receivedAt;
		this.#waitForMore();
		this.#waiting++;
		const onBegun = () => {
			this.#waiting--;
			begun();
		};
		this.#onCollected({ ...batch, complete, open, begun: onBegun });
	}

	/**
	 * Nothing more comes.
	 * @param isComplete whether what is missing of an answer will come to nobody else either
	 * @throws as `take`
	 */
	end(isComplete: boolean): void {
		this.#cancelPause();
		if (this.#fault) throw this.#fault;
		if (isComplete && this.#collector.open.length > 0) this.#endAnswer();
	}

	#endAnswer(): void {
		const nothing = () => {};
		const complete = this.#collector.end();
		this.#onCollected({ receivedAt: this.#lastAt, complete, open: [], acknowledge: nothing, begun: nothing });
	}

	/** How long to wait for the next chunk, in ms. */
	get #leftMs(): number {
		const pauseMs = this.#connection.isAway ? AWAY_PAUSE_MS : ANSWER_PAUSE_MS;
		return Math.max(this.#lastAt, this.#connection.backAt) + pauseMs - this.#clock.monotonic();
	}

	#waitForMore(): void {
		this.#cancelPause();
		if (this.#collector.open.length === 0) return;
		// Looked at anew now and then, as the connection comes and goes meanwhile.
		const waitMs = Math.min(Math.max(this.#leftMs, 0), ANSWER_PAUSE_MS);
		const dueAt = this.#clock.monotonic() + waitMs;
		this.#cancelPause = this.#clock.after(waitMs, () => this.#pauseIsOver(dueAt));
	}

	#pauseIsOver(dueAt: number): void {
		if (this.#leftMs <= 0) {
			// While something waits, more may be held back.
			if (this.#waiting === 0 && !wasTooBusy(this.#clock, dueAt)) return this.#endAnswerAlone();
			this.#lastAt = this.#clock.monotonic();
		}
		this.#waitForMore();
	}

	/** Nobody waits for it who could be told of a fault now. */
	#endAnswerAlone(): void {
		try {
			this.#endAnswer();
		} catch (error) {
			this.#fault = error instanceof Error ? error : new Error(String(error));
		}
	}
}
