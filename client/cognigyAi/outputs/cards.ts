import { button, buttonLine, inBrackets } from './buttons';
import { fieldsOf, firstAddress, firstWords, join, objectsOf, wordsOf, type Fields } from './fields';
import { isMediaKind, summariseMedia } from './media';

/** A gallery or a list: its header, a line for each entry, `- Running shoe: 89 EUR [Buy the shoe]`, and the button below. */
export function summariseCards({ header, text, items, button: common, buttons }: Fields): string {
	const { title, subtitle, text: words } = fieldsOf(header);
	const head = join([wordsOf(header), firstWords(title, words), wordsOf(subtitle), wordsOf(text)], '\n');
	return join([head, cards(items), button(fieldsOf(common)), buttonLine(buttons)], '\n');
}

/** A line for each entry. */
export function cards(items: unknown): string {
	return join(objectsOf(items).map(card), '\n');
}

function card(fields: Fields): string {
	const { title, subtitle, buttons, media_type: kind } = fields;
	if (isMediaKind(kind)) return line(summariseMedia(kind, { ...fields, buttons: undefined }), buttonLine(buttons));
	const { imageUrl, image_url, imageAltText, image_alt_text, defaultActionUrl, url } = fields;
	const alt = firstWords(imageAltText, image_alt_text);
	const words = wordsOf(title);
	const picture = firstAddress(imageUrl, image_url);
	const pictured = join([words === '' || words === alt ? '' : alt, picture], ': ');
	const target = firstAddress(
		defaultActionUrl,
		fieldsOf(fields.default_action).url,
		fieldsOf(fields.defaultAction).url,
		url,
	);
	const name = join([words || alt, wordsOf(subtitle)], ': ');
	return line(name, picture && `(${pictured})`, name ? target : inBrackets('', target), buttonLine(buttons));
}

function line(...parts: string[]): string {
	const words = join(parts, ' ');
	return words && `- ${words}`;
}
