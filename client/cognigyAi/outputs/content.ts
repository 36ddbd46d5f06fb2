import { summariseAdaptiveCard } from './adaptiveCard';
import { summariseChoice } from './buttons';
import { summariseCards } from './cards';
import { fieldsOf, firstWords, join, wordsOf, type Fields } from './fields';
import { summariseMedia } from './media';
import { summariseMessenger } from './messenger';

/** By the name of the field: what it says. */
const KINDS: Readonly<Record<string, (value: unknown, caption: string) => string>> = {
	message: (value, caption) => summariseMessenger(fieldsOf(value), caption),
	_text: (value) => firstWords(fieldsOf(value).text, value),
	_quickReplies: (value) => summariseChoice(fieldsOf(value)),
	_buttons: (value) => summariseChoice(fieldsOf(value)),
	_gallery: (value) => summariseCards(fieldsOf(value)),
	_list: (value) => summariseCards(fieldsOf(value)),
	_adaptiveCard: summariseAdaptiveCard,
	adaptiveCard: summariseAdaptiveCard,
	_image: (value, caption) => summariseMedia('image', fieldsOf(value), caption),
	_audio: (value, caption) => summariseMedia('audio', fieldsOf(value), caption),
	_video: (value, caption) => summariseMedia('video', fieldsOf(value), caption),
	_file: (value, caption) => summariseMedia('file', fieldsOf(value), caption),
};

/** The names that only Cognigy's own content has, wherever it stands. */
const OWN_NAMES: readonly string[] = Object.keys(KINDS).filter((name) => name.startsWith('_'));

/**
 * What a section for a channel says that is in the form of Cognigy's own or of the web chats.
 * @param caption for media that have none
 */
export function summariseContent(section: Fields, caption: string): string {
	const fallback = firstWords(section.fallbackText, section._fallbackText);
	return summarise(section, Object.keys(KINDS), fallback || caption) || fallback;
}

/** The same for fields that stand somewhere without a section. */
export function summariseOwnContent(fields: Fields, caption: string): string {
	return summarise(fields, OWN_NAMES, caption);
}

function summarise(fields: Fields, names: readonly string[], caption: string): string {
	const parts = names.map((name) => {
		const value = fields[name];
		return value === undefined ? '' : KINDS[name]?.(value, caption) || wordsOf(fieldsOf(value).fallbackText);
	});
	return join(parts, '\n');
}
