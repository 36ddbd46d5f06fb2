import type { SessionKey } from '../registry/sessionRegistry';
import { backoffMs } from '../call/backoff';
import { sleep, type Clock } from '../time/clock';
import { batchId, type Outbox } from './outbox';
import { idsOf, type HeardMessage, type ReceivedBatch } from './heardMessage';
import { inTurn } from './inTurn';
import { Load, WAITING_LIMIT, waitingRoom } from './load';

/** So many messages are remembered whose delivery was begun. */
const MAX_BEGUN = 2_000;

export interface DeliveryQueueOptions {
	key: SessionKey;
	outbox: Outbox;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	signal: AbortSignal;
	/** Begins a delivery when there is room for it. */
	slot: (deliver: () => Promise<void>) => Promise<void>;
	/**
	 * Never rejects.
	 * @param onTakenLate told when the batch is taken after `signal` has ended this
	 * @returns whether the batch was taken, as opposed to `signal` having ended this before
	 */
	deliver: (batch: ReceivedBatch, onTakenLate: () => void) => Promise<boolean>;
	/** Told when a batch is recorded as delivered. */
	onRecorded?: (batch: ReceivedBatch) => Promise<void>;
}

/**
 * What is to be delivered of one session, in order: staged in the registry, and in memory as long as there is
 * little of it. What is too much is left in the registry and read back later, so nothing is lost (guarantee 3).
 */
export class DeliveryQueue {
	readonly #options: DeliveryQueueOptions;
	/** Batches in memory, until they are recorded as delivered; by their ids. */
	readonly #inMemory = new Set<string>();
	/** Ids of messages that were delivered before all this. */
	#deliveredBefore: ReadonlySet<string> = new Set();
	/** Ids of messages of which that was begun, the latest ones. */
	readonly #begun = new Set<string>();
	/** What waits: for its turn, or, once it was taken, to be recorded. */
	readonly #waiting = new Load(WAITING_LIMIT, waitingRoom);
	/** Staging and reading back by turns, so that each knows what the other did. */
	readonly #turn = inTurn();
	readonly #underWay = new Set<Promise<void>>();
	/** Whether there is more in the registry than in memory. Whatever arrives then has to go there too, behind it. */
	#isBehind = false;
	#isReadingBack = false;
	/** Batches that wait, are under way, or were taken and are to be recorded. */
	#pending = 0;
	/** Whether there may be more room since that began. */
	#isToReadAgain = false;

	constructor(options: DeliveryQueueOptions) {
		this.#options = options;
	}

	/** Takes a batch that has just arrived. Resolves when the next one may come. @returns whether it is staged */
	async add(batch: ReceivedBatch): Promise<boolean> {
		const { clock, random, signal } = this.#options;
		const id = batchId(batch.messages);
		this.#inMemory.add(id);
		for (let failures = 0; ; failures++) {
			const added = await this.#turn(async () => await this.#tryAdd(id, batch));
			if (added) return added.isStaged;
			if (signal.aborted) return false;
			await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
		}
	}

	/**
	 * There may be something in the registry from before.
	 * @param deliveredIds of messages that are not to be delivered again, whatever batch they are in
	 */
	addLeftOver(deliveredIds: readonly string[]): void {
		this.#deliveredBefore = new Set(deliveredIds);
		this.#isBehind = true;
		this.#readBack();
	}

	/** Resolves when everything was delivered and recorded, or the signal has aborted. */
	async done(): Promise<void> {
		while (this.#underWay.size > 0) await Promise.all(this.#underWay);
	}

	/** @returns nothing when it could not be staged, and there is no room for it in memory */
	async #tryAdd(id: string, batch: ReceivedBatch): Promise<{ isStaged: boolean } | undefined> {
		const isStaged = await this.#options.outbox.stage(this.#options.key, batch);
		if (!this.#isBehind && this.#hasRoomFor(batch.messages)) {
			this.#begin(id, batch);
			return { isStaged };
		}
		if (!isStaged) return undefined;
		this.#isBehind = true;
		this.#inMemory.delete(id);
		return { isStaged };
	}

	#begin(id: string, batch: ReceivedBatch): void {
		this.#inMemory.add(id);
		// The only one of its session need not wait.
		const unload = this.#pending === 0 ? () => {} : this.#waiting.add(batch.messages);
		this.#pending++;
		this.#remember(batch.messages);
		const deliver = async () => {
			unload();
			this.#readBack();
			const { key, outbox } = this.#options;
			const onTakenLate = () => void outbox.recordLate(key, batch.messages, id);
			if (await this.#options.deliver(batch, onTakenLate)) await this.#delivered(id, batch);
		};
		this.#track(this.#options.slot(deliver));
	}

	async #delivered(id: string, batch: ReceivedBatch): Promise<void> {
		const { key, outbox, signal, onRecorded } = this.#options;
		const { messages } = batch;
		const forget = () => {
			this.#inMemory.delete(id);
			this.#pending--;
			this.#readBack();
		};
		if (await outbox.recordDelivered(key, messages, id)) {
			forget();
			return await onRecorded?.(batch);
		}
		// The next batch need not wait for a registry that does not work, but the end of all this does.
		const unload = this.#waiting.add(messages);
		const recorded = outbox.recordUntilItWorks(key, messages, signal, id).then(() => {
			unload();
			forget();
		});
		this.#track(recorded);
	}

	/** Once there is room. */
	#readBack(): void {
		this.#isToReadAgain = true;
		if (!this.#isBehind || this.#isReadingBack || !this.#waiting.isLow || this.#options.signal.aborted) return;
		this.#isReadingBack = true;
		this.#isToReadAgain = false;
		const readBack = this.#readUntilItWorks().finally(() => {
			this.#isReadingBack = false;
			if (this.#isToReadAgain) this.#readBack();
		});
		this.#track(readBack);
	}

	async #readUntilItWorks(): Promise<void> {
		const { clock, random, signal } = this.#options;
		for (let failures = 0; !signal.aborted; failures++) {
			if (await this.#turn(async () => await this.#read())) return;
			await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
		}
	}

	/** Begins what is in the registry, oldest first, as far as there is room. @returns whether the registry works */
	async #read(): Promise<boolean> {
		const { key, outbox, signal } = this.#options;
		// What is recorded while this reads may still be among what it reads.
		const known = new Set(this.#inMemory);
		let after: string | undefined;
		while (!signal.aborted) {
			const staged = await outbox.staged(key, after, Math.floor(this.#waiting.left));
			if (!staged) return false;
			for (const { id, ...batch } of staged) {
				if (known.has(id)) continue;
				// Somebody who is just ending may stage late what has come here within another batch.
				const messages = batch.messages.filter((message) => !this.#wasBegun(message));
				if (messages.length === 0) continue;
				if (!this.#hasRoomFor(messages)) return true;
				known.add(id);
				this.#begin(id, { ...batch, messages });
			}
			after = staged.at(-1)?.id;
			if (after === undefined) {
				this.#isBehind = false;
				return true;
			}
		}
		return true;
	}

	/** Something of each session is always on its way, however little room others leave. */
	#hasRoomFor(messages: readonly HeardMessage[]): boolean {
		return this.#pending === 0 || this.#waiting.hasRoomFor(messages);
	}

	#remember(messages: readonly HeardMessage[]): void {
		for (const id of idsOf(messages)) this.#begun.add(id);
		for (const id of this.#begun) {
			if (this.#begun.size <= MAX_BEGUN) return;
			this.#begun.delete(id);
		}
	}

	#wasBegun(message: HeardMessage): boolean {
		return idsOf([message]).every((id) => this.#begun.has(id) || this.#deliveredBefore.has(id));
	}

	#track(work: Promise<void>): void {
		this.#underWay.add(work);
		void work.then(() => this.#underWay.delete(work));
	}
}
