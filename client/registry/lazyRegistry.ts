import type { Clock } from '../time/clock';
import { RegistryGoneError, type SessionRegistry } from './sessionRegistry';

/** A registry that could not be opened is tried again after this time, in ms. */
const TRY_AGAIN_MS = 5_000;

/**
 * A registry that is opened at its first use, and anew when it is gone: what was asked of the one that is gone is then
 * asked once more of the new one. While it cannot be opened, every use fails with the reason.
 */
export function lazyRegistry(open: () => Promise<SessionRegistry>, clock: Clock): SessionRegistry {
	let opened: Promise<SessionRegistry> | undefined;
	let openedAt = 0;
	let hasFailed = false;
	const registry = (): Promise<SessionRegistry> => {
		const isStale = hasFailed && clock.monotonic() - openedAt >= TRY_AGAIN_MS;
		if (!opened || isStale) {
			openedAt = clock.monotonic();
			hasFailed = false;
			opened = open();
			opened.catch(() => (hasFailed = true));
		}
		return opened;
	};
	const use = async <T>(work: (registry: SessionRegistry) => Promise<T>, isRepeated = false): Promise<T> => {
		const current = registry();
		const used = await current;
		try {
			return await work(used);
		} catch (error) {
			if (!(error instanceof RegistryGoneError)) throw error;
			await used.close();
			// Unless somebody else noticed it before.
			if (opened === current) opened = undefined;
			if (isRepeated) throw error;
			return await use(work, true);
		}
	};
	return {
		record: async (...call) => await use((registry) => registry.record(...call)),
		confirm: async (...call) => await use((registry) => registry.confirm(...call)),
		forget: async (...call) => await use((registry) => registry.forget(...call)),
		claimStart: async (...call) => await use((registry) => registry.claimStart(...call)),
		settleStart: async (...call) => await use((registry) => registry.settleStart(...call)),
		releaseStart: async (...call) => await use((registry) => registry.releaseStart(...call)),
		openSessions: async (...call) => await use((registry) => registry.openSessions(...call)),
		contextOf: async (...call) => await use((registry) => registry.contextOf(...call)),
		markEnded: async (...call) => await use((registry) => registry.markEnded(...call)),
		markReset: async (...call) => await use((registry) => registry.markReset(...call)),
		claimExpired: async (...call) => await use((registry) => registry.claimExpired(...call)),
		releaseClaim: async (...call) => await use((registry) => registry.releaseClaim(...call)),
		deliveredIds: async (...call) => await use((registry) => registry.deliveredIds(...call)),
		recordDelivered: async (...call) => await use((registry) => registry.recordDelivered(...call)),
		stage: async (...call) => await use((registry) => registry.stage(...call)),
		stagedBatches: async (...call) => await use((registry) => registry.stagedBatches(...call)),
		prune: async (...call) => await use((registry) => registry.prune(...call)),
		close: async () => {
			if (opened && !hasFailed) await (await opened).close();
		},
	};
}
