import type { Clock } from '../time/clock';
import { MemoryStore, type MemoryLimits } from './memory/store';
import { RegistryError, type OnRegistryWarning, type SessionRegistry } from './sessionRegistry';

export type { MemoryStore } from './memory/store';

const LIMITS: MemoryLimits = { sessions: 100_000, characters: 64_000_000 };

/**
 * Makes a store of sessions in the memory of this process: nobody else knows it, and it ends with the process.
 *
 * It holds 100,000 sessions and 64 million characters at most: contexts, staged payloads, outcomes and ids, of each
 * entry 50 more for itself. When it is full, room is made in this order: starts whose time is over;
 * contexts, the oldest first (`contextOf` then says so); sessions with what was delivered of them, those first that
 * expired longest ago, unless something of them still waits to be delivered (`onWarning` is told). Sessions that
 * have not expired, staged batches and claimed starts never make room: what does not fit beside them is refused with a
 * `RegistryError`. That is so for sessions, claims, outcomes, batches and what was delivered; only a context is left out
 * alone, and its session recorded nevertheless.
 *
 * What `prune` would delete a week after it expired goes by itself as well, while the store is written to.
 * @param onWarning told at most once an hour
 */
export function makeMemoryStore({
	clock,
	onWarning,
	limits = LIMITS,
}: {
	clock: Pick<Clock, 'wallTime'>;
	onWarning?: OnRegistryWarning;
	limits?: MemoryLimits;
}): MemoryStore {
	return new MemoryStore({ clock, onWarning, limits });
}

/**
 * A registry on a store, which others may use at the same time. Whoever closes it closes it for itself only; after that, it
 * throws `RegistryError`. What it is given and what it gives are copies.
 */
export function openMemoryRegistry(store: MemoryStore): SessionRegistry {
	let isClosed = false;
	const { sessions, starts, deliveries } = store;
	// Within one turn: nothing comes between the parts of a step.
	const use = async <T>(work: () => T): Promise<T> => {
		if (isClosed) throw new RegistryError('The session registry in memory is closed.');
		return work();
	};
	return {
		record: async (...call) => await use(() => store.record(...call)),
		claimStart: async (...call) => await use(() => store.claimStart(...call)),
		settleStart: async (...call) => await use(() => store.settleStart(...call)),
		releaseStart: async (...call) => await use(() => starts.release(...call)),
		confirm: async (...call) => await use(() => sessions.confirm(...call)),
		forget: async (...call) => await use(() => sessions.forget(...call)),
		openSessions: async (...call) => await use(() => sessions.open(...call)),
		markEnded: async (session) => await use(() => sessions.markEnded(session)),
		markReset: async (key) => await use(() => sessions.markReset(key)),
		contextOf: async (...call) => await use(() => sessions.contextOf(...call)),
		claimExpired: async (...call) => await use(() => sessions.claimExpired(...call)),
		releaseClaim: async (...call) => await use(() => sessions.releaseClaim(...call)),
		deliveredIds: async (...call) => await use(() => deliveries.deliveredIds(...call)),
		recordDelivered: async (...call) => await use(() => store.recordDelivered(...call)),
		stage: async (...call) => await use(() => store.stage(...call)),
		stagedBatches: async (...call) => await use(() => deliveries.stagedBatches(...call)),
		prune: async (...call) => await use(() => store.prune(...call)),
		close: async () => {
			isClosed = true;
		},
	};
}
