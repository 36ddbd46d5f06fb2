import type { HeardMessage } from '../heardMessage';

/** A message in a feed. */
export interface FeedEntry {
	/** The message's own; of what is not told once only, one that was made for it. Nothing is in a feed twice. */
	id: string;
	message: HeardMessage;
}

/** Where an entry is in a feed: places only grow. */
export interface FeedPlace {
	position: number;
	id: string;
}

/** Before everything in a feed. */
export const BEGINNING: FeedPlace = { position: 0, id: '' };

/**
 * What who exchanges wants to be: `holder` asks the service, if nobody else does; `reader` reads what others hear, and
 * lets go what it holds; `leaver` is neither any more; `guest` brings something and was never one of them.
 */
export type FeedRole = 'holder' | 'reader' | 'leaver' | 'guest';

export interface Exchange {
	/** Which session. */
	name: string;
	/** Who asks: one of those who are open in this process. */
	member: string;
	role: FeedRole;
	/** The last entry that was read. */
	after: FeedPlace;
	/** The last entry that was brought. */
	brought: FeedPlace;
	/** What was heard: it gets in whoever holds the session, but for what is there already. */
	entries: readonly FeedEntry[];
	/** Whether somebody waits for what comes, as for a reply. */
	isAwaited: boolean;
	/** How many to read at most. */
	limit: number;
}

/** What was read is gone, or what was brought: Redis has lost its memory, or a part of it. Nothing was done. */
export type FeedLost = 'lost';

export interface FeedState {
	/** Whether the session is for who asked to hold. */
	isHeld: boolean;
	/** The process that holds it; none: it is free. */
	holder: string | undefined;
	/** Whether somebody else waits for what comes. */
	isAwaited: boolean;
	/** Whether somebody else is open. */
	hasOthers: boolean;
	/** How many entries the slowest reader of any process has not read. */
	behind: number;
	/** Position of the newest entry. */
	last: number;
	/** Number of the newest change that this takes into account. */
	number: number;
	/** Where the last one is of what was brought with this exchange. */
	brought: FeedPlace | undefined;
	read: ReadEntry[];
}

export interface ReadEntry {
	place: FeedPlace;
	/** Undefined: nobody can read it. */
	message: HeardMessage | undefined;
}

/** What happened to the feeds of an account. */
export interface FeedChanges {
	/** To go on from. */
	number: number;
	/** The sessions whose feeds grew or became free, with the number of the change; `all` when nobody knows. */
	changed: ReadonlyMap<string, number> | 'all';
	/** The processes that are there. */
	alive: ReadonlySet<string>;
}

/**
 * What was heard of the sessions of an account, in order, for all processes. Each method is one step that happens as a
 * whole or not at all; one that failed may have happened, and may be made again.
 */
export interface SessionFeed {
	/** This process, among those that share the feeds. */
	readonly process: string;
	/** @throws {RedisError} */
	exchange(exchange: Exchange): Promise<FeedState | FeedLost>;
	/** Tells that this process is there, too. @param since number of the changes before; below 0: none is known. @throws {RedisError} */
	changes(since: number): Promise<FeedChanges>;
	/** Ids of what is in the feed, and of what was in it before. @throws {RedisError} */
	ids(name: string): Promise<string[]>;
}
