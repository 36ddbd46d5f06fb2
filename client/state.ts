import { join } from 'node:path';

import { sharedLogin } from './auth/sharedToken';
import { localBudget } from './budget/localBudget';
import { unlimitedBudget, type RateBudget } from './budget/rateBudget';
import { redisBudget } from './budget/redisBudget';
import { redisConnectionFor } from './redis/redisConnection';
import { accountKey } from './registry/accountKey';
import { lazyRegistry } from './registry/lazyRegistry';
import { redisRegistry } from './registry/redisRegistry';
import type { SessionRegistry } from './registry/sessionRegistry';
import { openSqliteRegistry } from './registry/sqliteRegistry';
import { systemClock } from './time/clock';
import type { V1Config } from './v1/config';
import type { ShareLogin } from './v1/tokens';

/** The file with the sessions, in n8n's folder. */
const REGISTRY_FILE = 'cognigy-sessions.sqlite';

/** Where a credential keeps its sessions, its budget and its token (design sections 4 and 5). */
export interface State {
	registry: SessionRegistry;
	budget: RateBudget;
	/** Where processes share what they have. */
	shareLogin?: ShareLogin;
}

/**
 * @param folder n8n's folder, for what is kept on this machine
 * @param onWarning told of what is wrong with the store
 */
export function openState(config: V1Config, folder: string, onWarning: (message: string) => void): State {
	const { stateStore, redisUrl, requestsPerMinute } = config;
	const clock = systemClock;
	if (stateStore === 'local') {
		return {
			registry: lazyRegistry(async () => await openSqliteRegistry(join(folder, REGISTRY_FILE)), clock),
			budget: requestsPerMinute === 0 ? unlimitedBudget : localBudget({ requestsPerMinute, clock }),
		};
	}
	const redis = redisConnectionFor(redisUrl);
	const account = accountKey({ type: 'cognigyApi', ...config });
	const { password, tokenTtlMinutes } = config;
	const lifetimeMs = tokenTtlMinutes * 60_000;
	return {
		registry: redisRegistry(redis),
		budget:
			requestsPerMinute === 0 ? unlimitedBudget : redisBudget({ requestsPerMinute, clock, redis, account, onWarning }),
		shareLogin: (login) => sharedLogin(login, { redis, account, password, lifetimeMs, clock, random: Math.random }),
	};
}
