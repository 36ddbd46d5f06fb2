import { redisConnectionFor, type RedisConnection } from '../../client/redis/redisConnection';
import { startRedisServer } from './redisServer';
import { redisUser } from './redisUser';

/** A Redis, one or several, that a contract is run on. */
export interface TestedRedis {
	/** As the client uses it. */
	redis: RedisConnection;
	/** May do all, where keys are that the tests name. */
	admin: RedisConnection;
	close(): Promise<void>;
}

/**
 * A server of its own on this machine.
 * @param rights of the user that the client is; all if missing
 */
export function oneServer(program?: string, rights?: readonly string[]): () => Promise<TestedRedis> {
	return async () => {
		const server = await startRedisServer(undefined, [], program === undefined ? {} : { program });
		const url = rights ? await redisUser(server, 'feed', rights) : server.url;
		return testedAt(url, server.url, async () => await server.stop());
	};
}

/** @param stop ends the servers */
export function testedAt(url: string, adminUrl: string, stop: () => Promise<void>): TestedRedis {
	const [redis, admin] = [redisConnectionFor(url), redisConnectionFor(adminUrl)];
	return {
		redis,
		admin,
		async close() {
			await redis.close();
			await admin.close();
			await stop();
		},
	};
}
