import { randomUUID } from 'node:crypto';

import { pause, type Clock } from '../../time/clock';
import type { HeardMessage } from '../heardMessage';
import { GIVE_UP_MS, pauseAfter } from './feedPauses';
import { FeedWatch } from './feedWatch';
import { entryOf } from './heardEntries';
import { LastPolls } from './lastPolls';
import { BEGINNING, type FeedEntry, type SessionFeed } from './sessionFeed';
import { LATE_MS, sharedSource } from './sharedSource';
import type { SharedSessions } from './sharedSessions';

export interface FeedSessionsOptions {
	feed: SessionFeed;
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** How long streams wait, after the end of a session, for what others have heard of it, in ms. */
	lateMs?: number;
}

/** Sessions that are shared by means of their feeds. */
export function feedSessions({ feed, clock, random, lateMs = LATE_MS }: FeedSessionsOptions): SharedSessions {
	const watch = new FeedWatch(feed, clock);
	const lastPolls = new LastPolls();
	const notes = new Notes({ feed, clock, random });
	return {
		share: (name, source) => sharedSource(name, source, { feed, watch, lastPolls, clock, random, lateMs }),
		idsOf: async (name) => await feed.ids(name),
		note: async (name, messages) => await notes.add(name, messages),
	};
}

/** What comes in another way, in order for each session. */
class Notes {
	/** The last one of each session. */
	readonly #running = new Map<string, Promise<void>>();

	constructor(private readonly options: FeedSessionsOptions) {}

	async add(name: string, messages: readonly HeardMessage[]): Promise<void> {
		const entries = messages.map(entryOf);
		const before = this.#running.get(name) ?? Promise.resolve();
		const written = before.catch(() => {}).then(async () => await this.#write(name, entries));
		this.#running.set(name, written);
		try {
			await written;
		} finally {
			if (this.#running.get(name) === written) this.#running.delete(name);
		}
	}

	/** @throws what Redis said last, after `GIVE_UP_MS` */
	async #write(name: string, entries: readonly FeedEntry[]): Promise<void> {
		const { feed, clock, random } = this.options;
		const from = clock.monotonic();
		const nothingRead = { after: BEGINNING, brought: BEGINNING, isAwaited: false, limit: 0 };
		for (let failures = 0; ; failures++) {
			try {
				await feed.exchange({ name, member: randomUUID(), role: 'guest', entries, ...nothingRead });
				return;
			} catch (error) {
				if (clock.monotonic() - from > GIVE_UP_MS) throw error;
				await pause(clock, pauseAfter(failures, random));
			}
		}
	}
}
