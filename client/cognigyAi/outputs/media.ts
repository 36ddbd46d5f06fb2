import { buttonLine } from './buttons';
import { firstAddress, join, joinDistinct, textOf, wordsOf, type Fields } from './fields';

const NAMES: ReadonlyMap<unknown, string> = new Map([
	['image', 'Image'],
	['audio', 'Audio'],
	['video', 'Video'],
	['file', 'File'],
]);

export function isMediaKind(kind: unknown): kind is string {
	return NAMES.has(kind);
}

/**
 * A picture, a recording, a film or a file: `Image: Where we are (https://…)`.
 * @param caption what the output says about it elsewhere
 */
export function summariseMedia(kind: string, fields: Fields, caption = ''): string {
	const url = mediaAddress(kind, fields);
	const { altText, alt_text, title, name, fileName, filename, fallbackText, buttons } = fields;
	const about = [fields[`${kind}AltText`], altText, alt_text, title, name, fileName, filename].map(wordsOf);
	const own = [about.find((words) => words !== '') ?? '', wordsOf(fields.caption), wordsOf(fallbackText)];
	const words = joinDistinct(own, ', ') || caption;
	const both = words && url ? `${words} (${url})` : words || url;
	const media = both && `${NAMES.get(kind) ?? 'File'}: ${both}`;
	return join([media, buttonLine(buttons)], ' ');
}

/** Where it is; empty where nobody can get at it. */
export function mediaAddress(kind: string, fields: Fields): string {
	const { url, mediaUrl, media_url, link, href, downloadUrl } = fields;
	return firstAddress(fields[`${kind}Url`], url, mediaUrl, media_url, link, href, downloadUrl);
}

/** What a person is sent besides the text: `File: offer.pdf (https://…)`, a line for each. */
export function summariseAttachments(attachments: readonly Fields[]): string {
	return join(
		attachments.map((fields) => summariseMedia(attachmentKind(fields), fields)),
		'\n',
	);
}

/** `image`, `audio`, `video`, and `file` for everything else. */
export function attachmentKind({ type, mimeType, contentType }: Fields): string {
	const kind = textOf(type).toLowerCase();
	const kindOfContent = (textOf(mimeType) || textOf(contentType) || kind).split('/')[0] ?? '';
	return [kind, kindOfContent].find(isMediaKind) ?? 'file';
}
