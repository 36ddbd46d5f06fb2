import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { claimScript, extendScript } from '../../../client/registry/redis/scripts';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import type { SessionRegistry } from '../../../client/registry/sessionRegistry';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import {
	account,
	EXPIRY,
	expired,
	expiring,
	idsOf,
	keyOf,
	MINUTE,
	NOW,
	numbered,
	open,
	recorded,
	session,
	start,
} from '../../support/registrySessions';

let server: RedisServer;
let redis: RedisConnection;
let registry: SessionRegistry;

beforeEach(async () => {
	server = await startRedisServer();
	redis = redisConnectionFor(server.url);
	registry = redisRegistry(redisConnectionFor(server.url));
});
afterEach(async () => {
	await registry.close();
	await redis.close();
	await server.stop();
});

const keys = async () => (await redis.command('KEYS', '*')) as string[];
const latestSequence = async () => (await registry.openSessions(recorded())).at(-1)?.sequence ?? NaN;

describe('what the registry keeps in Redis', () => {
	it('begins with the name of the package, and lies together in a cluster', async () => {
		await registry.record(session('s'));
		await registry.recordDelivered(keyOf('s'), 'c', ['m']);

		for (const key of await keys()) {
			expect(key === 'n8n-nodes-cognigy:accounts' || key.startsWith(`n8n-nodes-cognigy:{${account}}:`)).toBe(true);
		}
	});

	it('is forgotten by Redis some day, whatever was done last', async () => {
		const expectEnds = async () => {
			for (const key of await keys()) {
				const days = Number(await redis.command('PTTL', key)) / (24 * 60 * 60 * 1000);
				expect({ key, isKept: days > 29 && days <= 30 }).toEqual({ key, isKept: true });
			}
		};
		await registry.record(session('s'));
		await expectEnds();
		await registry.claimExpired(expired());
		await expectEnds();
		await registry.releaseClaim(keyOf('s'));
		await expectEnds();
		await registry.record(session('s'));
		await expectEnds();
		await registry.record(session('only'));
		await registry.forget(keyOf('s'));
		await expectEnds();
		await registry.recordDelivered(keyOf('s'), 'c', ['m']);
		await registry.claimExpired(expired({ leaseMs: 1 }));
		await registry.claimExpired(expired({ now: expired().now + 1 }));
		await expectEnds();
		await registry.confirm(keyOf('only'));
		await expectEnds();
		await registry.markEnded({ ...keyOf('only'), sequence: await latestSequence() }, NOW);
		await expectEnds();
		await registry.stage(keyOf('s'), 'c', { id: 'b', payload: '{}' });
		await expectEnds();
	});

	it('is nothing of a session that was pruned', async () => {
		for (const id of numbered(3)) {
			await registry.record(session(id));
			await registry.record(session(id));
			await registry.recordDelivered(keyOf(id), 'c', ['m']);
			await registry.stage(keyOf(id), 'c', { id: 'b', payload: '{}' });
		}
		await registry.claimExpired(expired({ limit: 1 }));
		await registry.prune(EXPIRY + 1);

		expect(await keys()).toEqual(['n8n-nodes-cognigy:accounts']);
	});

	it('is nothing of a session that was forgotten', async () => {
		await registry.record(session('s'));
		await registry.forget(keyOf('s'));
		expect(await keys()).toEqual(['n8n-nodes-cognigy:accounts']);
	});
});

describe('the sequence', () => {
	it('goes on growing when Redis has lost everything: whoever follows has a cursor', async () => {
		for (const id of numbered(10)) await registry.record(session(id));
		const after = await latestSequence();
		await redis.command('FLUSHALL');
		await registry.record(session('s'));

		expect(await registry.openSessions(recorded({ after }))).toHaveLength(1);
	});

	it('goes on growing when the clock of the server was set back', async () => {
		await registry.record(session('s'));
		const future = (await latestSequence()) + 1e15;
		await redis.command('ZADD', `n8n-nodes-cognigy:{${account}}:order`, String(future), 's');
		await registry.record(session('t'));

		expect(await latestSequence()).toBe(future + 1);
	});
});

describe('a claim for one bot', () => {
	it('finds it behind any number of others', async () => {
		const others = numbered(6_000).map((id, index) => expiring(id, index, { botId: 'other' }));
		while (others.length > 0) await Promise.all(others.splice(0, 500).map((one) => registry.record(one)));
		await registry.record(expiring('wanted', 6_000));

		expect(await registry.claimExpired(expired({ botId: 'bot' }))).toMatchObject([{ sessionId: 'wanted' }]);
		expect(await registry.claimExpired(expired({ limit: 2 }))).toMatchObject([
			{ sessionId: 's0' },
			{ sessionId: 's1' },
		]);
	});
});

describe('when something is wrong', () => {
	it('with Redis, that is a RegistryError', async () => {
		await registry.record(session('s'));
		await server.stop();

		const error: unknown = await registry.record(session('s')).catch((reason: unknown) => reason);
		expect(error).toMatchObject({ name: 'RegistryError', message: expect.stringContaining('Redis') });
	});

	it('with a password, it does not show', async () => {
		const url = server.url.replace('//', '//user:very-secret@');
		const refused = redisRegistry(redisConnectionFor(url));
		const error: unknown = await refused.record(session('s')).catch((reason: unknown) => reason);

		expect(error).toMatchObject({ name: 'RegistryError', message: expect.not.stringContaining('very-secret') });
		await refused.close();
	});
});

const hash = (name: string) => `n8n-nodes-cognigy:{${account}}:${name}`;

describe('a record that cannot be read', () => {
	let warnings: string[];
	let warned: SessionRegistry;
	beforeEach(() => {
		warnings = [];
		warned = redisRegistry(redisConnectionFor(server.url), (message) => warnings.push(message));
	});
	afterEach(async () => await warned.close());

	const spoilt: Array<[string, () => Promise<unknown>]> = [
		['no JSON', () => redis.command('HSET', hash('sessions'), 'bad', 'no JSON')],
		['a list', () => redis.command('HSET', hash('sessions'), 'bad', '[]')],
		['half a record', () => redis.command('HSET', hash('sessions'), 'bad', '{"sessionId":"bad"}')],
		['null', () => redis.command('HSET', hash('sessions'), 'bad', 'null')],
		['missing', () => redis.command('HDEL', hash('sessions'), 'bad')],
		['without a sequence', () => redis.command('ZREM', hash('order'), 'bad')],
		[
			'that of another session',
			async () =>
				await redis.command(
					'HSET',
					hash('sessions'),
					'bad',
					String(await redis.command('HGET', hash('sessions'), 'a')),
				),
		],
	];

	it.each(spoilt)('(%s) is set aside with one warning: the others are followed and swept', async (_what, spoil) => {
		for (const id of ['a', 'bad', 'c']) await start(warned, session(id));
		await spoil();

		for (let look = 0; look < 3; look++) expect(idsOf(await warned.openSessions(open()))).toEqual(['a', 'c']);
		expect(idsOf(await warned.claimExpired(expired()))).toEqual(['a', 'c']);
		expect(warnings).toEqual([expect.stringMatching(/Redis holds a record of session "bad" that cannot be read/)]);

		await start(warned, session('bad'));
		expect(idsOf(await warned.openSessions(open()))).toContain('bad');
		expect(await warned.prune(EXPIRY + 1)).toBe(3);
		expect(await keys()).toEqual(['n8n-nodes-cognigy:accounts']);
	});

	it.each(spoilt)('(%s) does not keep a claim from the others', async (_what, spoil) => {
		for (const id of ['bad', 'b']) await start(warned, session(id));
		await spoil();
		expect(idsOf(await warned.claimExpired(expired()))).toEqual(['b']);
		await warned.releaseClaim(keyOf('b'));
		expect(idsOf(await warned.claimExpired(expired({ limit: 2 })))).toEqual(['b']);
	});

	it('does not hold up claims when its lease is over', async () => {
		for (const id of ['a', 'b']) await start(warned, session(id));
		await warned.claimExpired(expired({ leaseMs: 1 }));
		await redis.command('ZREM', hash('expiry'), 'a');
		expect(idsOf(await warned.claimExpired(expired({ now: expired().now + 1 })))).toEqual(['b']);
	});

	it('does not come back with a start that did not run', async () => {
		await start(warned, session('s'));
		await warned.record(session('s'));
		await redis.command('HSET', hash('earlier'), 's', 'no JSON');
		await warned.forget(keyOf('s'));
		expect(await warned.openSessions(recorded())).toEqual([]);
	});

	it('of what was emitted or staged is left out', async () => {
		await warned.recordDelivered(keyOf('s'), 'c', ['m']);
		await redis.command('SADD', hash('emitted:s'), 'no JSON');
		await warned.stage(keyOf('s'), 'c', { id: 'b', payload: '{}' });
		await redis.command('HSET', hash('staged:s'), '["c",no JSON', '7:{}');

		for (let look = 0; look < 3; look++) expect(await warned.deliveredIds(keyOf('s'), 'c')).toEqual(['m']);
		expect(await warned.stagedBatches(keyOf('s'), 'c')).toEqual([{ id: 'b', payload: '{}' }]);
		expect(warnings).toEqual([expect.stringMatching(/messages of session "s" that cannot be read/)]);
	});
});

describe('a claim whose answer does not arrive', () => {
	/** What runs in Redis, and whose answer gets lost. */
	const losing = (isLost: (script: string) => boolean) =>
		redisRegistry({
			...redis,
			run: async (script, keysOf, args) => {
				const answer = await redis.run(script, keysOf, args);
				if (isLost(script)) throw new Error('the answer was lost');
				return answer;
			},
			close: async () => {},
		});

	it.each([
		['at once', claimScript],
		['when it is made longer', extendScript],
	])('(%s) is free again after a minute', async (_when, lost) => {
		const { now } = expired();
		await start(registry, session('s'));
		if (lost === extendScript) {
			// The lease is not even made longer.
			const broken = redisRegistry({
				...redis,
				run: async (script, keysOf, args) => {
					if (script === lost) throw new Error('gone');
					return await redis.run(script, keysOf, args);
				},
				close: async () => {},
			});
			await expect(broken.claimExpired(expired({ leaseMs: 120 * MINUTE }))).rejects.toThrow('gone');
		} else {
			await expect(
				losing((script) => script === lost).claimExpired(expired({ leaseMs: 120 * MINUTE })),
			).rejects.toThrow('lost');
		}

		expect(await registry.claimExpired(expired({ now: now + MINUTE - 1 }))).toEqual([]);
		expect(idsOf(await registry.claimExpired(expired({ now: now + MINUTE, leaseMs: 120 * MINUTE })))).toEqual(['s']);
		expect(await registry.claimExpired(expired({ now: now + 120 * MINUTE }))).toEqual([]);
	});
});

it('contexts are looked at by no list, no claim and no mark', async () => {
	for (const id of ['s', 't']) await start(registry, session(id, { context: { of: id } }));
	await redis.command('SET', hash('contexts'), 'whoever reads this as a hash fails');

	expect(idsOf(await registry.openSessions(open()))).toEqual(['s', 't']);
	expect(idsOf(await registry.claimExpired(expired())).sort()).toEqual(['s', 't']);
	await registry.releaseClaim(keyOf('s'));
	await registry.markReset(keyOf('t'), NOW);
	await registry.confirm(keyOf('s'));
	await expect(registry.contextOf(keyOf('s'))).rejects.toThrow('WRONGTYPE');
});

describe('records of the first version, which hold their contexts', () => {
	/** As the first version would have written it. */
	const asFirst = async (id: string, context: unknown) => {
		const json = String(await redis.command('HGET', hash('sessions'), id));
		const first = JSON.stringify({ ...(JSON.parse(json) as object), context: JSON.stringify(context) });
		await redis.command('HSET', hash('sessions'), id, first);
		await redis.command('HDEL', hash('contexts'), id);
	};
	const strange = { text: ',"context":"', 'a\\"b': ['}', '"{}"}'] };

	it('are followed on and lose their contexts to a place of their own', async () => {
		for (const id of ['a', ',"context":"', 'empty']) await start(registry, session(id));
		const before = await registry.openSessions(open());
		await asFirst('a', strange);
		await asFirst(',"context":"', { of: 'b' });

		expect(await registry.contextOf(keyOf('a'))).toEqual(strange);
		expect(await registry.openSessions(open())).toEqual(before);
		expect(await registry.contextOf(keyOf('a'))).toEqual(strange);
		expect(await registry.contextOf(keyOf(',"context":"'))).toEqual({ of: 'b' });
		expect(await registry.contextOf(keyOf('empty'))).toEqual({});
		expect(await redis.command('HGET', hash('sessions'), 'a')).toMatch(/,"context":"\{\}"\}$/);
		expect(await redis.command('HLEN', hash('contexts'))).toBe(2);
	});

	it('are found all, however large they are', async () => {
		const ids = numbered(12);
		for (const id of ids) {
			await start(registry, session(id));
			await asFirst(id, { text: 'x'.repeat(1_500_000) });
		}
		expect(idsOf(await registry.openSessions(open()))).toEqual(ids);
		for (const id of ids) expect(Number(await redis.command('HSTRLEN', hash('sessions'), id))).toBeLessThan(500);
	});

	it('are claimed in portions when they are large', async () => {
		const ids = numbered(12);
		for (const id of ids) {
			await start(registry, session(id));
			await asFirst(id, { text: 'x'.repeat(1_500_000) });
		}
		const claimed: string[] = [];
		for (let claim = 0; claim < ids.length && claimed.length < ids.length; claim++) {
			claimed.push(...idsOf(await registry.claimExpired(expired())));
		}
		expect(claimed.sort()).toEqual([...ids].sort());
	});

	it('come back when a later start did not run', async () => {
		await start(registry, session('s'));
		await asFirst('s', { turn: 1 });
		const before = await registry.openSessions(open());
		await registry.record(session('s', { context: { turn: 2 } }));
		await registry.forget(keyOf('s'));
		expect(await registry.openSessions(open())).toEqual(before);
		expect(await registry.contextOf(keyOf('s'))).toEqual({ turn: 1 });
	});

	it('are followed and swept also where a context is no object', async () => {
		for (const id of ['good', 'day']) await start(registry, session(id));
		await asFirst('day', new Date(NOW));
		expect(idsOf(await registry.openSessions(open()))).toEqual(['good', 'day']);
		expect(idsOf(await registry.claimExpired(expired())).sort()).toEqual(['day', 'good']);
		await expect(registry.contextOf(keyOf('day'))).rejects.toMatchObject({ name: 'RegistryError' });
	});

	it('of sessions with contexts of this version can be read by that one: they look as if these were empty', async () => {
		await start(registry, session('s', { context: { a: 1 } }));
		const stored: unknown = JSON.parse(String(await redis.command('HGET', hash('sessions'), 's')));
		expect(stored).toMatchObject({ sessionId: 's', context: '{}' });
	});
});

describe('closing', () => {
	it('closes the connection, once', async () => {
		const close = jest.fn(async () => {});
		const closing = redisRegistry({ ...redis, close });
		await closing.close();
		await closing.close();

		expect(close).toHaveBeenCalledTimes(1);
		await expect(closing.prune(NOW)).rejects.toThrow('closed');
	});
});
