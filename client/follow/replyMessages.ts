import type { Message } from '../types';
import { Load } from './load';

/** More than any bot says in a turn; an item of n8n holds it all. */
const MAX_MESSAGES = 1_000;
const MAX_CHARACTERS = 8_000_000;

/** What is said in reply, as far as a reply has room for it. */
export class ReplyMessages {
	/** By their ids: what is delivered again after a drop is still one message. */
	readonly #messages = new Map<string, Message>();
	readonly #load = new Load({ messages: MAX_MESSAGES, characters: MAX_CHARACTERS });
	#isCut = false;

	get all(): Message[] {
		return [...this.#messages.values()];
	}

	/** What to tell the user when more was said than there was room for. */
	get warning(): string | undefined {
		if (!this.#isCut) return undefined;
		const count = this.#messages.size.toLocaleString('en');
		if (this.#messages.size < MAX_MESSAGES) {
			return `The bot said more than ${MAX_CHARACTERS / 1e6} million characters; the reply has the first ${count} messages.`;
		}
		return `The bot said more than ${count} messages; the reply has the first ${count}.`;
	}

	/** @returns whether there was room for it */
	add(message: Message): boolean {
		if (this.#messages.has(message.messageId)) return true;
		this.#isCut ||= this.#load.isFull;
		if (this.#isCut) return false;
		this.#messages.set(message.messageId, message);
		this.#load.add([message]);
		return true;
	}
}
