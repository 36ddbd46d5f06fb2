import { redisBudget } from '../../client/budget/redisBudget';
import { redisConnectionFor } from '../../client/redis/redisConnection';
import { redisRegistry } from '../../client/registry/redisRegistry';
import { systemClock } from '../../client/time/systemClock';
import { SharedTokenStore } from '../../client/token/sharedTokenStore';
import { describeFeedContract } from './feedContract';
import { describeRegistryContract } from './registryContract';
import { otherRedisServer, startRedisServer, type RedisServer } from './redisServer';
import { documentedRights, redisUser } from './redisUser';
import { describeSharedSessions } from './sharedSessionsContract';
import { describeSharedSourceContract } from './sharedSourceContract';
import { oneServer } from './testedRedis';

/**
 * The whole contract of what is kept in Redis, on a Redis of a program, as a user with the documented rights only.
 * @param rights if not the usual ones
 */
export function describeSharedState(
	name: string,
	program: string,
	rights: readonly string[] = documentedRights(),
): void {
	let server: RedisServer;
	let url: string;
	beforeAll(async () => {
		server = await startRedisServer(undefined, [], { program });
		url = await redisUser(server, 'n8n', rights);
	});
	afterAll(async () => await server.stop());

	describeRegistryContract(name, async () => ({
		place: url,
		// A hundred thousand take one Redis long enough (test/redis/registry).
		veryMany: 10_000,
		open: async () => redisRegistry(redisConnectionFor(url)),
		remove: async () => await emptied(server.url),
	}));
	itSharesBudgetAndToken(() => url);
	describeFeedContract(name, oneServer(program, rights));
	describeSharedSourceContract(name, oneServer(program, rights));
}

/** Deletes all that a Redis holds. */
export async function emptied(url: string): Promise<void> {
	const connection = redisConnectionFor(url);
	await connection.command('FLUSHALL');
	await connection.close();
}

/** Everything that the budget and the token ask of a Redis. */
export function itSharesBudgetAndToken(urlOf: () => string): void {
	it('holds the budget and the token', async () => {
		const redis = redisConnectionFor(urlOf());
		const warnings: string[] = [];
		const budget = redisBudget({
			...{ redis, account: 'a', clock: systemClock, requestsPerWindow: 10, windowMs: 60_000 },
			onWarning: (message) => warnings.push(message),
		});
		const { signal } = new AbortController();
		await Promise.all([budget.take('call', signal), budget.take('stream', signal), budget.take('call', signal)]);
		budget.holdFor(1);
		const store = new SharedTokenStore(redis, 'a', 'password');
		const unlock = await store.lock(10_000);
		await store.put('token', 60_000);
		const stored = await store.find();
		expect(stored).toMatchObject({ value: 'token' });
		if (stored) await store.discard(stored);
		await unlock?.();
		expect(await store.find()).toBeUndefined();
		budget.close();
		await redis.close();
		expect(warnings).toEqual([]);
	});
}

/** The same on another version; where it is missing, its tests count as skipped (`test/redis/versions/install.sh`). */
export function describeOtherServer(name: string, rights?: readonly string[]): void {
	const program = otherRedisServer(name);
	if (program !== undefined) {
		describeSharedState(name, program, rights);
		describeSharedSessions(name, async () => await startRedisServer(undefined, [], { program }));
		return;
	}
	it.skip(`${name} is not there: test/redis/versions/install.sh did not bring it`, () => {});
}
