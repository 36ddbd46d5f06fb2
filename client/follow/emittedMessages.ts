import { createHash } from 'node:crypto';
import { z } from 'zod/v4';

import { CognigyError } from '../errors';
import { RegistryError, type SessionKey, type SessionRegistry } from '../registry/sessionRegistry';
import { backoffMs } from '../retry/backoff';
import { sleep, type Clock } from '../time/clock';
import type { Message } from '../types';
import { jsonObjectSchema } from '../validation';
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
}

const payloadSchema: z.ZodType<Message[]> = z.array(
	z.object({
		messageId: z.string(),
		text: z.string(),
		type: z.string(),
		timestamp: z.string(),
		data: jsonObjectSchema.optional(),
	}),
);

/** What one consumer has emitted and what it is about to emit, durably (guarantee 3). */
export class EmittedMessages {
	#isTroubled = false;

	constructor(private readonly options: EmittedMessagesOptions) {}

	/**
	 * What was emitted of a session, and the batches that arrived before a crash and were not taken, oldest first. Without
	 * it messages would be emitted again, so this waits until the registry works.
	 * @returns nothing when `signal` aborts before
	 */
	async before(
		key: SessionKey,
		signal: AbortSignal,
	): Promise<{ knownIds: string[]; leftOver: Message[][] } | undefined> {
		const { registry, consumer, clock, random } = this.options;
		for (let failures = 0; !signal.aborted; failures++) {
			try {
				const knownIds = await registry.emittedIds(key, consumer);
				const batches = await registry.stagedBatches(key, consumer);
				this.#worked();
				return { knownIds, leftOver: batches.map(({ payload }) => payloadSchema.parse(JSON.parse(payload))) };
			} catch (error) {
				this.#failed(error);
				await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
			}
		}
		return undefined;
	}

	/** Writes a batch down. When the registry does not work, a crash may lose it. */
	async arrived(key: SessionKey, messages: readonly Message[]): Promise<void> {
		const { registry, consumer } = this.options;
		const payload = JSON.stringify(messages);
		await this.#attempt(() => registry.stage(key, consumer, { id: batchId(messages), payload }));
	}

	/** Records a batch as emitted. @returns whether that worked */
	async taken(key: SessionKey, messages: readonly Message[]): Promise<boolean> {
		const { registry, consumer } = this.options;
		const ids = messages.map(({ messageId }) => messageId);
		return await this.#attempt(() => registry.recordEmitted(key, consumer, ids, batchId(messages)));
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

	/** @returns whether it worked */
	async #attempt(write: () => Promise<void>): Promise<boolean> {
		try {
			await write();
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
	const ids = messages.map(({ messageId }) => messageId);
	return createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 32);
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
