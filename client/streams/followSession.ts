import pLimit from 'p-limit';

import type { SessionKey } from '../registry/sessionRegistry';
import { backoffMs } from '../call/backoff';
import { sleep, type Clock } from '../time/clock';
import { raceWithSignal } from '../time/race';
import { AnswerCollector, type JoinChunks } from './answerCollector';
import { collectAnswers, type Connection } from './answerStream';
import { batchId, type EmittedMessages, type StagedMessages } from './outbox';
import { HandOverQueue } from './deliveryQueue';
import type { HeardMessage } from './heardMessage';
import type { ReceivedBatch } from './subscription';

export interface AnswerOptions {
	/** How chunks are put together. */
	join: JoinChunks;
	/** Whether answers are handed over whole, as opposed to their chunks as they come. */
	areWhole: boolean;
}

export interface FollowSessionOptions {
	key: SessionKey;
	emitted: EmittedMessages;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	signal: AbortSignal;
	/** Follows the session, without messages that have these ids. */
	stream: (knownIds: readonly string[]) => AsyncIterable<ReceivedBatch>;
	/** What becomes of streamed answers; missing: there are none. */
	answers?: AnswerOptions;
	/** The connection that messages come over. */
	connection?: Connection;
	/** Begins a hand-over when there is room for it; missing: one after the other, in order. */
	slot?: (handOver: () => Promise<void>) => Promise<void>;
	/** Resolves when the batch is taken. */
	onBatch: (batch: ReceivedBatch) => Promise<void>;
	onHandOverFailed: (error: unknown) => void;
	onHandOverRecovered: () => void;
}

/**
 * Follows one session to its end and hands over its messages (guarantee 3). They are written down as they arrive and
 * recorded as emitted when they were taken: after a crash in between, the same batch is handed over again.
 * Never rejects.
 * @returns whether the session is over, as opposed to `signal` having ended this
 */
export async function followSession(options: FollowSessionOptions): Promise<boolean> {
	const { key, emitted, signal, stream, clock, random, slot = pLimit(1) } = options;
	const handOver = async (batch: ReceivedBatch) => await handOverUntilTaken(options, batch);
	const chunks = new StagedChunks(key, emitted);
	const onRecorded = async ({ messages }: ReceivedBatch) => await chunks.told(messages);
	const queue = new HandOverQueue({ key, emitted, clock, random, signal, slot, handOver, onRecorded });
	const { answers } = options;
	const chunksBefore = answers ? await emitted.chunksBefore(key, signal) : [];
	const before = chunksBefore && (await emitted.before(key, signal));
	if (!before) return false;
	if (before.hasLeftOver) queue.addLeftOver();
	const { knownIds } = before;
	const openChunks = await chunks.open(chunksBefore, knownIds);
	const left = openChunks.flatMap(({ messages }) => messages);
	const batches = stream([...knownIds, ...left.map(({ messageId }) => messageId)]);
	await (answers?.areWhole ? takeWhole(answers.join) : takeChunks());
	await queue.done();
	return !signal.aborted;

	async function takeWhole(join: JoinChunks): Promise<void> {
		const told = new Set(knownIds);
		const collector = new AnswerCollector({ join, isTold: (messageId) => told.has(messageId) });
		const complete = left.flatMap((chunk) => collector.take(chunk));
		if (complete.length > 0) await queue.add({ messages: complete, receivedAt: clock.monotonic() });
		const { connection } = options;
		const collected = collectAnswers(batches, { collector, clock, signal, ...(connection ? { connection } : {}) });
		for await (const { complete: messages, open, receivedAt, onTaken } of collected) {
			const isSafe = open.length === 0 || (await chunks.add({ messages: open, receivedAt }));
			const isAdded = messages.length === 0 || (await queue.add({ messages, receivedAt }));
			if (isSafe && isAdded) onTaken?.();
		}
	}

	async function takeChunks(): Promise<void> {
		for (const batch of openChunks) await queue.add(batch);
		for await (const { messages: heard, receivedAt, onTaken } of batches) {
			const messages = heard.filter(({ isAnswerEnd }) => !isAnswerEnd);
			if (messages.length === 0 || (await queue.add({ messages, receivedAt }))) onTaken?.();
		}
	}
}

/** Chunks of answers that are not over, written down until their answer is recorded as emitted. */
class StagedChunks {
	/** By the id of a chunk: of its batch. */
	readonly #batches = new Map<string, string>();

	constructor(
		private readonly key: SessionKey,
		private readonly emitted: EmittedMessages,
	) {}

	/** @returns whether it is written down */
	async add(batch: ReceivedBatch): Promise<boolean> {
		const isWrittenDown = await this.emitted.chunksArrived(this.key, batch);
		// Also when that failed: the store may have done it all the same.
		this.#know({ ...batch, id: batchId(batch.messages) });
		return isWrittenDown;
	}

	/** @returns what was not told yet of what was written down before */
	async open(before: readonly StagedMessages[], toldIds: readonly string[]): Promise<StagedMessages[]> {
		const told = new Set(toldIds);
		const open: StagedMessages[] = [];
		for (const batch of before) {
			if (batch.messages.every(({ messageId }) => told.has(messageId))) {
				await this.emitted.chunksTold(this.key, batch.id);
			} else {
				this.#know(batch);
				open.push(batch);
			}
		}
		return open;
	}

	#know({ id, messages }: StagedMessages): void {
		for (const { messageId } of messages) this.#batches.set(messageId, id);
	}

	/** These messages are recorded as emitted. */
	async told(messages: readonly HeardMessage[]): Promise<void> {
		const done = new Set<string>();
		for (const { messageId, chunkIds = [messageId] } of messages) {
			for (const chunkId of chunkIds) {
				const batch = this.#batches.get(chunkId);
				this.#batches.delete(chunkId);
				if (batch !== undefined) done.add(batch);
			}
		}
		await Promise.all(Array.from(done, async (id) => await this.emitted.chunksTold(this.key, id)));
	}
}

/**
 * Never rejects.
 * @returns whether it was taken, as opposed to `signal` having ended this before
 */
async function handOverUntilTaken(options: FollowSessionOptions, batch: ReceivedBatch): Promise<boolean> {
	const { clock, random, signal, onBatch, onHandOverFailed, onHandOverRecovered } = options;
	for (let failures = 0; !signal.aborted; failures++) {
		try {
			await raceWithSignal(onBatch(batch), signal);
			if (failures > 0) onHandOverRecovered();
			return true;
		} catch (error) {
			// It was begun before the end of everything, and whoever took it goes on by itself.
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted meanwhile
			if (signal.aborted && error === signal.reason) return true;
			onHandOverFailed(error);
			await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
		}
	}
	return false;
}
