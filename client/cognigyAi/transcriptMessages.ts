import { createHash } from 'node:crypto';

import { withoutCallbackUrls, withoutSentCallbackUrl } from '../starts/callbackUrl';
import type { HeardMessage } from '../streams/heardMessage';
import { boundedId } from '../streams/messageId';
import type { TranscriptMessage } from '../types';
import { chunkOf, holdsMore, joinChunks } from './chunks';
import { isAllMasked } from './masks';
import { isWorthTelling } from './messages';
import { readableText } from './outputs/readableText';
import { withSentText } from './outputs/sentText';
import type { TranscriptRow } from './wire';

/**
 * The messages of a transcript: in order of time, what a user said before what came of it, the rows of a streamed answer
 * as one message, those that say nothing left out (docs/protocol-cognigy-ai.md#conversations).
 */
export function messagesOfTranscript(rows: readonly TranscriptRow[], sessionId: string): TranscriptMessage[] {
	const ids = new MessageIds(sessionId);
	return groupsOf(inOrder(rows).map(toEntry)).flatMap((group): TranscriptMessage[] => {
		const [first] = group;
		if (!first) return [];
		const { answerId, ...own } = first;
		const said = answerId === undefined ? own.said : joinChunks(group.map(({ said: chunk }) => chunk));
		const rated = group.findLast(({ row }) => hasRating(row))?.row;
		if (!isWorthTelling(said) && !rated) return [];
		return [messageOf(group, said, ids, rated)];
	});
}

/** A row, and what it says. */
interface Entry {
	row: TranscriptRow;
	source: string;
	said: HeardMessage;
	isMasked: boolean;
	/** Of a streamed answer: what all rows of it share. */
	answerId?: string;
}

function messageOf(
	group: readonly Entry[],
	{ text, data = {} }: Pick<HeardMessage, 'text' | 'data'>,
	ids: MessageIds,
	rated: TranscriptRow | undefined,
): TranscriptMessage {
	const { row, source, answerId } = group[0] as Entry;
	const { inputId, outputId, channel, timestamp } = row;
	const own = answerId ?? (source === 'user' ? inputId : outputId);
	const when = Number.isNaN(timestamp) ? '' : new Date(timestamp).toISOString();
	return {
		messageId: ids.idOf(own, [inputId, when, source, text, data]),
		text,
		source,
		timestamp: when,
		...(channel === '' ? {} : { channel }),
		...(Object.keys(data).length === 0 ? {} : { data }),
		...(rated ? ratingOf(rated) : {}),
		...(group.some(({ isMasked }) => isMasked) ? { isMasked: true } : {}),
	};
}

function toEntry(row: TranscriptRow): Entry {
	const { inputData, isMasked: isSaidToBe } = row;
	const inputText = withoutCallbackUrls(row.inputText);
	const source = sourceOf(row);
	const hasData = typeof inputData === 'object';
	const data = hasData ? withoutCallbackUrls(withoutSentCallbackUrl(inputData)) : {};
	const isMasked =
		isSaidToBe ?? (isAllMasked(row.inputText) || (typeof inputData === 'string' && isAllMasked(inputData)));
	const chunk = source === 'user' ? undefined : chunkOf({ text: inputText, data });
	// What a person wrote means itself, and so do asterisks; the text of a streamed answer is read whole.
	const isRead = source !== 'user' && !isMasked && (!chunk || holdsMore(data));
	const said: HeardMessage = {
		messageId: '',
		text: isRead ? readableText(inputText, data) : inputText,
		type: source,
		timestamp: '',
		data: isRead && !chunk ? withSentText(inputText, data) : data,
		...(chunk ? { chunk } : {}),
	};
	return { row, source, said, isMasked, ...(chunk ? { answerId: chunk.answerId } : {}) };
}

/** `source`, or where there is none what `type` tells of it. */
function sourceOf({ source, type }: TranscriptRow): string {
	if (source !== '') return source;
	return type === 'output' || type === 'bot' ? 'bot' : 'user';
}

function hasRating({ rating, ratingComment }: TranscriptRow): boolean {
	return typeof rating === 'number' || ratingComment !== '';
}

function ratingOf({ rating, ratingComment }: TranscriptRow): Pick<TranscriptMessage, 'rating' | 'ratingComment'> {
	return { ...(typeof rating === 'number' ? { rating } : {}), ...(ratingComment === '' ? {} : { ratingComment }) };
}

/** Rows of one streamed answer together, wherever something was said in between; at the place of the first. */
function groupsOf(entries: readonly Entry[]): Entry[][] {
	const groups: Entry[][] = [];
	const answers = new Map<string, Entry[]>();
	for (const entry of entries) {
		const { row, source, answerId } = entry;
		// Nobody promises that no other turn has the same one.
		const name = answerId === undefined ? undefined : JSON.stringify([row.inputId, source, answerId]);
		const answer = name === undefined ? undefined : answers.get(name);
		if (answer) {
			answer.push(entry);
			continue;
		}
		const group = [entry];
		groups.push(group);
		if (name !== undefined) answers.set(name, group);
	}
	return groups;
}

/** By time, an input before outputs of the same moment. What has no time stays behind what came before it. */
function inOrder(rows: readonly TranscriptRow[]): TranscriptRow[] {
	const times = rows.map(({ timestamp }) => timestamp).filter((time) => !Number.isNaN(time));
	const isNewestFirst = (times[0] ?? 0) > (times.at(-1) ?? 0);
	let last = -Infinity;
	return (isNewestFirst ? rows.toReversed() : rows)
		.map((row) => {
			if (!Number.isNaN(row.timestamp)) last = row.timestamp;
			return { row, at: last, isOutput: sourceOf(row) !== 'user' };
		})
		.sort((a, b) => (a.at === b.at ? 0 : a.at - b.at) || Number(a.isOutput) - Number(b.isOutput))
		.map(({ row }) => row);
}

/** Ids that are unique in a transcript, and the same each time that it is read. */
class MessageIds {
	readonly #taken = new Set<string>();

	constructor(private readonly sessionId: string) {}

	/**
	 * @param own that of the service; empty: it has none
	 * @param content what tells the message from others
	 */
	idOf(own: string, content: readonly unknown[]): string {
		const hash = createHash('sha256')
			.update(JSON.stringify([this.sessionId, ...content]))
			.digest('hex')
			.slice(0, 32);
		const bounded = boundedId(own);
		const wanted = bounded === '' ? hash : this.#taken.has(bounded) ? `${bounded}-${hash.slice(0, 8)}` : bounded;
		let id = wanted;
		for (let count = 2; this.#taken.has(id); count++) id = `${wanted}-${count}`;
		this.#taken.add(id);
		return id;
	}
}
