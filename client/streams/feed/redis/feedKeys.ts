import { createHash } from 'node:crypto';

import { accountKeyOf } from '../../../redis/accountKeys';

/**
 * What all feeds of an account have in common. Sorted sets: the processes, by until when they are taken to live; the feeds,
 * by the number of their last change. A hash: how many changes there were.
 */
export function feedsKeys(account: string): string[] {
	return ['processes', 'changed', 'state'].map((name) => accountKeyOf(account, `feeds:${name}`));
}

/**
 * One feed. A hash: its holder, its size, and how far it goes. Sorted sets by position: entries, and ids, which are kept
 * longer. A hash: how far who reads it has come.
 */
export function feedKeys(account: string, feed: string): string[] {
	return ['', ':entries', ':ids', ':readers'].map((part) => accountKeyOf(account, `feed:${feed}${part}`));
}

/** The name of a session may hold the token of an endpoint. */
export function feedOf(name: string): string {
	return createHash('sha256').update(name).digest('base64url');
}
