import { buttonLine, summariseChoice } from './buttons';
import { cards } from './cards';
import { fieldsOf, firstWords, join, objectsOf, textOf, wordsOf, type Fields } from './fields';
import { isMediaKind, summariseMedia } from './media';

/** A message in the form of Facebook Messenger, which the web chats use too: text, attachments and quick replies. */
export function summariseMessenger(message: Fields, caption = ''): string {
	const { text, attachment, attachments, quick_replies: quickReplies } = message;
	const attached = [fieldsOf(attachment), ...objectsOf(attachments)].map((one) => summariseAttached(one, caption));
	return join([wordsOf(text), ...attached, buttonLine(quickReplies)], '\n');
}

function summariseAttached({ type, payload, url }: Fields, caption: string): string {
	const kind = textOf(type).toLowerCase();
	const fields = fieldsOf(payload);
	if (isMediaKind(kind)) return summariseMedia(kind, { url, ...fields }, caption);
	const { text, title, subtitle, elements, buttons } = fields;
	const head = join([firstWords(text, title), wordsOf(subtitle)], '\n');
	return join([head, cards(elements), summariseChoice({ buttons })], '\n');
}
