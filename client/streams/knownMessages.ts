import type { Message } from '../types';

/** Ids that are remembered besides those of the last answer. */
const MAX_REMEMBERED = 2_000;

/**
 * Tells new messages from those that were seen (guarantee 3). A service that repeats all messages of a session in every
 * answer is as good as one that hands out each once; what neither repeats is forgotten in the end, so memory is bounded.
 */
export class KnownMessages {
	/** In the order in which they were seen last. */
	readonly #ids = new Set<string>();

	/** The messages of an answer that were not seen before, in order. */
	takeNew(messages: readonly Message[]): Message[] {
		const fresh: Message[] = [];
		for (const message of messages) {
			const isKnown = this.#ids.delete(message.messageId);
			this.#ids.add(message.messageId);
			if (!isKnown) fresh.push(message);
		}
		this.#forgetOldest(messages.length);
		return fresh;
	}

	#forgetOldest(inLastAnswer: number): void {
		let surplus = this.#ids.size - MAX_REMEMBERED - inLastAnswer;
		for (const id of this.#ids) {
			if (surplus-- <= 0) break;
			this.#ids.delete(id);
		}
	}
}
