/** The rights that the documents name are enough for the registry, the budget and the token, and none is too many. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';

import { NEEDED_COMMANDS } from '../../../client/redis/redisCommands';
import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { expired, EXPIRY, idsOf, keyOf, MINUTE, NOW, open, session, start } from '../../support/registrySessions';
import { documentedRights, redisUser } from '../../support/redisUser';
import { itSharesBudgetAndToken } from '../../support/sharedStateContract';

let server: RedisServer;
let url: string;

beforeAll(async () => {
	server = await startRedisServer();
	url = await redisUser(server, 'n8n', documentedRights());
});
afterAll(async () => await server.stop());

it('the registry needs no more', async () => {
	const registry = redisRegistry(redisConnectionFor(url));
	const key = keyOf('s1');
	await start(registry, session('s1', { context: { a: 1 } }));
	await registry.record(session('s2'));
	await registry.forget(keyOf('s2'));
	await start(registry, session('s1'));
	expect(idsOf(await registry.openSessions(open()))).toEqual(['s1']);
	await registry.stage(key, 'consumer', { id: 'batch', payload: '{}' });
	expect(await registry.stagedBatches(key, 'consumer')).toHaveLength(1);
	await registry.recordDelivered(key, 'consumer', ['m1'], 'batch');
	expect(await registry.deliveredIds(key, 'consumer')).toEqual(['m1']);
	const [found] = await registry.openSessions(open());
	await registry.markEnded({ ...key, sequence: found?.sequence ?? NaN }, NOW);
	expect(idsOf(await registry.claimExpired(expired()))).toEqual(['s1']);
	await registry.releaseClaim(key);
	await registry.markReset(key, EXPIRY);
	expect(await registry.prune(EXPIRY + 24 * 60 * MINUTE)).toBe(1);
	await registry.close();
});

it('starts that are made only once need no more', async () => {
	const registry = redisRegistry(redisConnectionFor(url));
	const claim = {
		...{ account: 'a', startId: 'start', owner: 'owner', fingerprint: 'sent', origin: '', sessionId: 's3' },
		...{ now: NOW, aliveUntil: NOW + MINUTE, expiresAt: NOW + MINUTE },
	};
	expect(await registry.claimStart(claim, session('s3'))).toBeUndefined();
	await registry.settleStart(claim, { aliveUntil: NOW, outcome: '{}' });
	const known = { fingerprint: 'sent', origin: '', sessionId: 's3', aliveUntil: NOW, outcome: '{}' };
	const another = { ...claim, owner: 'another' };
	expect(await registry.claimStart(another)).toEqual(known);
	await registry.releaseStart(claim);
	expect(await registry.claimStart(another)).toBeUndefined();
	await registry.close();
});

itSharesBudgetAndToken(() => url);

it('are those that docs/operations.md tells people to give', () => {
	const docs = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'operations.md'), 'utf8');
	const [, documented = ''] = /^ACL SETUSER n8n on >a-long-password (.*)$/m.exec(docs) ?? [];
	expect(documented.split(/\s+/)).toEqual(documentedRights());
});

it('are those that our scripts and commands use', () => {
	const client = join(__dirname, '..', '..', '..', 'client');
	const sources = globSync('**/*.ts', { cwd: client, ignore: ['redis/redisCommands.ts'] }).map((file) =>
		readFileSync(join(client, file), 'utf8'),
	);
	const used = sources.flatMap((source) =>
		Array.from(source.matchAll(/(?:redis\.p?call|\.command)\(\s*'([A-Z]+)'/g), ([, name = '']) => name),
	);
	expect(used.length).toBeGreaterThan(50);
	expect([...new Set(['EVAL', 'EVALSHA', ...used])].sort()).toEqual([...NEEDED_COMMANDS].sort());
});
