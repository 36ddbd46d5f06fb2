import { edition } from '../edition';
import { RestingFollowers } from './restingFollowers';
import { SessionFollower, type FollowerDependencies, type ReadOptions } from './sessionFollower';
import type { HeardBatch, HeardMessage } from './heardMessage';

/** One follower per session, whoever reads it: streams, and flows that wait for a reply. */
export class FollowerHub {
	readonly #read = new Map<string, SessionFollower>();
	/** A reader that comes after another has left still gets what that one was given. */
	readonly #resting = new RestingFollowers();

	/** Ids of the messages of a session that came so far, as far as they are remembered. */
	seenIds(key: string): string[] {
		return (this.#read.get(key) ?? this.#resting.get(key))?.seenIds ?? [];
	}

	/** Messages of a session that nobody reads just now, for who comes later. Whoever reads it hears them anyway. */
	note(key: string, dependencies: FollowerDependencies, messages: readonly HeardMessage[]): void {
		if (this.#read.has(key)) return;
		const follower = this.#resting.get(key) ?? new SessionFollower(dependencies);
		follower.note(messages);
		// Once more, as it has grown.
		this.#resting.set(key, follower);
	}

	/**
	 * As `SessionFollower.read`.
	 * @param key which session
	 * @param dependencies where it comes from in the way of this reader; a session comes in the way of one of its readers
	 */
	async read(
		key: string,
		dependencies: FollowerDependencies,
		knownIds: readonly string[],
		options: ReadOptions,
		onBatch: (batch: HeardBatch) => void,
	): Promise<void> {
		const follower = this.#read.get(key) ?? this.#resting.get(key) ?? new SessionFollower(dependencies);
		this.#resting.delete(key);
		this.#read.set(key, follower);
		try {
			await follower.read(knownIds, options, onBatch, dependencies.source);
		} finally {
			this.#left(key, follower);
		}
	}

	/**
	 * Sessions that are read now are followed on although nobody reads them, so that nothing on its way is cut off and
	 * lost while their readers change.
	 * @returns lets them go
	 */
	hold(): () => void {
		const stop = new AbortController();
		edition.host.allowManyListeners(stop.signal);
		for (const [key, follower] of this.#read) void this.#hold(key, follower, stop.signal);
		return () => stop.abort();
	}

	async #hold(key: string, follower: SessionFollower, signal: AbortSignal): Promise<void> {
		// It wants nothing, so this is over when it is let go or the session is over.
		await follower.hold(signal);
		this.#left(key, follower);
	}

	#left(key: string, follower: SessionFollower): void {
		if (follower.isRead) return;
		this.#read.delete(key);
		this.#resting.set(key, follower);
	}
}
