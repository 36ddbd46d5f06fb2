import { DatabaseSync } from 'node:sqlite';

import { Database } from '../../../../../client/registry/sqlite/database';
import { SqliteRegistry } from '../../../../../client/registry/sqlite/registry';
import { systemClock } from '../../../../../client/time/systemClock';
import { FakeClock } from '../../../../support/fakeClock';
import { openFile, sqliteStore } from '../../../../support/registryFiles';
import type { RegistryStore } from '../../../../support/registryContract';
import { expired, idsOf, keyOf, NOW, numbered, recorded, session } from '../../../../support/registrySessions';
import { until } from '../../../../support/until';

let store: RegistryStore;
beforeEach(async () => {
	store = await sqliteStore();
});
afterEach(async () => await store.remove());

describe('while another process is writing', () => {
	let clock: FakeClock;
	let registry: SqliteRegistry;
	let other: DatabaseSync;

	const start = async (fakeClock: FakeClock) => {
		clock = fakeClock;
		registry = await openFile(store.place, clock);
		await registry.record(session('before'));
		other = new DatabaseSync(store.place);
		other.exec('BEGIN IMMEDIATE');
	};
	afterEach(async () => {
		other.close();
		await registry.close();
	});

	it('a call waits without keeping the process from its work, and then succeeds', async () => {
		await start(new FakeClock({ skipsUpToMs: 50 }));
		const recording = registry.record(session('s'));
		await until(() => clock.skipped.length >= 5);
		other.exec('COMMIT');
		await recording;

		expect(idsOf(await registry.openSessions(recorded()))).toEqual(['before', 's']);
		for (const pause of clock.skipped) expect(pause).toBeLessThanOrEqual(50);
	});

	it('a call gives up after two seconds, and has done nothing', async () => {
		await start(new FakeClock({ skipsUpToMs: 50 }));
		await expect(registry.record(session('s'))).rejects.toMatchObject({
			name: 'RegistryError',
			message: expect.stringMatching(/is busy.* 2 s/),
		});
		expect(clock.monotonic()).toBeGreaterThan(1_900);
		expect(clock.monotonic()).toBeLessThanOrEqual(2_000);

		other.exec('COMMIT');
		expect(idsOf(await registry.openSessions(recorded()))).toEqual(['before']);
		await registry.record(session('s'));
	});

	it('calls of the same moment give up at the same time', async () => {
		await start(new FakeClock({ skipsUpToMs: 50 }));
		const outcomes = await Promise.allSettled(numbered(3).map(async (id) => await registry.record(session(id))));
		const busy = { name: 'RegistryError', message: expect.stringContaining('is busy') };
		expect(outcomes).toMatchObject(numbered(3).map(() => ({ status: 'rejected', reason: busy })));
		expect(clock.monotonic()).toBeLessThanOrEqual(2_000);
	});

	it('reading goes on', async () => {
		await start(new FakeClock());
		expect(idsOf(await registry.openSessions(recorded()))).toEqual(['before']);
		expect(await registry.deliveredIds(keyOf('before'), 'c')).toEqual([]);
	});

	it('closing ends the calls that wait, and leaves no timer', async () => {
		await start(new FakeClock());
		const outcome = expect(registry.record(session('s'))).rejects.toMatchObject({
			name: 'RegistryError',
			message: expect.stringContaining('closed'),
		});
		await until(() => clock.pendingTimers > 0);
		await registry.close();

		await outcome;
		expect(clock.pendingTimers).toBe(0);
	});

	it('opening waits too', async () => {
		await start(new FakeClock({ skipsUpToMs: 50 }));
		clock.skipped.length = 0;
		const opening = openFile(store.place, clock);
		await until(() => clock.skipped.length >= 3);
		other.exec('COMMIT');
		await (await opening).close();
	});
});

describe('a full disk', () => {
	it('is an error that says so; what was recorded stays, and with new space all goes on', async () => {
		const database = await Database.open(store.place, { clock: systemClock, random: Math.random });
		const registry = new SqliteRegistry(database, systemClock, () => {});
		const allowPages = (count: number) =>
			database.read((prepared) => prepared(`PRAGMA max_page_count = ${count}`).get());
		const filling = session('large', { context: { text: 'x'.repeat(500_000) } });
		await registry.record(session('before'));
		await allowPages(50);

		await expect(registry.record(filling)).rejects.toMatchObject({
			name: 'RegistryError',
			message: expect.stringContaining('Free some space'),
		});
		await expect(registry.recordDelivered(keyOf('before'), 'c', numbered(50_000))).rejects.toThrow('Free some space');
		expect(idsOf(await registry.openSessions(recorded()))).toEqual(['before']);
		expect(await registry.deliveredIds(keyOf('before'), 'c')).toEqual([]);

		await allowPages(100_000);
		await registry.record(filling);
		await registry.recordDelivered(keyOf('before'), 'c', ['m']);
		expect(idsOf(await registry.openSessions(recorded()))).toEqual(['before', 'large']);
		await registry.close();
	});
});

describe('what goes wrong', () => {
	it('shows nothing of the session', async () => {
		const registry = await openFile(store.place);
		const other = new DatabaseSync(store.place);
		other.exec('DROP TABLE sessions');
		other.close();

		const outcome = registry.record(session('s', { context: { password: 'very-secret' } }));
		await expect(outcome).rejects.toMatchObject({ name: 'RegistryError' });
		await expect(outcome).rejects.not.toThrow('very-secret');
		await expect(registry.claimExpired(expired())).rejects.toThrow(store.place);
		await registry.close();
	});
});

describe('what was emitted of sessions that are not recorded', () => {
	it('is pruned when nothing was emitted since', async () => {
		const clock = new FakeClock({ startsAt: new Date(NOW).toISOString() });
		const registry = await openFile(store.place, clock);
		await registry.recordDelivered(keyOf('old'), 'c', ['m']);
		await registry.recordDelivered(keyOf('busy'), 'c', ['m1']);
		await registry.record(session('recorded', { ttlSeconds: 9_999 }));
		await registry.recordDelivered(keyOf('recorded'), 'c', ['m']);
		clock.jumpWallTime(10);
		await registry.recordDelivered(keyOf('busy'), 'c', ['m2']);

		await registry.prune(NOW + 10);
		expect(await registry.deliveredIds(keyOf('old'), 'c')).toEqual([]);
		expect(await registry.deliveredIds(keyOf('busy'), 'c')).toEqual(['m1', 'm2']);
		expect(await registry.deliveredIds(keyOf('recorded'), 'c')).toEqual(['m']);
		await registry.close();
	});
});
