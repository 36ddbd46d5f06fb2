import { createHash } from 'node:crypto';

/** No service has longer ids for its messages, in characters. */
const MAX_ID_LENGTH = 500;

/**
 * An id of a message, fit to be remembered by the thousand: its hash takes the place of one that is oddly long, or that
 * holds half a character, which no store could keep.
 */
export function boundedId(id: string): string {
	if (!id.isWellFormed()) return hash(JSON.stringify(id));
	return id.length <= MAX_ID_LENGTH ? id : hash(id);
}

function hash(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}
