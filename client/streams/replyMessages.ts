import { goesOnWith, type HeardMessage } from './heardMessage';
import { Load } from './load';

/** More than any bot says in a turn; an item of n8n holds it all. Chunks of a streamed answer count as one. */
const MAX_MESSAGES = 1_000;
const MAX_CHUNKS = 50_000;
const MAX_CHARACTERS = 8_000_000;

/** What is said in reply, as far as a reply has room for it. */
export class ReplyMessages {
	/** By their ids: what is delivered again after a drop is still one message. */
	readonly #messages = new Map<string, HeardMessage>();
	readonly #load = new Load({ messages: MAX_CHUNKS, characters: MAX_CHARACTERS });
	#last: HeardMessage | undefined;
	#count = 0;
	#isCut = false;

	/** Streamed answers in chunks. */
	get all(): HeardMessage[] {
		return [...this.#messages.values()];
	}

	/** What to tell the user when more was said than there was room for. */
	get warning(): string | undefined {
		if (!this.#isCut) return undefined;
		const count = this.#count.toLocaleString('en');
		if (this.#count < MAX_MESSAGES) {
			return `The bot said more than ${MAX_CHARACTERS / 1e6} million characters; the reply has the first ${count} messages.`;
		}
		return `The bot said more than ${count} messages; the reply has the first ${count}.`;
	}

	/** What comes from now on is of no answer that was begun before. */
	endAnswer(): void {
		const last = this.#last;
		if (!last?.chunk) return;
		this.#last = { ...last, chunk: { ...last.chunk, isLast: true } };
		this.#messages.set(last.messageId, this.#last);
	}

	/** @returns whether there was room for it */
	add(message: HeardMessage): boolean {
		if (this.#messages.has(message.messageId)) return true;
		const isNew = !message.isSilent && !goesOnWith(message, this.#last);
		this.#isCut ||= this.#load.isFull || (isNew && this.#count >= MAX_MESSAGES);
		if (this.#isCut) return false;
		this.#messages.set(message.messageId, message);
		this.#last = message;
		if (isNew) this.#count++;
		this.#load.add([message]);
		return true;
	}
}
