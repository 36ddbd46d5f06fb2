import type { HeardMessage } from '../streams/heardMessage';
import type { Message } from '../types';
import { attachmentsOf } from './outputs/attachments';
import { eventOf, eventWords } from './outputs/events';
import type { Fields } from './outputs/fields';

/** What of the data of a message has fields of its own. */
export type PlainFields = Pick<Message, 'attachments' | 'event'>;

/** The files and the event of an output, as far as it has any. */
export function plainFieldsOf(data: Fields): PlainFields {
	const attachments = attachmentsOf(data);
	const event = eventOf(data);
	return { ...(attachments ? { attachments } : {}), ...(event ? { event } : {}) };
}

/** Of a streamed answer: the files of all its chunks, and the last event. */
export function joinPlainFields(all: readonly PlainFields[]): PlainFields {
	const byUrl = new Map(all.flatMap(({ attachments = [] }) => attachments).map((file) => [file.url, file] as const));
	const event = all.findLast((one) => one.event)?.event;
	return { ...(byUrl.size > 0 ? { attachments: [...byUrl.values()] } : {}), ...(event ? { event } : {}) };
}

/**
 * A message for somebody who wants events: one that only tells an event is of the type `event`; one that says anything
 * else as well stays as it is, and the event comes after it.
 */
export function eventsApart(message: HeardMessage): HeardMessage[] {
	const { messageId, timestamp, text, data = {}, event } = message;
	if (!event) return [message];
	const words = eventWords(data);
	if (text === words) return [{ ...message, type: 'event' }];
	return [message, { messageId: `${messageId}-event`, text: words, type: 'event', timestamp, data, event }];
}
