import { createHash, randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';

import { boundedId } from '../messageId';
import type { FlowOutput, Message } from '../types';
import { fieldsOf, textOf } from './outputs/fields';
import { readableText } from './outputs/readableText';
import { SENT_TEXT, withSentText } from './outputs/sentText';

/** Own ids of outputs that are remembered. */
const MAX_OWN_IDS = 2_000;
/** Outputs without one of which it is remembered how often they came. */
const MAX_COUNTS = 2_000;

/** By session and id: what was said under an id that came with an output. Nobody promises that it comes only once. */
export type OwnIds = LRUCache<string, string>;

/** What is remembered of the outputs of a session over its connections. */
export class OutputHistory {
	/**
	 * @param sessionId of the session that the outputs belong to
	 * @param conversation names what outputs without a trace are unique in; by default nothing else
	 * @param owners shared between sessions, or by default of its own
	 */
	constructor(
		readonly sessionId: string,
		readonly conversation: () => string = () => randomUUID(),
		readonly owners: OwnIds = new LRUCache({ max: MAX_OWN_IDS }),
	) {}
}

/**
 * Makes messages of outputs, and gives them ids: the output's own where it has one, else one derived from what it
 * says, so that a redelivery (on a new connection) has the same id. Two equal outputs of one turn are told apart by
 * counting them: so one of these belongs to one answer, or to one connection.
 *
 * An output without a `traceId` does not tell its turn. It gets an id that holds only for `conversation`, or else what
 * is said twice in a long conversation would count as a redelivery and be lost.
 */
export class OutputMessages {
	/** By the hash of what was said: how often. */
	readonly #counts = new LRUCache<string, number>({ max: MAX_COUNTS });

	constructor(private readonly history: OutputHistory) {}

	/** @param wallTimeMs when it came, in ms since 1970 */
	message(output: FlowOutput, wallTimeMs: number): Message {
		const { text, source } = output;
		const data = withSentText(text, output.data ?? {});
		return {
			messageId: this.#idOf(output),
			text: readableText(text, output.data ?? {}),
			type: source === '' ? 'bot' : source,
			timestamp: new Date(wallTimeMs).toISOString(),
			...(Object.keys(data).length > 0 ? { data } : {}),
		};
	}

	#idOf({ text, data, traceId, source }: FlowOutput): string {
		const { sessionId, conversation, owners } = this.history;
		const place = traceId === '' ? conversation() : traceId;
		const said = JSON.stringify([sessionId, place, source, text, data ?? {}]);
		const own = boundedId(textOf(fieldsOf(data?._cognigy)._messageId) || textOf(data?._messageId));
		const content = hash(said);
		if (own) {
			const key = hash(JSON.stringify([sessionId, own]));
			if (!owners.has(key)) owners.set(key, content);
			return owners.get(key) === content ? own : `${own}-${content.slice(0, 8)}`;
		}
		const count = (this.#counts.get(content) ?? 0) + 1;
		this.#counts.set(content, count);
		return hash(`${count} ${said}`);
	}
}

function hash(text: string): string {
	return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The messages of the outputs that came with one answer or one post, without those that say nothing. */
export function messagesOf(outputs: readonly FlowOutput[], history: OutputHistory, wallTimeMs: number): Message[] {
	const made = new OutputMessages(history);
	return outputs.map((output) => made.message(output, wallTimeMs)).filter(isWorthTelling);
}

/** Whether an output says anything to a person, or holds data that a workflow could want. */
export function isWorthTelling({ text, data }: Message): boolean {
	if (text !== '') return true;
	const { _cognigy, ...own } = data ?? {};
	return [own, fieldsOf(_cognigy)].flatMap(Object.keys).some((name) => !BOOKKEEPING.has(name));
}

/** What is noted about an output besides its content (facts, section 6). */
const BOOKKEEPING: ReadonlySet<string> = new Set(['_finishReason', '_messageId', SENT_TEXT]);
