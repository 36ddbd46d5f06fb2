import { firstAddress, firstWords, join, objectsOf, textOf, wordsOf, type Fields } from './fields';

/** Buttons on a line: their titles, and where those lead that open or call something. */
export function buttonLine(buttons: unknown): string {
	return join(objectsOf(buttons).map(button), ' ');
}

/** What their payload is for tells the type, which goes by three names. */
const CALLS: ReadonlySet<string> = new Set(['phone_number', 'user_phone_number', 'call']);
const OPENS: ReadonlySet<string> = new Set(['openXApp', 'web_url', 'url', 'link']);

/** A button: `[Track my order]`, `[Open the shop: https://…]`. */
export function button(fields: Fields): string {
	const { title, name, label, imageAltText, image_alt_text, url, uri, link, payload } = fields;
	const type = textOf(fields.type) || textOf(fields.contentType) || textOf(fields.content_type);
	const words = firstWords(title, name, label, imageAltText, image_alt_text).replace(/\s+/g, ' ');
	const opened = firstAddress(url, uri, link, OPENS.has(type) ? payload : '');
	return inBrackets(words, opened || (CALLS.has(type) ? wordsOf(payload) : ''));
}

/** What can be pressed, and where that leads. */
export function inBrackets(words: string, target = ''): string {
	const both = join(words === target ? [target] : [words, target], ': ');
	return both && `[${both}]`;
}

/** A question with buttons or quick replies: `How do you want to go on?`, and below it `[Track my order] [Open …]`. */
export function summariseChoice({ text, buttons, quickReplies, quick_replies }: Fields): string {
	return join([wordsOf(text), ...[buttons, quickReplies, quick_replies].map(buttonLine)], '\n');
}
