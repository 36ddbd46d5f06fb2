import { redisConnectionFor, type RedisConnection } from '../../../client/redis/redisConnection';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import type { SessionRegistry } from '../../../client/registry/sessionRegistry';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import {
	account,
	EXPIRY,
	expired,
	expiring,
	keyOf,
	NOW,
	numbered,
	recorded,
	session,
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
		await registry.recordEmitted(keyOf('s'), 'c', ['m']);

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
		await registry.recordEmitted(keyOf('s'), 'c', ['m']);
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
			await registry.recordEmitted(keyOf(id), 'c', ['m']);
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

	it.each(['no JSON', '[]', '{"sessionId":"s"}', 'null'])(
		'with what is stored (%s), that is a RegistryError',
		async (text) => {
			await registry.record(session('s'));
			await redis.command('HSET', `n8n-nodes-cognigy:{${account}}:sessions`, 's', text);

			await expect(registry.openSessions(recorded())).rejects.toMatchObject({
				name: 'RegistryError',
				message: expect.stringContaining('did not write'),
			});
		},
	);

	it('with what was emitted, that is a RegistryError', async () => {
		await redis.command('SADD', `n8n-nodes-cognigy:{${account}}:emitted:s`, 'no JSON');
		await expect(registry.emittedIds(keyOf('s'), 'c')).rejects.toMatchObject({ name: 'RegistryError' });
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
