import type { Fields } from './fields';
import { plainText } from './html/plainText';

/** Where `data` holds the text as it was sent. */
export const SENT_TEXT = '_text';

/**
 * The data of an output, with its text as it was sent where a person reads something else: HTML and SSML are lost
 * otherwise. What the output itself holds there stays.
 */
export function withSentText(text: string, data: Fields = {}): Fields {
	return SENT_TEXT in data || plainText(text) === text ? data : { ...data, [SENT_TEXT]: text };
}
