import type { SessionKey, StagedBatch, StagedPage } from '../sessionRegistry';
import { weightOf, type Usage } from './usage';

interface Consumer {
	/** Ids of messages. */
	readonly delivered: Set<string>;
	/** Payloads by the ids of their batches, in the order of staging. */
	readonly staged: Map<string, string>;
	/** When something last changed, in ms since 1970. */
	activeAt: number;
}

interface Session {
	readonly key: SessionKey;
	readonly consumers: Map<string, Consumer>;
}

/** What was delivered of the sessions of a store and what is about to be. The sessions need not be recorded. */
export class Deliveries {
	readonly #sessions = new Map<string, Session>();

	constructor(private readonly usage: Usage) {}

	deliveredIds(key: SessionKey, consumer: string): string[] {
		return [...(this.#find(key, consumer)?.delivered ?? [])];
	}

	/** How much more is kept once this is recorded, in characters, at most. */
	growthOfDelivered(key: SessionKey, consumer: string, messageIds: readonly string[], batchId?: string): number {
		const known = this.#find(key, consumer);
		const added = messageIds.filter((id) => !known?.delivered.has(id));
		if (added.length === 0) return 0;
		const done = batchId === undefined ? undefined : known?.staged.get(batchId);
		const freed = batchId === undefined || done === undefined ? 0 : weightOf(batchId, done);
		const ids = added.reduce((sum, id) => sum + weightOf(id), 0);
		return ids - freed + (known ? 0 : weightOfConsumer(key, consumer));
	}

	/** @param now in ms since 1970 */
	recordDelivered(
		key: SessionKey,
		consumer: string,
		messageIds: readonly string[],
		batchId: string | undefined,
		now: number,
	): void {
		const { delivered, staged } = this.#touch(key, consumer, now);
		for (const id of messageIds) {
			if (!delivered.has(id)) this.usage.characters += weightOf(id);
			delivered.add(id);
		}
		const done = batchId === undefined ? undefined : staged.get(batchId);
		if (batchId !== undefined && done !== undefined) {
			staged.delete(batchId);
			this.usage.characters -= weightOf(batchId, done);
		}
		// Many do no more than stage and take away again.
		if (delivered.size === 0 && staged.size === 0) this.#delete(key, consumer);
	}

	/** How much more is kept once this is staged, in characters. */
	growthOfStaged(key: SessionKey, consumer: string, { id, payload }: StagedBatch): number {
		const known = this.#find(key, consumer);
		if (known?.staged.has(id)) return 0;
		return weightOf(id, payload) + (known ? 0 : weightOfConsumer(key, consumer));
	}

	/** @param now in ms since 1970 */
	stage(key: SessionKey, consumer: string, { id, payload }: StagedBatch, now: number): void {
		const { staged } = this.#touch(key, consumer, now);
		if (staged.has(id)) return;
		staged.set(id, payload);
		this.usage.characters += weightOf(id, payload);
	}

	stagedBatches(key: SessionKey, consumer: string, page: StagedPage = {}): StagedBatch[] {
		const { after, limit = Infinity, maxCharacters = Infinity } = page;
		const staged = this.#find(key, consumer)?.staged ?? new Map<string, string>();
		const batches: StagedBatch[] = [];
		let isReached = after === undefined || !staged.has(after);
		let characters = 0;
		for (const [id, payload] of staged) {
			if (!isReached) {
				isReached = id === after;
				continue;
			}
			characters += payload.length;
			if (batches.length >= limit || (batches.length > 0 && characters > maxCharacters)) break;
			batches.push({ id, payload });
		}
		return batches;
	}

	/** Whether something of a session waits to be delivered. */
	hasStaged(key: SessionKey): boolean {
		const consumers = this.#sessions.get(nameOf(key))?.consumers.values() ?? [];
		return [...consumers].some(({ staged }) => staged.size > 0);
	}

	/** Nothing is left of a session. */
	forget(key: SessionKey): void {
		for (const consumer of this.#sessions.get(nameOf(key))?.consumers.keys() ?? []) this.#delete(key, consumer);
	}

	/**
	 * Deletes what nobody has changed since `before` (ms since 1970).
	 * @param isRecorded sessions of which that stays, as it is known when they expire
	 */
	pruneIdle(before: number, isRecorded: (key: SessionKey) => boolean): void {
		for (const { key, consumers } of this.#sessions.values()) {
			if (isRecorded(key)) continue;
			for (const [consumer, { activeAt }] of consumers) if (activeAt < before) this.#delete(key, consumer);
		}
	}

	#find(key: SessionKey, consumer: string): Consumer | undefined {
		return this.#sessions.get(nameOf(key))?.consumers.get(consumer);
	}

	#touch(key: SessionKey, name: string, now: number): Consumer {
		const { account, sessionId } = key;
		const session = this.#sessions.get(nameOf(key)) ?? { key: { account, sessionId }, consumers: new Map() };
		this.#sessions.set(nameOf(key), session);
		const known = session.consumers.get(name);
		if (known) known.activeAt = now;
		else this.usage.characters += weightOfConsumer(key, name);
		const consumer = known ?? { delivered: new Set(), staged: new Map(), activeAt: now };
		session.consumers.set(name, consumer);
		return consumer;
	}

	#delete(key: SessionKey, name: string): void {
		const session = this.#sessions.get(nameOf(key));
		const consumer = session?.consumers.get(name);
		if (!session || !consumer) return;
		this.usage.characters -= weightOfConsumer(key, name);
		for (const id of consumer.delivered) this.usage.characters -= weightOf(id);
		for (const [id, payload] of consumer.staged) this.usage.characters -= weightOf(id, payload);
		session.consumers.delete(name);
		if (session.consumers.size === 0) this.#sessions.delete(nameOf(key));
	}
}

function weightOfConsumer({ account, sessionId }: SessionKey, consumer: string): number {
	return weightOf(account, sessionId, consumer);
}

function nameOf({ account, sessionId }: SessionKey): string {
	return JSON.stringify([account, sessionId]);
}
