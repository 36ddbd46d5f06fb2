import pLimit from 'p-limit';

import type { SessionKey } from '../registry/sessionRegistry';
import { backoffMs } from '../retry/backoff';
import { sleep, type Clock } from '../time/clock';
import { raceWithSignal } from '../time/race';
import type { EmittedMessages } from './emittedMessages';
import { HandOverQueue } from './handOverQueue';
import type { ReceivedBatch } from './subscription';

export interface FollowSessionOptions {
	key: SessionKey;
	emitted: EmittedMessages;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	signal: AbortSignal;
	/** Follows the session, without messages that have these ids. */
	stream: (knownIds: readonly string[]) => AsyncIterable<ReceivedBatch>;
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
	const queue = new HandOverQueue({ key, emitted, clock, random, signal, slot, handOver });
	const before = await emitted.before(key, signal);
	if (!before) return false;
	if (before.hasLeftOver) queue.addLeftOver();
	for await (const batch of stream(before.knownIds)) await queue.add(batch);
	await queue.done();
	return !signal.aborted;
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
			if (signal.aborted && error === signal.reason) return true;
			onHandOverFailed(error);
			await sleep(clock, backoffMs(failures, random()), signal).catch(() => {});
		}
	}
	return false;
}
