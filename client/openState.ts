import { join } from 'node:path';

import { sharedLogin } from './token/sharedToken';
import { PostedAnswers } from './cognigyAi/postedAnswers';
import { redisConnectionFor } from './redis/redisConnection';
import { lazyRegistry } from './registry/lazyRegistry';
import { redisRegistry } from './registry/redisRegistry';
import type { SessionRegistry } from './registry/sessionRegistry';
import { openSqliteRegistry } from './registry/sqliteRegistry';
import { systemClock } from './time/clock';
import type { ShareLogin } from './v1/tokens';

/** The file with the sessions, in n8n's folder. */
const REGISTRY_FILE = 'cognigy-sessions.sqlite';

/** What a credential says about where it keeps its state. */
export interface StateStore {
	stateStore: 'local' | 'redis';
	redisUrl: string;
}

/**
 * Where a credential keeps its sessions (docs/guarantees.md#session-registry).
 * @param folder n8n's folder, for what is kept on this machine
 */
export function openRegistry(
	{ stateStore, redisUrl }: StateStore,
	folder: string,
	onWarning: (message: string) => void,
): SessionRegistry {
	if (stateStore === 'redis') return redisRegistry(redisConnectionFor(redisUrl), onWarning);
	return lazyRegistry(async () => await openSqliteRegistry(join(folder, REGISTRY_FILE), onWarning), systemClock);
}

/** By where chunks are staged. */
const postedAnswers = new Map<string, PostedAnswers>();

/** What credentials of either type say about their store, unless they cannot be read. */
export interface StoreFields {
	stateStore?: unknown;
	redisUrl?: unknown;
}

/**
 * What collects the streamed answers that Webhook endpoints post, for all who stage them in the same place.
 * @param fields of the credential that says where; unchecked. Without any, it is this machine
 * @param folder n8n's folder, for what is kept on this machine
 */
export function postedAnswersIn(
	{ stateStore, redisUrl }: StoreFields,
	folder: string,
	onWarning: (message: string) => void,
): PostedAnswers {
	const store: StateStore =
		stateStore === 'redis' ? { stateStore, redisUrl: String(redisUrl ?? '') } : { stateStore: 'local', redisUrl: '' };
	const place = JSON.stringify(store.stateStore === 'redis' ? store : { ...store, folder });
	const known = postedAnswers.get(place);
	if (known) return known;
	const registry = openRegistry(store, folder, onWarning);
	const answers = new PostedAnswers({ registry, clock: systemClock, onWarning });
	postedAnswers.set(place, answers);
	return answers;
}

/** As `postedAnswersIn`, where nothing is staged: for tests of workflows. */
export function postedAnswersOfTests(onWarning: (message: string) => void): PostedAnswers {
	return new PostedAnswers({ registry: undefined, clock: systemClock, onWarning });
}

/**
 * Shares the token of a login with the other processes that use the same Redis; nothing with a local store.
 * @param account who is logged in; holds no secret
 */
export function openLoginSharing(
	{ stateStore, redisUrl }: StateStore,
	account: string,
	login: { password: string; tokenTtlMinutes: number },
): { shareLogin?: ShareLogin } {
	if (stateStore === 'local') return {};
	const { password, tokenTtlMinutes } = login;
	const redis = redisConnectionFor(redisUrl);
	const lifetimeMs = tokenTtlMinutes * 60_000;
	return {
		shareLogin: (ownLogin) =>
			sharedLogin(ownLogin, { redis, account, password, lifetimeMs, clock: systemClock, random: Math.random }),
	};
}
