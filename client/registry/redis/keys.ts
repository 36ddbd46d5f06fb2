import { accountKeyOf } from '../../redis/accountKeys';
import { KEY_PREFIX } from '../../redis/redisCommands';
import type { SessionKey, StartKey } from '../sessionRegistry';

/** A set: the accounts that have sessions. */
export const ACCOUNTS_KEY = `${KEY_PREFIX}accounts`;

/**
 * What an account keeps, by session id, in the order that the scripts know.
 * Hashes: `sessions` as JSON; `bots`, whose each is; `earlier`, what a session was before it was recorded again;
 * `contexts` and `earlierContexts`, which may be large, without those that are empty.
 * Sorted sets: `order`, by sequence; by when they expire, `expiry` all, `open` those that have not ended, `unreset` those
 * that are neither reset nor claimed; `claimed` by the end of the lease; `unconfirmed` by when they were recorded.
 */
const ACCOUNT_KEYS = [
	...['sessions', 'bots', 'order', 'open', 'expiry', 'unreset', 'claimed', 'earlier', 'unconfirmed'],
	...['contexts', 'earlierContexts'],
];

export function accountKeys(account: string): string[] {
	return ACCOUNT_KEYS.map((name) => accountKeyOf(account, name));
}

/** A set: what was delivered of a session. */
export function emittedKey({ account, sessionId }: SessionKey): string {
	return accountKeyOf(account, `emitted:${sessionId}`);
}

/** A hash: the batches of a session that are about to be delivered. */
export function stagedKey({ account, sessionId }: SessionKey): string {
	return accountKeyOf(account, `staged:${sessionId}`);
}

/** A sorted set: the order of the staged batches, of which the hash has none. Versions that do not know it leave it alone. */
export function stagedOrderKey({ account, sessionId }: SessionKey): string {
	return accountKeyOf(account, `stagedOrder:${sessionId}`);
}

/** A hash: a start that is made only once. Redis forgets it by itself. */
export function startKey({ account, startId }: StartKey): string {
	return accountKeyOf(account, `start:${startId}`);
}
