import type { SessionFollower } from './sessionFollower';

/** Sessions of which is remembered what came; and how many messages of all of them. */
const MAX_SESSIONS = 2_000;
const MAX_MESSAGES = 20_000;
/** How long that is remembered, in ms: as long as sessions live by default. */
const KEPT_MS = 30 * 60_000;

interface Resting {
	follower: SessionFollower;
	/** In ms of the monotonic clock. */
	until: number;
	/** Messages that are remembered, and one for the session itself. */
	size: number;
}

/** Followers of sessions that nobody reads just now. What rests for the longest time goes first. */
export class RestingFollowers {
	readonly #byKey = new Map<string, Resting>();
	#size = 0;

	get(key: string): SessionFollower | undefined {
		const resting = this.#byKey.get(key);
		if (!resting) return undefined;
		if (resting.until > performance.now()) return resting.follower;
		this.delete(key);
		return undefined;
	}

	/** Again for one that rests already: it has grown. */
	set(key: string, follower: SessionFollower): void {
		this.delete(key);
		const size = follower.seenIds.length + 1;
		// It would drive out all others.
		if (size > MAX_MESSAGES) return;
		this.#byKey.set(key, { follower, until: performance.now() + KEPT_MS, size });
		this.#size += size;
		for (const [oldest] of this.#byKey) {
			if (this.#byKey.size <= MAX_SESSIONS && this.#size <= MAX_MESSAGES) return;
			this.delete(oldest);
		}
	}

	delete(key: string): void {
		this.#size -= this.#byKey.get(key)?.size ?? 0;
		this.#byKey.delete(key);
	}
}
