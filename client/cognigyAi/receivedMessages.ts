import { createHash } from 'node:crypto';
import { lru } from 'tiny-lru';

import type { FlowOutput, Message } from '../types';
import { PostedOutputs } from './postedOutputs';

/** Messages that are remembered; the oldest go first. */
const MAX_REMEMBERED = 50_000;

/** Drops messages that came already: nobody promises that a call is made only once. */
export class ReceivedMessages {
	readonly #outputs = new PostedOutputs();
	/**
	 * Until when they are remembered, by a hash of consumer, session and id of the message: whoever calls may make the
	 * session as long as a body.
	 */
	readonly #seen = lru<number>(MAX_REMEMBERED);

	/** @param now in ms, from any point in time */
	constructor(private readonly now: () => number = () => performance.now()) {}

	/**
	 * @param consumer who receives: the node, published or in a test
	 * @param rememberMs how long messages are remembered; 0: they are not
	 * @returns the messages that are new, and the way to forget them again
	 */
	take(
		consumer: string,
		{ sessionId, outputs }: { sessionId: string; outputs: readonly FlowOutput[] },
		rememberMs: number,
	) {
		const taken: string[] = [];
		const isNew = ({ messageId }: Message): boolean => {
			if (rememberMs <= 0) return true;
			const key = createHash('sha256')
				.update(JSON.stringify([consumer, sessionId, messageId]))
				.digest('base64');
			const now = this.now();
			if ((this.#seen.peek(key) ?? -Infinity) >= now) return false;
			this.#seen.set(key, now + rememberMs);
			taken.push(key);
			return true;
		};
		const messages = this.#outputs.messages(sessionId, outputs, Date.now()).filter(isNew);
		return { messages, forget: () => taken.forEach((key) => this.#seen.delete(key)) };
	}
}
