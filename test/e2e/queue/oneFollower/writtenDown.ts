import { createClient } from '@redis/client';

import { accountKeyOf } from '../../../../client/redis/accountKeys';

/** Ids of the messages of an account that some process has written down for all. @param redisUrl of the state store */
export async function writtenDown(redisUrl: string, account: string): Promise<Set<string>> {
	const redis = createClient({ url: redisUrl });
	await redis.connect();
	const ids = new Set<string>();
	// Braces mean nothing in a pattern, and an account holds no other sign that does.
	for (const key of await redis.keys(accountKeyOf(account, 'feed:*:ids'))) {
		for (const id of await redis.zRange(key, 0, -1)) ids.add(id);
	}
	redis.destroy();
	return ids;
}
