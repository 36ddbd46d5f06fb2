import type { JoinChunks } from '../streams/answerCollector';
import type { AnswerChunk, HeardMessage } from '../streams/heardMessage';
import { boundedId } from '../streams/messageId';
import type { FlowOutput } from '../types';
import { isJsonObject } from '../validation/fields';
import { fieldsOf, join, textOf, type Fields } from './outputs/fields';
import { readableText } from './outputs/readableText';
import { SENT_TEXT, withSentText } from './outputs/sentText';
import { joinPlainFields } from './plainFields';

/** What is noted about an output besides its content (docs/protocol-cognigy-ai.md#rest-endpoints). */
const BOOKKEEPING: ReadonlySet<string> = new Set(['_finishReason', '_messageId', SENT_TEXT]);

/** Whether an output holds more than the service's notes about it. */
export function holdsMore(data: Fields | null | undefined): boolean {
	const { _cognigy, ...own } = data ?? {};
	return [own, fieldsOf(_cognigy)].flatMap(Object.keys).some((name) => !BOOKKEEPING.has(name));
}

/** What an output is of a streamed answer: all of its chunks share an id, and the last one says why it ended. */
export function chunkOf({ text, data }: Pick<FlowOutput, 'text' | 'data'>): AnswerChunk | undefined {
	const notes = fieldsOf(data?._cognigy);
	const answerId = boundedId(textOf(notes._messageId));
	if (answerId === '') return undefined;
	return { answerId, text, ...(textOf(notes._finishReason) === '' ? {} : { isLast: true }) };
}

/** Whether an output is a chunk of a streamed answer. */
export function isChunk(output: FlowOutput): boolean {
	return chunkOf(output) !== undefined;
}

/**
 * The message of a whole answer: its text as if it had come in one piece, and all data of its chunks. It came when its
 * last chunk came that says anything.
 */
export const joinChunks: JoinChunks = (chunks) => {
	const text = textOfAnswer(chunks);
	const rich = chunks.filter(({ data }) => holdsMore(data));
	const data = withSentText(text, mergedData(chunks));
	const last = chunks.findLast(({ isSilent }) => !isSilent) ?? chunks.at(-1);
	const message = {
		text:
			rich.length <= 1
				? readableText(text, rich[0]?.data)
				: join([readableText(text), ...rich.map((chunk) => readableText('', chunk.data))], '\n'),
		type: last?.type ?? '',
		timestamp: last?.timestamp ?? '',
		data,
		...joinPlainFields(chunks),
	};
	return message.text === '' && !holdsMore(data) ? { ...message, isSilent: true } : message;
};

/**
 * Exactly the chunks, one after the other. Where none of them has white space at its ends, somebody has cut it off on
 * the way (REST endpoints do): then they are lines.
 */
function textOfAnswer(chunks: readonly HeardMessage[]): string {
	const texts = chunks.flatMap(({ chunk }) => (chunk && chunk.text !== '' ? [chunk.text] : []));
	return texts.join(texts.some((text) => text !== text.trim()) ? '' : '\n');
}

/** All data of the chunks in one; where they contradict each other the last one holds, and `_chunks` has each as it came. */
function mergedData(chunks: readonly HeardMessage[]): Record<string, unknown> {
	const all = chunks.map(({ data = {} }) => data);
	let isLossless = true;
	const merge = (sent: unknown, also: unknown): unknown => {
		const [one, other] = [sent, also].map(asJson);
		if (one === undefined) return other;
		if (isJsonObject(one) && isJsonObject(other)) {
			const names = new Set([...Object.keys(one), ...Object.keys(other)]);
			// As entries, so that no name means anything to JavaScript.
			return Object.fromEntries(
				Array.from(names, (name) => [
					name,
					Object.hasOwn(other, name) ? merge(ownOf(one, name), other[name]) : one[name],
				]),
			);
		}
		isLossless &&= JSON.stringify(one) === JSON.stringify(other);
		return other;
	};
	const merged = fieldsOf(all.reduce<unknown>(merge, {}));
	// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set while merging
	return isLossless ? { ...merged } : { ...merged, _chunks: all.filter((data) => holdsMore(data)) };
}

/** Binary data as JSON writes it. */
function asJson(value: unknown): unknown {
	return Buffer.isBuffer(value) ? value.toJSON() : value;
}

function ownOf(object: Fields, name: string): unknown {
	return Object.hasOwn(object, name) ? object[name] : undefined;
}
