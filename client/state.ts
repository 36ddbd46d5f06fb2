import { join } from 'node:path';

import { sharedLogin } from './auth/sharedToken';
import { localBudget } from './budget/localBudget';
import { unlimitedBudget, type RateBudget } from './budget/rateBudget';
import { redisBudget } from './budget/redisBudget';
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
export interface StateOptions {
	stateStore: 'local' | 'redis';
	redisUrl: string;
	/** The account behind the credential, as `accountKey` makes it; holds no secret. */
	account: string;
	/** How many requests may be sent in any window of this length, in ms; 0: no limit. */
	budget: { requestsPerWindow: number; windowMs: number };
}

/** Where a credential keeps its sessions and its budget (design sections 4 and 5). */
export interface State {
	registry: SessionRegistry;
	budget: RateBudget;
}

/**
 * @param folder n8n's folder, for what is kept on this machine
 * @param onWarning told of what is wrong with the store
 */
export function openState(options: StateOptions, folder: string, onWarning: (message: string) => void): State {
	const { stateStore, redisUrl, account, budget } = options;
	const clock = systemClock;
	const isUnlimited = budget.requestsPerWindow === 0;
	const registry = openRegistry(options, folder);
	if (stateStore === 'local') {
		return {
			registry,
			budget: isUnlimited ? unlimitedBudget : localBudget({ ...budget, clock }),
		};
	}
	const redis = redisConnectionFor(redisUrl);
	return {
		registry,
		budget: isUnlimited ? unlimitedBudget : redisBudget({ ...budget, clock, redis, account, onWarning }),
	};
}

/** @param folder n8n's folder, for what is kept on this machine */
export function openRegistry(
	{ stateStore, redisUrl }: Pick<StateOptions, 'stateStore' | 'redisUrl'>,
	folder: string,
): SessionRegistry {
	return stateStore === 'local'
		? lazyRegistry(async () => await openSqliteRegistry(join(folder, REGISTRY_FILE)), systemClock)
		: redisRegistry(redisConnectionFor(redisUrl));
}

/** Shares the token of a login with the other processes that use the same Redis; nothing with a local store. */
export function openLoginSharing(
	{ stateStore, redisUrl, account }: Omit<StateOptions, 'budget'>,
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
