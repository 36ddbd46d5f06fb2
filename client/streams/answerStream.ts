import type { Clock } from '../time/clock';
import type { AnswerCollector } from './answerCollector';
import type { HeardMessage } from './heardMessage';
import type { ReceivedBatch } from './subscription';

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
export interface CollectedBatch {
	/** When the last of it came, in ms of the monotonic clock. */
	receivedAt: number;
	/** Streamed answers are whole. */
	complete: HeardMessage[];
	/** Chunks that have just come, of an answer that is not over. */
	open: HeardMessage[];
	acknowledge?: () => void;
}

export interface AnswerStreamOptions {
	collector: AnswerCollector;
	clock: Clock;
	/** The connection, if that is known. */
	connection?: Connection;
	/** Once it has aborted, what is missing of an answer may still come to whoever reads the session next. */
	signal: AbortSignal;
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

/** Batches with streamed answers whole: when they are over, or after a pause. Every batch of the source gives one. */
export async function* collectAnswers(
	batches: AsyncIterable<ReceivedBatch>,
	{ collector, clock, connection = new Connection(clock), signal }: AnswerStreamOptions,
): AsyncGenerator<CollectedBatch, void, undefined> {
	const source = batches[Symbol.asyncIterator]();
	// Chunks of before count as just come.
	let lastAt = clock.monotonic();
	try {
		/** How long to wait for the next chunk, in ms. */
		const leftMs = () => {
			const pauseMs = connection.isAway ? AWAY_PAUSE_MS : ANSWER_PAUSE_MS;
			return Math.max(lastAt, connection.backAt) + pauseMs - clock.monotonic();
		};
		let next: Promise<IteratorResult<ReceivedBatch>> | undefined;
		for (;;) {
			next ??= source.next();
			const before = new Set(collector.open);
			// Looked at anew now and then, as the connection comes and goes meanwhile.
			const waitMs = Math.min(Math.max(leftMs(), 0), ANSWER_PAUSE_MS);
			const dueAt = clock.monotonic() + waitMs;
			if (before.size > 0 && (await isSooner(clock, waitMs, next))) {
				if (leftMs() > 0) continue;
				if (wasTooBusy(clock, dueAt)) {
					lastAt = clock.monotonic();
					continue;
				}
				yield { receivedAt: lastAt, complete: collector.end(), open: [] };
				continue;
			}
			const { done, value: batch } = await next;
			next = undefined;
			if (done) break;
			const complete = batch.messages.flatMap((message) => collector.take(message));
			const open = collector.open.filter((chunk) => !before.has(chunk));
			if (batch.messages.some(({ chunk }) => chunk)) lastAt = batch.receivedAt;
			yield { ...batch, complete, open };
		}
		if (!signal.aborted && collector.open.length > 0) yield { receivedAt: lastAt, complete: collector.end(), open: [] };
	} finally {
		await source.return?.();
	}
}

/** Whether the time is over before the promise settles. */
async function isSooner(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
	let cancel = () => {};
	const over = new Promise<boolean>((resolve) => (cancel = clock.after(ms, () => resolve(true))));
	try {
		return await Promise.race([promise.then(() => false), over]);
	} finally {
		cancel();
	}
}
