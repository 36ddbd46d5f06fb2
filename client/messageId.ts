import { createHash } from 'node:crypto';

/** No service has longer ids for its messages, in characters. */
const MAX_ID_LENGTH = 500;

/** An id of a message, fit to be remembered by the thousand: its hash takes the place of one that is oddly long. */
export function boundedId(id: string): string {
	return id.length <= MAX_ID_LENGTH ? id : createHash('sha256').update(id).digest('hex');
}
