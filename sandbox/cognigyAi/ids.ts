import { createHash } from 'node:crypto';

/** Ids that look like Cognigy's, and are the same ones in every run. */

/** 24 hexadecimal digits, as MongoDB's. */
export const objectId = (name: string): string => digest(name).slice(0, 24);

/** A UUID, as reference ids are. */
export function referenceId(name: string): string {
	const hex = digest(`reference ${name}`);
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** 64 hexadecimal digits, as the tokens in endpoint URLs. */
export const urlToken = (name: string): string => digest(`token ${name}`);

function digest(name: string): string {
	return createHash('sha256').update(`cognigy-ai sandbox ${name}`).digest('hex');
}
