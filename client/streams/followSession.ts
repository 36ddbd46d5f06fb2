import type { SessionKey } from '../registry/sessionRegistry';
import { backoffMs } from '../call/backoff';
import { sleep, type Clock } from '../time/clock';
import { raceWithSignal } from '../time/race';
import { AnswerCollector, type JoinChunks } from './answerCollector';
import { AnswerStream, type Connection } from './answerStream';
import { batchId, type Outbox, type StagedMessages } from './outbox';
import { DeliveryQueue } from './deliveryQueue';
import type { HeardBatch, HeardMessage, ReceivedBatch } from './heardMessage';
import { inTurn } from './inTurn';

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
	/** Reads the session, without messages that have these ids, until it is over or is to be read no more. */
	read: (knownIds: readonly string[], onBatch: (batch: HeardBatch) => void) => Promise<void>;
	/** What becomes of streamed answers; missing: there are none. */
	answers?: AnswerOptions;
	/** The connection that messages come over. */
	connection?: Connection;
	/** Begins a delivery when there is room for it; missing: one after the other, in order. */
	slot?: (deliver: () => Promise<void>) => Promise<void>;
	/** Resolves when the batch is taken. */
	onBatch: (batch: ReceivedBatch) => Promise<void>;
	/** As of `FollowOptions`; by default not. */
	recognisesBatches?: boolean;
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
	const { key, outbox, signal, read, clock, random, slot = inTurn() } = options;
	const deliver = async (batch: ReceivedBatch, onTakenLate: () => void) =>
		await deliverUntilItWorks(options, batch, onTakenLate);
	const chunks = new StagedChunks(key, outbox);
	const onRecorded = async ({ messages }: ReceivedBatch) => await chunks.told(messages);
	const queue = new DeliveryQueue({ key, outbox, clock, random, signal, slot, deliver, onRecorded });
	const { answers } = options;
	const chunksBefore = answers ? await outbox.chunksBefore(key, signal) : [];
	const before = chunksBefore && (await outbox.before(key, signal));
	if (!before) return false;
	if (before.hasLeftOver) queue.addLeftOver(before.deliveredIds);
	const { knownIds } = before;
	const openChunks = await chunks.open(chunksBefore, knownIds);
	const left = openChunks.flatMap(({ messages }) => messages);
	const readIds = [...knownIds, ...left.map(({ messageId }) => messageId)];
	const inbox = new Inbox(signal);
	await (answers?.areWhole ? takeWhole(answers.join) : takeChunks());
	await inbox.done();
	await queue.done();
	return !signal.aborted;

	async function takeWhole(join: JoinChunks): Promise<void> {
		const told = new Set(knownIds);
		const collector = new AnswerCollector({ join, isTold: (messageId) => told.has(messageId) });
		const complete = left.flatMap((chunk) => collector.take(chunk));
		if (complete.length > 0) await queue.add({ messages: complete, receivedAt: clock.monotonic() });
		const { connection } = options;
		const answerStream = new AnswerStream({
			collector,
			clock,
			...(connection ? { connection } : {}),
			onCollected: ({ complete: messages, open, receivedAt, acknowledge, begun }) => {
				inbox.add(async () => {
					begun();
					const isSafe = open.length === 0 || (await chunks.add({ messages: open, receivedAt }));
					const isAdded = messages.length === 0 || (await queue.add({ messages, receivedAt }));
					if (isSafe && isAdded) acknowledge();
				});
			},
		});
		// Once the signal has aborted, what is missing of an answer may still come to whoever reads the session next.
		await read(readIds, (batch) => answerStream.take(batch)).finally(() => answerStream.end(!signal.aborted));
	}

	async function takeChunks(): Promise<void> {
		for (const batch of openChunks) await queue.add(batch);
		await read(readIds, ({ messages: heard, receivedAt, acknowledge, begun }) => {
			inbox.add(async () => {
				begun();
				const messages = heard.filter(({ isAnswerEnd }) => !isAnswerEnd);
				if (messages.length === 0 || (await queue.add({ messages, receivedAt }))) acknowledge();
			});
		});
	}
}

/** What has come and is to be staged: one after the other, in order, while more comes. */
class Inbox {
	#last = Promise.resolve();

	/** @param signal once it has aborted, what was not begun is left out */
	constructor(private readonly signal: AbortSignal) {}

	add(work: () => Promise<void>): void {
		this.#last = this.#last.then(async () => {
			if (!this.signal.aborted) await work();
		});
		// Whoever waits for all of it is told.
		this.#last.catch(() => {});
	}

	/** Resolves when all is done. @throws what one of them throws; nothing behind it is done */
	async done(): Promise<void> {
		await this.#last;
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
	async open(before: readonly StagedMessages[], toldIds: readonly string[]): Promise<StagedMessages[]> {
		const told = new Set(toldIds);
		const open: StagedMessages[] = [];
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

	#know({ id, messages }: StagedMessages): void {
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

/** Whoever takes batches has begun with one after so long at the latest, in ms; before, it may end without it. */
const BEGUN_AFTER_MS = 10_000;

/**
 * Never rejects.
 * @param onTakenLate told when it is taken after `signal` has ended this
 * @returns whether it was taken, as opposed to `signal` having ended this before
 */
async function deliverUntilItWorks(
	options: FollowSessionOptions,
	batch: ReceivedBatch,
	onTakenLate: () => void,
): Promise<boolean> {
	const { clock, random, signal, onBatch, recognisesBatches = false, onDeliveryFailed, onDeliveryRecovered } = options;
	for (let failures = 0; !signal.aborted; failures++) {
		const handedOverAt = clock.monotonic();
		const taken = onBatch(batch);
		try {
			await raceWithSignal(taken, signal);
			if (failures > 0) onDeliveryRecovered();
			return true;
		} catch (error) {
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have aborted meanwhile
			if (signal.aborted && error === signal.reason) {
				// Whoever has begun with it goes on by itself.
				if (!recognisesBatches || clock.monotonic() - handedOverAt > BEGUN_AFTER_MS) return true;
				taken.then(onTakenLate, () => {});
				return false;
			}
			onDeliveryFailed(error);
			await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
		}
	}
	return false;
}
