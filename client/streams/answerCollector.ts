import { createHash } from 'node:crypto';
import { lru, type LRU } from 'tiny-lru';

import { boundedId } from './messageId';
import type { Message } from '../types';
import { goesOnWith, isPassing, type HeardMessage } from './heardMessage';
import { Load } from './load';

/** One message of the chunks of an answer; which id it has is not its business. */
export type JoinChunks = (
	chunks: readonly HeardMessage[],
) => Omit<Message, 'messageId'> & Pick<HeardMessage, 'isSilent'>;

/** Far more than any language model says at once. What goes on after it is another message. */
const MAX_ANSWER = { messages: 5_000, characters: 1_000_000 };

/** Ids of answers that are remembered. */
const MAX_ANSWER_IDS = 2_000;

/** By the id of an answer: which chunks it was told of, as their hash. */
export type AnswerIds = LRU<string>;

export function answerIds(max = MAX_ANSWER_IDS): AnswerIds {
	return lru(max);
}

export interface AnswerCollectorOptions {
	join: JoinChunks;
	/** Shared with other collectors, or by default of its own. */
	ids?: AnswerIds;
	/** In what the ids of answers are unique; by default nothing else. */
	scope?: string;
	/** Whether a message with this id was told already, by somebody whose memory is gone. */
	isTold?: (messageId: string) => boolean;
}

/**
 * Puts the chunks of a streamed answer together to one message. An answer is over when its last chunk says so, when
 * anything else is said, or when somebody who knows that says so.
 */
export class AnswerCollector {
	readonly #join: JoinChunks;
	readonly #ids: AnswerIds;
	readonly #scope: string;
	readonly #isTold: (messageId: string) => boolean;
	#open: HeardMessage[] = [];
	#load = new Load(MAX_ANSWER);

	constructor({ join, ids = answerIds(), scope = '', isTold = () => false }: AnswerCollectorOptions) {
		this.#join = join;
		this.#ids = ids;
		this.#scope = scope;
		this.#isTold = isTold;
	}

	/** The chunks of the answer that is not over, in order. */
	get open(): readonly HeardMessage[] {
		return this.#open;
	}

	/** @returns what is complete by now, in order */
	take(message: HeardMessage): HeardMessage[] {
		if (message.isAnswerEnd) return this.end();
		if (isPassing(message)) return [message];
		const ended = goesOnWith(message, this.#open.at(-1)) ? [] : this.end();
		if (!message.chunk) return [...ended, message];
		this.#open.push(message);
		this.#load.add([message]);
		return message.chunk.isLast || this.#load.isFull ? [...ended, ...this.end()] : ended;
	}

	/** The answer is over. @returns it, unless there is none */
	end(): HeardMessage[] {
		const chunks = this.#open;
		this.#open = [];
		this.#load.clear();
		const answerId = chunks[0]?.chunk?.answerId;
		if (answerId === undefined) return [];
		const chunkIds = chunks.map(({ messageId }) => messageId);
		return [{ messageId: this.#idOf(answerId, chunkIds), ...this.#join(chunks), chunkIds }];
	}

	/** The answer's own id, unless something else was told under it: the rest of an answer that seemed to be over. */
	#idOf(answerId: string, chunkIds: readonly string[]): string {
		const content = createHash('sha256').update(JSON.stringify(chunkIds)).digest('hex').slice(0, 32);
		const name = boundedId(JSON.stringify([this.#scope, answerId]));
		if (!this.#ids.has(name) && !this.#isTold(answerId)) this.#ids.set(name, content);
		return this.#ids.get(name) === content ? answerId : `${answerId}-${content.slice(0, 8)}`;
	}
}

/** All that was said, answers whole. */
export function wholeMessages(messages: Iterable<HeardMessage>, options: AnswerCollectorOptions): HeardMessage[] {
	const collector = new AnswerCollector(options);
	const whole = Array.from(messages, (message) => collector.take(message)).flat();
	return [...whole, ...collector.end()];
}
