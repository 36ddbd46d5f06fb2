import { createHash } from 'node:crypto';
import { z } from 'zod/v4';

import { CognigyError } from '../errors';
import { RegistryError, type SessionKey, type SessionRegistry } from '../registry/sessionRegistry';
import { parseJson } from '../registry/storedSession';
import { shortLine } from '../rest/serviceText';
import { backoffMs } from '../retry/backoff';
import { sleep, type Clock } from '../time/clock';
import type { Message } from '../types';
import { jsonObjectSchema } from '../validation';
import { WAITING_LIMIT } from './load';
import type { ReceivedBatch } from './subscription';
import { REGISTRY, type FollowOptions } from './types';

export interface EmittedMessagesOptions {
	registry: SessionRegistry;
	/** Who emits; remembered apart from others. */
	consumer: string;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	onTrouble: FollowOptions['onTrouble'];
	onRecovered: FollowOptions['onRecovered'];
	/** Told of batches that cannot be read. */
	onWarning?: NonNullable<FollowOptions['onWarning']>;
}

/** A batch that was written down. */
export interface StagedMessages extends ReceivedBatch {
	id: string;
}

const messageSchema: z.ZodType<Message> = z.object({
	messageId: z.string(),
	text: z.string(),
	type: z.string(),
	timestamp: z.string(),
	data: jsonObjectSchema.optional(),
});

/** When it came is in ms since 1970: it means something after a restart as well. */
const payloadSchema = z.object({ receivedAt: z.number(), messages: z.array(messageSchema) });

/** What one consumer has emitted and what it is about to emit, durably (guarantee 3). */
export class EmittedMessages {
	#isTroubled = false;

	constructor(private readonly options: EmittedMessagesOptions) {}

	/**
	 * What was emitted of a session or is written down to be, and whether there is anything of the latter. Without it
	 * messages would be emitted again, so this waits until the registry works.
	 * @returns nothing when `signal` aborts before
	 */
	async before(
		key: SessionKey,
		signal: AbortSignal,
	): Promise<{ knownIds: string[]; hasLeftOver: boolean } | undefined> {
		const { registry, consumer, clock, random } = this.options;
		for (let failures = 0; !signal.aborted; failures++) {
			try {
				// First what is staged: somebody who is just ending may record it in between, and it must be in one of both.
				const staged = await this.#stagedIds(key);
				const emittedIds = await registry.emittedIds(key, consumer);
				const leftOver = await this.#withoutEmitted(key, staged, new Set(emittedIds));
				this.#worked();
				return { knownIds: [...emittedIds, ...leftOver], hasLeftOver: leftOver.length > 0 };
			} catch (error) {
				this.#failed(error);
				await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
			}
		}
		return undefined;
	}

	/** Writes a batch down. When the registry does not work, a crash may lose it. @returns whether that worked */
	async arrived(key: SessionKey, { messages, receivedAt }: ReceivedBatch): Promise<boolean> {
		const { registry, consumer, clock } = this.options;
		const age = clock.monotonic() - receivedAt;
		const payload = JSON.stringify({ receivedAt: Math.round(clock.wallTime() - age), messages });
		return await this.#attempt(() => registry.stage(key, consumer, { id: batchId(messages), payload }));
	}

	/**
	 * Batches that were written down and are not recorded as emitted, oldest first, as many as are good to have in memory.
	 * @param after only those that came after this one
	 * @returns nothing when the registry does not work
	 */
	async staged(key: SessionKey, after?: string): Promise<StagedMessages[] | undefined> {
		let batches: StagedMessages[] = [];
		const isRead = await this.#attempt(async () => {
			batches = await this.#stagedPage(key, after);
		});
		return isRead ? batches : undefined;
	}

	/** Records a batch as emitted. @returns whether that worked */
	async taken(key: SessionKey, messages: readonly Message[]): Promise<boolean> {
		const { registry, consumer } = this.options;
		return await this.#attempt(() => registry.recordEmitted(key, consumer, idsOf(messages), batchId(messages)));
	}

	/**
	 * As `taken`, once it has failed: after a pause, until it works. When the registry does not work again before `signal`
	 * aborts, the messages may be emitted once more afterwards.
	 */
	async takenUntilRecorded(key: SessionKey, messages: readonly Message[], signal: AbortSignal): Promise<void> {
		const { clock, random } = this.options;
		for (let failures = 0; !signal.aborted; failures++) {
			await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
			if (await this.taken(key, messages)) return;
		}
	}

	/** Of the messages that are written down, by batch; of all of them together there may be too much for the memory. */
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
	 * Who ends while the registry is slow may stage a batch after somebody else has emitted its messages, within another
	 * batch: nobody would ever be done with it.
	 * @returns ids of the messages of all other batches
	 */
	async #withoutEmitted(
		key: SessionKey,
		staged: ReadonlyMap<string, readonly string[]>,
		emitted: ReadonlySet<string>,
	): Promise<string[]> {
		const { registry, consumer } = this.options;
		const left: string[] = [];
		for (const [id, messageIds] of staged) {
			if (messageIds.every((messageId) => emitted.has(messageId))) await registry.recordEmitted(key, consumer, [], id);
			else for (const messageId of messageIds) left.push(messageId);
		}
		return left;
	}

	async #stagedPage(key: SessionKey, after?: string): Promise<StagedMessages[]> {
		const { registry, consumer, clock } = this.options;
		const { messages: limit, characters: maxCharacters } = WAITING_LIMIT;
		const page = { limit, maxCharacters, ...(after === undefined ? {} : { after }) };
		const batches = await registry.stagedBatches(key, consumer, page);
		const readable: StagedMessages[] = [];
		for (const { id, payload } of batches) {
			const read = payloadSchema.safeParse(parseJson(payload)).data;
			if (read) {
				const age = Math.max(0, clock.wallTime() - read.receivedAt);
				readable.push({ id, messages: read.messages, receivedAt: clock.monotonic() - age });
			} else {
				await registry.recordEmitted(key, consumer, [], id);
			}
		}
		if (readable.length < batches.length) this.#warnOfLeftOut(key);
		// Those that cannot be read are gone, so this comes to an end.
		return readable.length === 0 && batches.length > 0 ? await this.#stagedPage(key, after) : readable;
	}

	#warnOfLeftOut({ sessionId }: SessionKey): void {
		this.options.onWarning?.(
			`Messages of session "${shortLine(sessionId)}" that were waiting in the session registry cannot be read and were left ` +
				'out; the session goes on. Cognigy may hand them out once more.',
		);
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

/** The same for the same messages. */
export function batchId(messages: readonly Message[]): string {
	return createHash('sha256')
		.update(JSON.stringify(idsOf(messages)))
		.digest('hex')
		.slice(0, 32);
}

function idsOf(messages: readonly Message[]): string[] {
	return messages.map(({ messageId }) => messageId);
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
