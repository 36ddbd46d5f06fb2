import { pause, type Clock } from '../../time/clock';
import type { FeedChanges, SessionFeed } from './sessionFeed';

/** How often it is asked what changed, in ms: while somebody here waits for what another process hears, and else. */
const WAITING_MS = 100;
const HOLDING_MS = 1_000;

/** Somebody who shares a session with other processes. */
export interface Watcher {
	/** The process that holds the session, if it is another one. */
	readonly awaited: string | undefined;
	/** Number of the newest change that it knows. */
	readonly seen: number;
	/** Something may have changed. */
	wake(): void;
}

/**
 * Tells those who share sessions when another process wrote something, or is gone: with one question for all of them, and
 * that this process is there. Asks again and again, as a question that waits for its answer would need a connection of its
 * own, and such connections are what balancers and managed services cut.
 */
export class FeedWatch {
	readonly #watchers = new Map<string, Set<Watcher>>();
	#isWatching = false;
	#wake = new AbortController();
	#since = -1;
	#isTroubled = false;

	constructor(
		private readonly feed: Pick<SessionFeed, 'changes'>,
		private readonly clock: Clock,
	) {}

	/** @param name of the session. @returns ends it */
	add(name: string, watcher: Watcher): () => void {
		const others = this.#watchers.get(name) ?? new Set();
		this.#watchers.set(name, others.add(watcher));
		if (!this.#isWatching) void this.#watch();
		return () => {
			others.delete(watcher);
			if (others.size === 0) this.#watchers.delete(name);
			if (this.#watchers.size === 0) this.#wake.abort();
		};
	}

	/** Somebody waits for what another process hears, from now on. */
	hurry(): void {
		this.#wake.abort();
	}

	async #watch(): Promise<void> {
		this.#isWatching = true;
		this.#since = -1;
		while (this.#watchers.size > 0) {
			this.#wake = new AbortController();
			await pause(this.clock, this.#pauseMs, this.#wake.signal);
			if (this.#watchers.size > 0) await this.#look();
		}
		this.#isWatching = false;
	}

	async #look(): Promise<void> {
		try {
			const changes = await this.feed.changes(this.#since);
			this.#isTroubled = false;
			this.#since = changes.number;
			this.#tell(changes);
		} catch {
			// They find out for themselves what is wrong, and how to go on.
			if (!this.#isTroubled) for (const watcher of this.#all) watcher.wake();
			this.#isTroubled = true;
		}
	}

	#tell({ changed, alive }: FeedChanges): void {
		for (const [name, watchers] of this.#watchers) {
			const number = changed === 'all' ? Infinity : (changed.get(name) ?? -Infinity);
			for (const watcher of watchers) {
				const { awaited, seen } = watcher;
				if (number > seen || (awaited !== undefined && !alive.has(awaited))) watcher.wake();
			}
		}
	}

	get #pauseMs(): number {
		return this.#all.some(({ awaited }) => awaited !== undefined) ? WAITING_MS : HOLDING_MS;
	}

	get #all(): Watcher[] {
		return [...this.#watchers.values()].flatMap((watchers) => [...watchers]);
	}
}
