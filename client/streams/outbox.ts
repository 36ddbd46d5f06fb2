import { createHash } from 'node:crypto';
import * as z from 'zod/v4';

import { CognigyError } from '../errors';
import { RegistryError, type SessionKey, type SessionRegistry } from '../registry/sessionRegistry';
import { parseJson } from '../registry/storedSession';
import { shortLine } from '../call/serviceText';
import { backoffMs } from '../call/backoff';
import { sleep, type Clock } from '../time/clock';
import { messageFields } from '../validation/messageFields';
import { idsOf, type HeardMessage, type ReceivedBatch } from './heardMessage';
import { WAITING_LIMIT } from './load';
import { REGISTRY, type FollowOptions } from './types';

export interface OutboxOptions {
	registry: SessionRegistry;
	/** Who emits; remembered apart from others. */
	consumer: string;
	/** What else is known to be delivered. */
	memory?: FollowOptions['memory'];
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	onTrouble: FollowOptions['onTrouble'];
	onRecovered: FollowOptions['onRecovered'];
	/** Told of batches that cannot be read. */
	onWarning?: NonNullable<FollowOptions['onWarning']>;
}

/** A batch that was staged. */
export interface StagedMessages extends ReceivedBatch {
	id: string;
}

const messageSchema: z.ZodType<HeardMessage> = z.object({
	...messageFields,
	chunk: z.object({ answerId: z.string(), text: z.string(), isLast: z.literal(true).optional() }).optional(),
	chunkIds: z.array(z.string()).optional(),
	isSilent: z.literal(true).optional(),
});

/** When it came is in ms since 1970: it means something after a restart as well. */
const payloadSchema = z.object({ receivedAt: z.number(), messages: z.array(messageSchema) });

/** What one consumer has delivered and what it is about to emit, durably (guarantee 3). */
export class Outbox {
	#isTroubled = false;

	constructor(private readonly options: OutboxOptions) {}

	/**
	 * What was delivered of a session or is staged to be, and whether there is anything of the latter. Without it
	 * messages would be delivered again, so this waits until the registry works.
	 * @returns nothing when `signal` aborts before
	 */
	async before(
		key: SessionKey,
		signal: AbortSignal,
	): Promise<{ knownIds: string[]; deliveredIds: string[]; hasLeftOver: boolean } | undefined> {
		const { registry, consumer, memory } = this.options;
		return await this.#untilItWorks(signal, async () => {
			// First what is staged: somebody who is just ending may record it in between, and it must be in one of both.
			const staged = await this.#stagedIds(key);
			// What is staged was not taken: the memory may be older, as whoever keeps it does so only now and then.
			const stagedIds = new Set([...staged.values()].flat());
			const remembered = (memory?.ids() ?? []).filter((id) => !stagedIds.has(id));
			const deliveredIds = [...remembered, ...(await registry.deliveredIds(key, consumer))];
			const leftOver = await this.#withoutEmitted(key, staged, new Set(deliveredIds));
			return { knownIds: [...deliveredIds, ...leftOver], deliveredIds, hasLeftOver: leftOver.length > 0 };
		});
	}

	/**
	 * Chunks that are staged, as `before`: of answers that were not over, and such as nobody could take away after
	 * their answer was delivered. To be asked for ahead of `before`: somebody who is just ending may make an answer of them.
	 */
	async chunksBefore(key: SessionKey, signal: AbortSignal): Promise<StagedMessages[] | undefined> {
		return await this.#untilItWorks(signal, async () => await this.#stagedChunks(key));
	}

	/** Stages a batch. When the registry does not work, a crash may lose it. @returns whether that worked */
	async stage(key: SessionKey, batch: ReceivedBatch): Promise<boolean> {
		return await this.#stage(key, this.options.consumer, batch);
	}

	async #stage(key: SessionKey, consumer: string, { messages, receivedAt }: ReceivedBatch): Promise<boolean> {
		const { registry, clock } = this.options;
		const age = clock.monotonic() - receivedAt;
		const payload = JSON.stringify({ receivedAt: Math.round(clock.wallTime() - age), messages });
		return await this.#attempt(() => registry.stage(key, consumer, { id: batchId(messages), payload }));
	}

	/** Stages chunks of an answer that is not over, as `arrived`. */
	async stageChunks(key: SessionKey, batch: ReceivedBatch): Promise<boolean> {
		return await this.#stage(key, this.#chunkConsumer, batch);
	}

	/** A batch of chunks is part of something that was delivered. When that cannot be staged, the next start sees to it. */
	async releaseChunks(key: SessionKey, id: string): Promise<void> {
		await this.#attempt(() => this.options.registry.recordDelivered(key, this.#chunkConsumer, [], id));
	}

	/**
	 * Batches that were staged and are not recorded as delivered, oldest first, as many as are good to have in memory.
	 * @param after only those that came after this one
	 * @param maxCharacters how much of that is to be read, but always one batch
	 * @returns nothing when the registry does not work
	 */
	async staged(
		key: SessionKey,
		after?: string,
		maxCharacters = WAITING_LIMIT.characters,
	): Promise<StagedMessages[] | undefined> {
		let batches: StagedMessages[] = [];
		const isRead = await this.#attempt(async () => {
			batches = await this.#stagedPage(key, after, this.options.consumer, maxCharacters);
		});
		return isRead ? batches : undefined;
	}

	/**
	 * Records messages as delivered.
	 * @param id the batch that was staged with them, and maybe with others that were delivered before
	 * @returns whether that worked
	 */
	async recordDelivered(key: SessionKey, messages: readonly HeardMessage[], id = batchId(messages)): Promise<boolean> {
		const { registry, consumer } = this.options;
		return await this.#attempt(() => registry.recordDelivered(key, consumer, idsOf(messages), id));
	}

	/** As `recordDelivered`, when all is over and nobody is to be told of trouble: then they may be delivered once more. */
	async recordLate(key: SessionKey, messages: readonly HeardMessage[], id: string): Promise<void> {
		const { registry, consumer } = this.options;
		await registry.recordDelivered(key, consumer, idsOf(messages), id).catch(() => {});
	}

	/**
	 * As `recordDelivered`, once it has failed: after a pause, until it works. When the registry does not work again before `signal`
	 * aborts, the messages may be delivered once more afterwards.
	 */
	async recordUntilItWorks(
		key: SessionKey,
		messages: readonly HeardMessage[],
		signal: AbortSignal,
		id = batchId(messages),
	): Promise<void> {
		const { clock, random } = this.options;
		for (let failures = 0; !signal.aborted; failures++) {
			await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
			if (await this.recordDelivered(key, messages, id)) return;
		}
	}

	/** Of the messages that are staged, by batch; of all of them together there may be too much for the memory. */
	async #stagedIds(key: SessionKey): Promise<Map<string, string[]>> {
		const ids = new Map<string, string[]>();
		let page = await this.#stagedPage(key);
		while (page.length > 0) {
			for (const { id, messages } of page) ids.set(id, idsOf(messages));
			page = await this.#stagedPage(key, page.at(-1)?.id);
		}
		return ids;
	}

	/**
	 * Who ends while the registry is slow may stage a batch after somebody else has delivered its messages, within another
	 * batch: nobody would ever be done with it.
	 * @returns ids of the messages of all other batches
	 */
	async #withoutEmitted(
		key: SessionKey,
		staged: ReadonlyMap<string, readonly string[]>,
		delivered: ReadonlySet<string>,
	): Promise<string[]> {
		const { registry, consumer } = this.options;
		const left: string[] = [];
		for (const [id, messageIds] of staged) {
			if (messageIds.every((messageId) => delivered.has(messageId)))
				await registry.recordDelivered(key, consumer, [], id);
			else for (const messageId of messageIds) left.push(messageId);
		}
		return left;
	}

	/** Where chunks wait for the rest of their answer: apart, as they are not to be delivered as they are. */
	get #chunkConsumer(): string {
		return `${this.options.consumer} chunks`;
	}

	/** All of them: of an answer there is no more than what is collected in memory. */
	async #stagedChunks(key: SessionKey): Promise<StagedMessages[]> {
		const all: StagedMessages[] = [];
		let page = await this.#stagedPage(key, undefined, this.#chunkConsumer);
		while (page.length > 0) {
			all.push(...page);
			page = await this.#stagedPage(key, page.at(-1)?.id, this.#chunkConsumer);
		}
		return all;
	}

	async #stagedPage(
		key: SessionKey,
		after?: string,
		consumer = this.options.consumer,
		maxCharacters = WAITING_LIMIT.characters,
	): Promise<StagedMessages[]> {
		const { registry, clock } = this.options;
		const page = { limit: WAITING_LIMIT.messages, maxCharacters, ...(after === undefined ? {} : { after }) };
		const batches = await registry.stagedBatches(key, consumer, page);
		const readable: StagedMessages[] = [];
		for (const { id, payload } of batches) {
			const read = payloadSchema.safeParse(parseJson(payload)).data;
			if (read) {
				const age = Math.max(0, clock.wallTime() - read.receivedAt);
				readable.push({ id, messages: read.messages, receivedAt: clock.monotonic() - age });
			} else {
				// Kept under another name first: it is not to be lost in between.
				await registry.stage(key, asideOf(consumer), { id, payload });
				await registry.recordDelivered(key, consumer, [], id);
			}
		}
		if (readable.length < batches.length) this.#warnOfSetAside(key, consumer);
		// Those that cannot be read are gone, so this comes to an end.
		return readable.length === 0 && batches.length > 0
			? await this.#stagedPage(key, after, consumer, maxCharacters)
			: readable;
	}

	#warnOfSetAside({ sessionId }: SessionKey, consumer: string): void {
		this.options.onWarning?.(
			`Messages of session "${shortLine(sessionId)}" that were waiting in the session registry cannot be read. They were set ` +
				`aside there, among the staged batches of "${shortLine(asideOf(consumer))}", until the session is deleted. The ` +
				'session goes on; Cognigy may hand them out once more.',
		);
	}

	async #untilItWorks<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
		const { clock, random } = this.options;
		for (let failures = 0; !signal.aborted; failures++) {
			try {
				const result = await work();
				this.#worked();
				return result;
			} catch (error) {
				this.#failed(error);
				await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
			}
		}
		return undefined;
	}

	/** @returns whether it worked */
	async #attempt(work: () => Promise<void>): Promise<boolean> {
		try {
			await work();
			this.#worked();
			return true;
		} catch (error) {
			this.#failed(error);
			return false;
		}
	}

	#failed(error: unknown): void {
		this.#isTroubled = true;
		this.options.onTrouble(registryTrouble(error), REGISTRY);
	}

	#worked(): void {
		if (!this.#isTroubled) return;
		this.#isTroubled = false;
		this.options.onRecovered(REGISTRY);
	}
}

/** Where batches of a consumer are kept that cannot be read: whoever looks for what went wrong finds them. */
function asideOf(consumer: string): string {
	return `${consumer} unreadable`;
}

/** The same for the same messages. */
export function batchId(messages: readonly HeardMessage[]): string {
	return createHash('sha256')
		.update(JSON.stringify(idsOf(messages)))
		.digest('hex')
		.slice(0, 32);
}

/** An error of the registry in the words of the client. */
export function registryTrouble(error: unknown): CognigyError {
	return new CognigyError({
		category: 'server',
		message:
			error instanceof RegistryError ? error.message : 'The session registry failed for a reason that is not known',
		advice: 'Look at the disk of n8n, or at Redis if State Store says so.',
		isTransient: true,
	});
}
