import { lru } from 'tiny-lru';

import { sharedByRedis } from '../../budget/redisBudget';
import { checkStateStore } from '../../redis/checkStateStore';
import { redisConnectionFor } from '../../redis/redisConnection';
import { feedSessions } from '../../streams/feed/feedSessions';
import { redisFeed } from '../../streams/feed/redis/redisFeed';
import type { SharedSessions } from '../../streams/feed/sharedSessions';
import { systemClock } from '../../time/systemClock';
import { sharedLogin } from '../../token/sharedToken';
import type { SharedState } from '../edition';

/** So many are remembered; those that fall out go on for who uses them. */
const MAX_ACCOUNTS = 200;

/** By where they are and whose they are: within this process, all clients of an account are one. */
const shared = lru<SharedSessions>(MAX_ACCOUNTS);

function openSessions(redisUrl: string, account: string): SharedSessions {
	const feed = redisFeed(redisConnectionFor(redisUrl), account);
	return feedSessions({ feed, clock: systemClock, random: Math.random });
}

/** In Redis. */
export const sharedState: SharedState = {
	openBudget: sharedByRedis(redisConnectionFor),
	shareLogin(redisUrl, account, { password, tokenTtlMinutes }) {
		const redis = redisConnectionFor(redisUrl);
		const lifetimeMs = tokenTtlMinutes * 60_000;
		return (ownLogin) =>
			sharedLogin(ownLogin, { redis, account, password, lifetimeMs, clock: systemClock, random: Math.random });
	},
	shareSessions(redisUrl, account) {
		const key = JSON.stringify([redisUrl, account]);
		const sessions = shared.get(key) ?? openSessions(redisUrl, account);
		shared.set(key, sessions);
		return sessions;
	},
	check: checkStateStore,
};
