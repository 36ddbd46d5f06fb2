const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The beginning of a text that may come from anywhere, cut between what people take for characters: no half of an emoji,
 * no letter without its accent. Halves of characters that are in it already become U+FFFD, for whoever takes only
 * well-formed text.
 * @param max length at most, in UTF-16 code units
 */
export function cut(text: string, max: number): string {
	// One character may be long, but none needs to be looked at from further away than this.
	const start = text.slice(0, max + LONGEST_CHARACTER).toWellFormed();
	if (start.length <= max) return start;
	const end = characters.segment(start).containing(max)?.index ?? max;
	// Marks that are heaped on one letter without end are no character that anybody would miss.
	return start.slice(0, end > max - LONGEST_CHARACTER ? end : max).toWellFormed();
}

/** More than any emoji, flag or syllable takes, in UTF-16 code units. */
const LONGEST_CHARACTER = 64;
