import type { Message } from '../types';

/** So many messages, or so many characters of text and data in them. */
export interface LoadLimit {
	messages: number;
	characters: number;
}

/** What waits of one session in memory, at most: more than a workflow that runs well ever lets wait. */
export const WAITING_LIMIT: LoadLimit = { messages: 500, characters: 500_000 };

/** What waits of all sessions together, at most, in characters: with many that are stuck no more than n8n can bear. */
const WAITING_ALTOGETHER = 64_000_000;
/** What a message takes besides its text and data, in characters. */
const MESSAGE_CHARACTERS = 200;
/** Such a part of what is free may one session take, so that something is left for others. */
const SHARE = 1 / 8;

/** Room for what many keep together. Where it becomes scarce, each may take less; those who have nothing still may begin. */
export class Room {
	#used = 0;

	/** @param characters that there is room for */
	constructor(readonly characters: number) {}

	get used(): number {
		return this.#used;
	}

	/** How much one of them may keep, in characters. */
	get share(): number {
		return Math.max(0, this.characters - this.#used) * SHARE;
	}

	/** @param characters negative: gives them back */
	take(characters: number): void {
		this.#used += characters;
	}
}

/** For what waits of all sessions that are read in this process, whichever node reads them. */
export const waitingRoom = new Room(WAITING_ALTOGETHER);

/** How much is kept somewhere, against a limit. What came together counts as one: the last of it may go beyond. */
export class Load {
	#messages = 0;
	#characters = 0;
	/** Changes when all is taken away. */
	#generation = 0;

	/** @param room that others share; missing: only the limit counts */
	constructor(
		private readonly limit: LoadLimit,
		private readonly room?: Room,
	) {}

	get isFull(): boolean {
		return this.#isBeyondLimit || (this.#weight > 0 && this.#weight >= this.#share);
	}

	/** Whether more than half of what it may keep is free. */
	get isLow(): boolean {
		const isHalf = this.#messages >= this.limit.messages / 2 || this.#characters >= this.limit.characters / 2;
		return !isHalf && (this.#weight === 0 || this.#weight < this.#share / 2);
	}

	/** How many characters there is room for. */
	get left(): number {
		return Math.max(0, Math.min(this.limit.characters - this.#characters, this.#share - this.#weight));
	}

	/** Whether these can be added with something left for others. */
	hasRoomFor(messages: readonly Message[]): boolean {
		const more = charactersIn(messages) + messages.length * MESSAGE_CHARACTERS;
		return !this.#isBeyondLimit && this.#weight + more <= this.#share;
	}

	/** @returns takes them away again; to be called once */
	add(messages: readonly Message[]): () => void {
		const { length } = messages;
		// Not counted anew when they go: whoever was given them too may have changed them.
		const characters = charactersIn(messages);
		const generation = this.#generation;
		this.#change(length, characters);
		return () => {
			if (generation === this.#generation) this.#change(-length, -characters);
		};
	}

	/** Takes all away. */
	clear(): void {
		this.#generation++;
		this.#change(-this.#messages, -this.#characters);
	}

	get #isBeyondLimit(): boolean {
		return this.#messages >= this.limit.messages || this.#characters >= this.limit.characters;
	}

	/** As it counts in the room. */
	get #weight(): number {
		return this.#characters + this.#messages * MESSAGE_CHARACTERS;
	}

	get #share(): number {
		return this.room?.share ?? Infinity;
	}

	#change(messages: number, characters: number): void {
		this.#messages += messages;
		this.#characters += characters;
		this.room?.take(characters + messages * MESSAGE_CHARACTERS);
	}
}

function charactersIn(messages: readonly Message[]): number {
	return messages.reduce((sum, { text, data }) => sum + text.length + (data ? JSON.stringify(data).length : 0), 0);
}
