import type { Clock } from '../time/clock';
import type { SessionRegistry } from './sessionRegistry';

/** A registry that could not be opened is tried again after this time, in ms. */
const TRY_AGAIN_MS = 5_000;

/** A registry that is opened at its first use. While it cannot be opened, every use fails with the reason. */
export function lazyRegistry(open: () => Promise<SessionRegistry>, clock: Clock): SessionRegistry {
	let opened: Promise<SessionRegistry> | undefined;
	let openedAt = 0;
	let hasFailed = false;
	const registry = async (): Promise<SessionRegistry> => {
		const isStale = hasFailed && clock.monotonic() - openedAt >= TRY_AGAIN_MS;
		if (!opened || isStale) {
			openedAt = clock.monotonic();
			hasFailed = false;
			opened = open();
			opened.catch(() => (hasFailed = true));
		}
		return await opened;
	};
	return {
		record: async (...call) => await (await registry()).record(...call),
		confirm: async (...call) => await (await registry()).confirm(...call),
		forget: async (...call) => await (await registry()).forget(...call),
		openSessions: async (...call) => await (await registry()).openSessions(...call),
		markEnded: async (...call) => await (await registry()).markEnded(...call),
		markReset: async (...call) => await (await registry()).markReset(...call),
		claimExpired: async (...call) => await (await registry()).claimExpired(...call),
		releaseClaim: async (...call) => await (await registry()).releaseClaim(...call),
		emittedIds: async (...call) => await (await registry()).emittedIds(...call),
		recordEmitted: async (...call) => await (await registry()).recordEmitted(...call),
		stage: async (...call) => await (await registry()).stage(...call),
		stagedBatches: async (...call) => await (await registry()).stagedBatches(...call),
		prune: async (...call) => await (await registry()).prune(...call),
		close: async () => {
			if (opened && !hasFailed) await (await opened).close();
		},
	};
}
