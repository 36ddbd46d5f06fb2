import { KEY_PREFIX } from './redisCommands';

/** Something of an account. The braces keep all keys of an account on one node of a cluster. */
export function accountKeyOf(account: string, name: string): string {
	return `${KEY_PREFIX}{${account}}:${name}`;
}
