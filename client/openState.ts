import { join } from 'node:path';

import { sharedLogin } from './token/sharedToken';
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
