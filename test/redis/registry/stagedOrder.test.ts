import fc from 'fast-check';

import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { stagedKey, stagedOrderKey } from '../../../client/registry/redis/keys';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import type { SessionRegistry } from '../../../client/registry/sessionRegistry';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { keyOf, numbered } from '../../support/registrySessions';
import { StagedBefore } from '../../support/stagedBefore';

const key = keyOf('s');

let server: RedisServer;
let redis: RedisConnection;
let registry: SessionRegistry;
let before: StagedBefore;

beforeAll(async () => {
	server = await startRedisServer();
	redis = redisConnectionFor(server.url);
	registry = redisRegistry(redisConnectionFor(server.url));
	before = new StagedBefore(redis, key);
});
beforeEach(async () => void (await redis.command('FLUSHALL')));
afterAll(async () => {
	await registry.close();
	await redis.close();
	await server.stop();
});

const batch = (id: string) => ({ id, payload: JSON.stringify({ of: id }) });

async function idsInPages(consumer: string, limit: number): Promise<string[]> {
	const ids: string[] = [];
	for (;;) {
		const after = ids.at(-1);
		const page = await registry.stagedBatches(key, consumer, { limit, ...(after === undefined ? {} : { after }) });
		if (page.length === 0) return ids;
		for (const { id, payload } of page) expect(payload).toBe(batch(id).payload);
		ids.push(...page.map(({ id }) => id));
	}
}

it('a backlog is read in its order, each batch once, however many pages that are', async () => {
	const ids = numbered(2_000);
	for (const id of ids) {
		await registry.stage(key, 'c', batch(id));
		await registry.stage(key, 'other', batch(id));
	}
	await redis.command('CONFIG', 'RESETSTAT');

	expect(await idsInPages('c', 100)).toEqual(ids);
	const stats = String(await redis.command('INFO', 'commandstats'));
	const callsOf = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
	expect(callsOf('hgetall')).toBe(0);
	// Each page looks at two counts, at the batch that it starts after, and at the one that is too much for it.
	expect(callsOf('hget')).toBeLessThanOrEqual(ids.length + 4 * 21);
	expect(callsOf('zrangebylex')).toBeLessThanOrEqual(2 * 21);
});

it('what an older version staged is read in its order', async () => {
	const strange = ['a","b', 'back\\', '\\","', '["', 'Größe 🚀', ''];
	for (const consumer of ['c', ...strange]) for (const id of strange) await before.stage(consumer, batch(id));

	for (const consumer of ['c', ...strange]) expect(await idsInPages(consumer, 2)).toEqual(strange);
});

it.each([
	['the order', stagedOrderKey(key), ['a', 'b', 'c']],
	['all but the order', stagedKey(key), []],
])('%s may be dropped by a Redis that runs out of memory', async (_what, dropped, left) => {
	for (const id of ['a', 'b', 'c']) await registry.stage(key, 'c', batch(id));
	await redis.command('DEL', dropped);

	expect(await idsInPages('c', 2)).toEqual(left);
	await registry.stage(key, 'c', batch('d'));
	expect(await idsInPages('c', 2)).toEqual([...left, 'd']);
});

const operation = fc.record({
	version: fc.constantFrom('before' as const, 'now' as const),
	what: fc.constantFrom('stage' as const, 'stage' as const, 'done' as const, 'read' as const),
	consumer: fc.constantFrom('c', 'c chunks', 'd","c'),
	id: fc.constantFrom(...numbered(3)),
});

it('two versions beside each other lose nothing, and agree about what waits and in which order', async () => {
	const run = async (operations: ReadonlyArray<typeof operation extends fc.Arbitrary<infer One> ? One : never>) => {
		await redis.command('FLUSHALL');
		const waiting = new Map<string, string[]>();
		for (const { version, what, consumer, id } of operations) {
			const ids = waiting.get(consumer) ?? [];
			if (what === 'stage') {
				await (version === 'now' ? registry.stage(key, consumer, batch(id)) : before.stage(consumer, batch(id)));
				if (!ids.includes(id)) ids.push(id);
				waiting.set(consumer, ids);
			} else if (what === 'done') {
				await (version === 'now' ? registry.recordDelivered(key, consumer, [], id) : before.done(consumer, id));
				waiting.set(
					consumer,
					ids.filter((one) => one !== id),
				);
			} else {
				expect(await (version === 'now' ? idsInPages(consumer, 2) : before.ids(consumer))).toEqual(ids);
			}
		}
		for (const [consumer, ids] of waiting) {
			expect(await idsInPages(consumer, 3)).toEqual(ids);
			expect(await before.ids(consumer)).toEqual(ids);
		}
	};
	await fc.assert(fc.asyncProperty(fc.array(operation, { maxLength: 40 }), run), { numRuns: 100 });
});

it('what an older version staged is found although it was done with as many others', async () => {
	await registry.stage(key, 'c', batch('a'));
	await before.done('c', 'a');
	await before.stage('c', batch('b'));
	await registry.stage(key, 'c', batch('c'));
	expect(await idsInPages('c', 10)).toEqual(['b', 'c']);
});

it('nothing is left of what is done', async () => {
	for (const id of numbered(250)) await registry.stage(key, 'c', batch(id));
	for (const id of numbered(200)) await registry.recordDelivered(key, 'c', [], id);
	expect(await redis.command('ZCARD', stagedOrderKey(key))).toBe(50);
	for (const id of numbered(250).slice(200)) await before.done('c', id);
	expect(await idsInPages('c', 100)).toEqual([]);
	expect(await redis.command('EXISTS', stagedOrderKey(key))).toBe(0);
});
