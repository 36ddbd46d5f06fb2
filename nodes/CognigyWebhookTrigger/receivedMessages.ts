import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

import { PostedOutputs, type Message } from '../../client';
import type { Post } from './readPosts';

/** Messages that are remembered; the oldest go first. */
const MAX_REMEMBERED = 50_000;

/** Drops messages that came already: nobody promises that a call is made only once. */
export class ReceivedMessages {
	readonly #outputs = new PostedOutputs();
	/** By a hash of consumer, session and id of the message: whoever calls may make the session as long as a body. */
	readonly #seen: LRUCache<string, true>;

	/** @param now in ms, from any point in time */
	constructor(now: () => number = () => performance.now()) {
		this.#seen = new LRUCache({ max: MAX_REMEMBERED, ttlResolution: 0, perf: { now } });
	}

	/**
	 * @param consumer who receives: the node, published or in a test
	 * @param rememberMs how long messages are remembered; 0: they are not
	 * @returns the messages that are new, and the way to forget them again
	 */
	take(consumer: string, { sessionId, outputs }: Pick<Post, 'sessionId' | 'outputs'>, rememberMs: number) {
		const taken: string[] = [];
		const isNew = ({ messageId }: Message): boolean => {
			if (rememberMs <= 0) return true;
			const key = createHash('sha256')
				.update(JSON.stringify([consumer, sessionId, messageId]))
				.digest('base64');
			if (this.#seen.has(key)) return false;
			this.#seen.set(key, true, { ttl: rememberMs });
			taken.push(key);
			return true;
		};
		const messages = this.#outputs.messages(sessionId, outputs, Date.now()).filter(isNew);
		return { messages, forget: () => taken.forEach((key) => this.#seen.delete(key)) };
	}
}
