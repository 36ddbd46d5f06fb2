import type { Message } from '../types';

/** So many messages, or so many characters of text and data in them. */
export interface LoadLimit {
	messages: number;
	characters: number;
}

/**
 * What waits of one session in memory, at most: more than a workflow that runs well ever lets wait, and with a thousand
 * sessions that are stuck still no more than n8n can bear.
 */
export const WAITING_LIMIT: LoadLimit = { messages: 500, characters: 500_000 };

/** How much is kept somewhere, against a limit. What came together counts as one: the last of it may go beyond. */
export class Load {
	#messages = 0;
	#characters = 0;

	constructor(private readonly limit: LoadLimit) {}

	get isFull(): boolean {
		return this.#messages >= this.limit.messages || this.#characters >= this.limit.characters;
	}

	/** Whether more than half of it is free. */
	get isLow(): boolean {
		return this.#messages < this.limit.messages / 2 && this.#characters < this.limit.characters / 2;
	}

	/** @returns takes them away again; to be called once */
	add(messages: readonly Message[]): () => void {
		const { length } = messages;
		// Not counted anew when they go: whoever was given them too may have changed them.
		const characters = charactersIn(messages);
		this.#messages += length;
		this.#characters += characters;
		return () => {
			this.#messages -= length;
			this.#characters -= characters;
		};
	}

	clear(): void {
		this.#messages = 0;
		this.#characters = 0;
	}
}

function charactersIn(messages: readonly Message[]): number {
	return messages.reduce((sum, { text, data }) => sum + text.length + (data ? JSON.stringify(data).length : 0), 0);
}
