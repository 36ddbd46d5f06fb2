import { summariseChannel } from './channels';
import { summariseContent, summariseOwnContent } from './content';
import { fieldsOf, firstWords, join, objectsOf, type Fields } from './fields';
import { plainText } from './html/plainText';
import { summariseAttachments } from './media';
import { summarisePlugin } from './plugins';
import { rootsOf, SECTIONS } from './roots';

/**
 * What a person would read of an output: its text, without HTML and SSML, and what is rich in it (quick replies,
 * buttons, galleries, lists, adaptive cards, media, plugins, attachments) summed up. Empty for outputs that say nothing,
 * as those that only hold data.
 * @param data of the output; what is rich stands in `_cognigy`, sometimes one level deeper
 *   (docs/protocol-cognigy-ai.md#outputs)
 */
export function readableText(text: string, data: Fields = {}): string {
	const own = visible(plainText(text));
	const roots = rootsOf(data);
	const fallback = firstOf(roots, ({ _fallbackText, fallbackText }) => firstWords(_fallbackText, fallbackText));
	const rich = richText(roots, fallback);
	const attached = firstOf(roots, ({ attachments }) => summariseAttachments(objectsOf(attachments)));
	// Some channels repeat the text in the rich part.
	const parts = [rich, attached].map((part) => (part === own ? '' : withoutFirstLine(part, own)));
	return join([own, ...parts], '\n') || fallback;
}

/** Of the sections, the first one that says anything is read. */
function richText(roots: readonly Fields[], caption: string): string {
	for (const name of SECTIONS) {
		const words = firstOf(roots, (root) => summariseContent(fieldsOf(root[name]), caption));
		if (words !== '') return words;
	}
	return (
		firstOf(roots, (root) => summariseOwnContent(root, caption)) ||
		firstOf(roots, summariseChannel) ||
		firstOf(roots, ({ _plugin }) => summarisePlugin(fieldsOf(_plugin)))
	);
}

function firstOf(roots: readonly Fields[], summarise: (root: Fields) => string): string {
	for (const root of roots) {
		const words = summarise(root);
		if (words !== '') return words;
	}
	return '';
}

/** Without space around it; empty where there is nothing to see. */
function visible(text: string): string {
	// eslint-disable-next-line no-control-regex -- language models put out lone control characters
	return /[^\s\u0000-\u001f\u007f\u200b-\u200f\u2060]/.test(text) ? text.trim() : '';
}

function withoutFirstLine(part: string, line: string): string {
	return line !== '' && part.startsWith(`${line}\n`) ? part.slice(line.length + 1) : part;
}
