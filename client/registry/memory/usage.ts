/** What an entry takes beside its texts, in characters: without it, any number of empty ones would be for free. */
const ENTRY = 50;

/** How much a store holds, in characters. */
export class Usage {
	characters = 0;
}

/** What an entry with these texts takes, in characters. */
export function weightOf(...texts: readonly string[]): number {
	return texts.reduce((sum, text) => sum + text.length, ENTRY);
}
