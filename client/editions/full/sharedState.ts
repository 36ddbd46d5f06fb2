import { sharedByRedis } from '../../budget/redisBudget';
import { checkStateStore } from '../../redis/checkStateStore';
import { redisConnectionFor } from '../../redis/redisConnection';
import { systemClock } from '../../time/systemClock';
import { sharedLogin } from '../../token/sharedToken';
import type { SharedState } from '../edition';

/** In Redis. */
export const sharedState: SharedState = {
	openBudget: sharedByRedis(redisConnectionFor),
	shareLogin(redisUrl, account, { password, tokenTtlMinutes }) {
		const redis = redisConnectionFor(redisUrl);
		const lifetimeMs = tokenTtlMinutes * 60_000;
		return (ownLogin) =>
			sharedLogin(ownLogin, { redis, account, password, lifetimeMs, clock: systemClock, random: Math.random });
	},
	check: checkStateStore,
};
