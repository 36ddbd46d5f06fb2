import pLimit from 'p-limit';

import type { SessionKey } from '../registry/sessionRegistry';
import { backoffMs } from '../call/backoff';
import { sleep, type Clock } from '../time/clock';
import { raceWithSignal } from '../time/race';
import { AnswerCollector, type JoinChunks } from './answerCollector';
import { collectAnswers, type Connection } from './answerStream';
import { batchId, type Outbox, type StagedBatchOfMessages } from './outbox';
import { DeliveryQueue } from './deliveryQueue';
import type { HeardMessage } from './heardMessage';
import type { ReceivedBatch } from './subscription';

export interface AnswerOptions {
	/** How chunks are put together. */
	join: JoinChunks;
	/** Whether answers are delivered whole, as opposed to their chunks as they come. */
	areWhole: boolean;
}

export interface FollowSessionOptions {
	key: SessionKey;
	outbox: Outbox;
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
	/** Begins a delivery when there is room for it; missing: one after the other, in order. */
	slot?: (deliver: () => Promise<void>) => Promise<void>;
	/** Resolves when the batch is taken. */
	onBatch: (batch: ReceivedBatch) => Promise<void>;
	onDeliveryFailed: (error: unknown) => void;
	onDeliveryRecovered: () => void;
}

/**
 * Follows one session to its end and delivers its messages (guarantee 3). They are staged as they arrive and
 * recorded as delivered when they were taken: after a crash in between, the same batch is delivered again.
 * Never rejects.
 * @returns whether the session is over, as opposed to `signal` having ended this
 */
export async function followSession(options: FollowSessionOptions): Promise<boolean> {
	const { key, outbox, signal, stream, clock, random, slot = pLimit(1) } = options;
	const deliver = async (batch: ReceivedBatch) => await deliverUntilItWorks(options, batch);
	const chunks = new StagedChunks(key, outbox);
	const onRecorded = async ({ messages }: ReceivedBatch) => await chunks.told(messages);
	const queue = new DeliveryQueue({ key, outbox, clock, random, signal, slot, deliver, onRecorded });
	const { answers } = options;
	const chunksBefore = answers ? await outbox.chunksBefore(key, signal) : [];
	const before = chunksBefore && (await outbox.before(key, signal));
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
		for await (const { complete: messages, open, receivedAt, acknowledge } of collected) {
			const isSafe = open.length === 0 || (await chunks.add({ messages: open, receivedAt }));
			const isAdded = messages.length === 0 || (await queue.add({ messages, receivedAt }));
			if (isSafe && isAdded) acknowledge?.();
		}
	}

	async function takeChunks(): Promise<void> {
		for (const batch of openChunks) await queue.add(batch);
		for await (const { messages: heard, receivedAt, acknowledge } of batches) {
			const messages = heard.filter(({ isAnswerEnd }) => !isAnswerEnd);
			if (messages.length === 0 || (await queue.add({ messages, receivedAt }))) acknowledge?.();
		}
	}
}

/** Chunks of answers that are not over, staged until their answer is recorded as delivered. */
class StagedChunks {
	/** By the id of a chunk: of its batch. */
	readonly #batches = new Map<string, string>();

	constructor(
		private readonly key: SessionKey,
		private readonly outbox: Outbox,
	) {}

	/** @returns whether it is staged */
	async add(batch: ReceivedBatch): Promise<boolean> {
		const isStaged = await this.outbox.stageChunks(this.key, batch);
		// Also when that failed: the store may have done it all the same.
		this.#know({ ...batch, id: batchId(batch.messages) });
		return isStaged;
	}

	/** @returns what was not told yet of what was staged before */
	async open(before: readonly StagedBatchOfMessages[], toldIds: readonly string[]): Promise<StagedBatchOfMessages[]> {
		const told = new Set(toldIds);
		const open: StagedBatchOfMessages[] = [];
		for (const batch of before) {
			if (batch.messages.every(({ messageId }) => told.has(messageId))) {
				await this.outbox.releaseChunks(this.key, batch.id);
			} else {
				this.#know(batch);
				open.push(batch);
			}
		}
		return open;
	}

	#know({ id, messages }: StagedBatchOfMessages): void {
		for (const { messageId } of messages) this.#batches.set(messageId, id);
	}

	/** These messages are recorded as delivered. */
	async told(messages: readonly HeardMessage[]): Promise<void> {
		const done = new Set<string>();
		for (const { messageId, chunkIds = [messageId] } of messages) {
			for (const chunkId of chunkIds) {
				const batch = this.#batches.get(chunkId);
				this.#batches.delete(chunkId);
				if (batch !== undefined) done.add(batch);
			}
		}
		await Promise.all(Array.from(done, async (id) => await this.outbox.releaseChunks(this.key, id)));
	}
}

/**
 * Never rejects.
 * @returns whether it was taken, as opposed to `signal` having ended this before
 */
async function deliverUntilItWorks(options: FollowSessionOptions, batch: ReceivedBatch): Promise<boolean> {
	const { clock, random, signal, onBatch, onDeliveryFailed, onDeliveryRecovered } = options;
	for (let failures = 0; !signal.aborted; failures++) {
		try {
			await raceWithSignal(onBatch(batch), signal);
			if (failures > 0) onDeliveryRecovered();
			return true;
		} catch (error) {
			// It was begun before the end of everything, and whoever took it goes on by itself.
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted meanwhile
			if (signal.aborted && error === signal.reason) return true;
			onDeliveryFailed(error);
			await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
		}
	}
	return false;
}
