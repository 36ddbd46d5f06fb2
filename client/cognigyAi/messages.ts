import { createHash, randomUUID } from 'node:crypto';
import { lru, type LRU } from 'tiny-lru';

import { redact, redactedJson } from '../call/serviceText';
import { wholeMessages, type AnswerIds } from '../streams/answerCollector';
import { toldOf, type HeardMessage } from '../streams/heardMessage';
import { boundedId } from '../streams/messageId';
import { mayHaveLostDigits } from '../validation/readJson';
import type { FlowOutput, Message } from '../types';
import { chunkOf, holdsMore, joinChunks } from './chunks';
import { fieldsOf, textOf } from './outputs/fields';
import { readableText } from './outputs/readableText';
import { withSentText } from './outputs/sentText';
import { plainFieldsOf } from './plainFields';

/** Own ids of outputs that are remembered. */
const MAX_OWN_IDS = 2_000;
/** Outputs without one of which it is remembered how often they came. */
const MAX_COUNTS = 2_000;

/** By session and id: what was said under an id that came with an output. Nobody promises that it comes only once. */
export type OwnIds = LRU<string>;

/** What is remembered of the outputs of a session over its connections. */
export class OutputHistory {
	/**
	 * @param sessionId of the session that the outputs belong to
	 * @param conversation names what outputs without a trace are unique in; by default nothing else
	 * @param owners shared between sessions, or by default of its own
	 * @param token of the endpoint, where it is known: outputs may repeat it, in the address of a file for example
	 */
	constructor(
		readonly sessionId: string,
		readonly conversation: () => string = () => randomUUID(),
		readonly owners: OwnIds = lru(MAX_OWN_IDS),
		readonly token = '',
	) {}
}

/** Tokens have 64 characters. A short one, which somebody has thought up, may be a word that a bot says. */
const MIN_TOKEN_LENGTH = 16;

/**
 * Makes messages of outputs, and gives them ids: the output's own where it has one, else one derived from what it
 * says, so that a redelivery (on a new connection) has the same id. Two equal outputs of one turn are told apart by
 * counting them: so one of these belongs to one answer, or to one connection. Chunks of a streamed answer are counted
 * too: their own id is that of the answer.
 *
 * An output without a `traceId` does not tell its turn. It gets an id that holds only for `conversation`, or else what
 * is said twice in a long conversation would count as a redelivery and be lost.
 */
export class OutputMessages {
	/** By the hash of what was said: how often. */
	readonly #counts = lru<number>(MAX_COUNTS);

	constructor(private readonly history: OutputHistory) {}

	/** @param wallTimeMs when it came, in ms since 1970 */
	message(received: FlowOutput, wallTimeMs: number): HeardMessage {
		const output = withoutToken(received, this.history.token);
		const { text, source } = output;
		const sent = output.data ?? {};
		const chunk = chunkOf(output);
		// The text of an answer is read whole.
		const isPlain = chunk && !holdsMore(sent);
		const data = chunk ? sent : withSentText(text, sent);
		const message: HeardMessage = {
			messageId: this.#idOf(output),
			text: isPlain ? text : readableText(text, sent),
			type: source === '' ? 'bot' : source,
			timestamp: new Date(wallTimeMs).toISOString(),
			...(Object.keys(data).length > 0 ? { data } : {}),
			...plainFieldsOf(sent),
			...(chunk ? { chunk } : {}),
		};
		return isWorthTelling(message) ? message : { ...message, isSilent: true };
	}

	#idOf(output: FlowOutput): string {
		const { text, data, traceId, source } = output;
		const { sessionId, conversation, owners } = this.history;
		const isChunk = chunkOf(output) !== undefined;
		// The id of an answer tells its turn as well.
		const place = traceId === '' && !isChunk ? conversation() : traceId;
		const said = JSON.stringify([sessionId, place, source, text, data ?? {}]);
		const own = isChunk ? '' : boundedId(idOf(data?._messageId));
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

/** Without the token of its endpoint (guarantee 6), however it got there. */
function withoutToken(output: FlowOutput, token: string): FlowOutput {
	if (token.length < MIN_TOKEN_LENGTH) return output;
	const { text, data } = output;
	if (!text.includes(token) && !JSON.stringify(data ?? {}).includes(token)) return output;
	return { ...output, text: redact(text, [token]), data: fieldsOf(redactedJson(data, [token])) };
}

/** Text; empty where there is none, or a number that may have lost digits before it came here: others would be the same. */
function idOf(value: unknown): string {
	return typeof value === 'number' && mayHaveLostDigits(value) ? '' : textOf(value);
}

function hash(text: string): string {
	return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The messages of outputs that came together, streamed answers whole, without those that say nothing. */
export function messagesOf(
	outputs: readonly FlowOutput[],
	history: OutputHistory,
	wallTimeMs: number,
	answerIds?: AnswerIds,
): Message[] {
	const made = new OutputMessages(history);
	const heard = outputs.map((output) => made.message(output, wallTimeMs));
	const ids = answerIds ? { ids: answerIds } : {};
	return toldOf(wholeMessages(heard, { join: joinChunks, scope: history.sessionId, ...ids }));
}

/** Whether an output says anything to a person, or holds data that a workflow could want. */
export function isWorthTelling({ text, data }: Pick<Message, 'text' | 'data'>): boolean {
	return text !== '' || holdsMore(data);
}
