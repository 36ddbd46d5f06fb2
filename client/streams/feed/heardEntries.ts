import { randomUUID } from 'node:crypto';

import { KnownMessages } from '../knownMessages';
import { isLasting, type HeardMessage } from '../heardMessage';
import { Load, WAITING_LIMIT } from '../load';
import type { FeedEntry } from './sessionFeed';

/** So many of what was brought last are kept, should Redis forget them. */
const MAX_KEPT = 500;

interface Heard extends FeedEntry {
	/** Those who read here were told, as Redis did not answer. */
	isTold: boolean;
}

/** What this process heard of a session: until it is in the feed, and the last of it for a while longer. */
export class HeardEntries {
	readonly #known = new KnownMessages();
	#waiting: Heard[] = [];
	#load = new Load(WAITING_LIMIT);
	#kept: FeedEntry[] = [];
	/** How many were heard, and how many of them are in the feed. */
	#heard = 0;
	#brought = 0;
	#acknowledgements: Array<{ upTo: number; acknowledge: () => void }> = [];
	/** Ids of what those here were told and have not read in the feed. */
	readonly #told = new Set<string>();

	/** Whether all is in the feed. */
	get isEmpty(): boolean {
		return this.#waiting.length === 0;
	}

	/** Whether no more should come for now. */
	get isFull(): boolean {
		return this.#load.isFull;
	}

	/**
	 * @param acknowledge handed out by `brought`
	 * @returns whether any of it is new
	 */
	add(messages: readonly HeardMessage[], acknowledge?: () => void): boolean {
		const lasting = new Set(this.#known.takeNew(messages.filter(isLasting)));
		const fresh = messages.filter((message) => lasting.has(message) || !isLasting(message));
		this.#waiting.push(...fresh.map((message) => ({ ...entryOf(message), isTold: false })));
		this.#load.add(fresh);
		this.#heard += fresh.length;
		if (acknowledge) this.#acknowledgements.push({ upTo: this.#heard, acknowledge });
		return fresh.length > 0;
	}

	/** The oldest that are not in the feed. */
	next(limit: number): readonly FeedEntry[] {
		return this.#waiting.slice(0, limit).map(({ id, message }) => ({ id, message }));
	}

	/** The first `count` are in the feed. @returns what to acknowledge, once it is safe here, too */
	brought(count: number): Array<() => void> {
		const done = this.#waiting.splice(0, count);
		this.#kept = [...this.#kept, ...done.filter(({ message }) => isLasting(message))].slice(-MAX_KEPT);
		this.#brought += done.length;
		this.#countAgain();
		const due = this.#acknowledgements.filter(({ upTo }) => upTo <= this.#brought);
		this.#acknowledgements = this.#acknowledgements.slice(due.length);
		return due.map(({ acknowledge }) => acknowledge);
	}

	/** The feed has lost what was in it: what we brought last is brought again; what is still there does not get in twice. */
	lost(): void {
		const again = this.#kept.map((entry) => ({ ...entry, isTold: true }));
		this.#kept = [];
		this.#waiting.unshift(...again);
		this.#brought -= again.length;
		this.#countAgain();
	}

	/** What those here are to be told although it is not in the feed; once. */
	untold(): HeardMessage[] {
		const untold = this.#waiting.filter(({ isTold }) => !isTold);
		for (const heard of untold) {
			heard.isTold = true;
			this.#told.add(heard.id);
		}
		return untold.map(({ message }) => message);
	}

	/** Whether those here were told of it already; asked once, when it is read. */
	wasTold(id: string): boolean {
		return this.#told.delete(id);
	}

	#countAgain(): void {
		this.#load = new Load(WAITING_LIMIT);
		this.#load.add(this.#waiting.map(({ message }) => message));
	}
}

/** The ids of messages are not ours, and no id that we make is like one of them. */
export function entryOf(message: HeardMessage): FeedEntry {
	return { id: isLasting(message) ? message.messageId : `\u0000${randomUUID()}`, message };
}
