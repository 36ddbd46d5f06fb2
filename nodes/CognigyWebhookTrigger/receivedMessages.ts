import { createHash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';

import { isObject, type Output, type Post } from './readPosts';

/** A message in the shape of those of Cognigy Stream Messages (design section 3). */
export interface ReceivedMessage {
	messageId: string;
	text: string;
	type: string;
	/** When it came, ISO 8601: Cognigy does not say when it was said. */
	timestamp: string;
	sessionId: string;
	userId: string;
	data?: Record<string, unknown>;
}

/** Messages that are remembered; the oldest go first. */
const MAX_REMEMBERED = 50_000;

/** What the service notes about an output besides its content (facts, section 6). */
const BOOKKEEPING: ReadonlySet<string> = new Set(['_finishReason', '_messageId']);

/**
 * Makes messages of outputs and drops those that came already: nobody promises that a call is made only once. Ids are
 * derived in the way of Cognigy Stream Messages, so that a redelivery has the same.
 */
export class ReceivedMessages {
	/** By consumer, session and id of the message: the hash of what was said. */
	readonly #seen: LRUCache<string, string>;

	/** @param now in ms, from any point in time */
	constructor(now: () => number = () => performance.now()) {
		this.#seen = new LRUCache({ max: MAX_REMEMBERED, ttlResolution: 0, perf: { now } });
	}

	/**
	 * @param consumer who receives: the node, published or in a test
	 * @param rememberMs how long messages are remembered; 0: they are not
	 * @returns the messages that are new, and the way to forget them again
	 */
	take(consumer: string, { userId, sessionId, outputs }: Post, rememberMs: number) {
		const timestamp = new Date().toISOString();
		const counts = new Map<string, number>();
		const taken: string[] = [];
		const messages: ReceivedMessage[] = [];
		for (const output of outputs.filter(isWorthTelling)) {
			const said = saidBy(sessionId, output);
			const count = (counts.get(said) ?? 0) + 1;
			counts.set(said, count);
			const content = hash(said);
			const keyOf = (id: string) => JSON.stringify([consumer, sessionId, id]);
			const messageId = this.#idOf(output, { said, count, content, keyOf });
			const key = keyOf(messageId);
			if (rememberMs > 0) {
				if (this.#seen.has(key)) continue;
				this.#seen.set(key, content, { ttl: rememberMs });
				taken.push(key);
			}
			const { text, data, source } = output;
			const more = Object.keys(data).length > 0 ? { data } : {};
			messages.push({ messageId, text, type: source || 'bot', timestamp, sessionId, userId, ...more });
		}
		return { messages, forget: () => taken.forEach((key) => this.#seen.delete(key)) };
	}

	/** Nobody promises that an output's own id is used only once: another text with the same id is another message. */
	#idOf(
		{ data }: Output,
		{ said, count, content, keyOf }: { said: string; count: number; content: string; keyOf: (id: string) => string },
	): string {
		const own = ownId(data);
		if (own === '') return hash(`${count} ${said}`);
		const known = this.#seen.get(keyOf(own));
		return known === undefined || known === content ? own : `${own}-${content.slice(0, 8)}`;
	}
}

/** An output without a trace does not tell its turn: the same said in the next turn must not count as a redelivery. */
function saidBy(sessionId: string, { text, data, traceId, source }: Output): string {
	return JSON.stringify([sessionId, traceId || randomUUID(), source, text, data]);
}

function ownId({ _cognigy, _messageId }: Record<string, unknown>): string {
	const id = isObject(_cognigy) ? (_cognigy._messageId ?? _messageId) : _messageId;
	return typeof id === 'string' ? id : '';
}

/** Whether an output says anything to a person, or holds data that a workflow could want. */
function isWorthTelling({ text, data: { _cognigy, ...own } }: Output): boolean {
	if (text.trim() !== '' || Object.keys(own).some((name) => !BOOKKEEPING.has(name))) return true;
	return isObject(_cognigy) && Object.keys(_cognigy).some((name) => !BOOKKEEPING.has(name));
}

function hash(text: string): string {
	return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
