import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { SqliteRegistry } from '../../../../../client/registry/sqlite/registry';
import { makeFirstFile, type FirstFile } from '../../../../support/firstRegistry';
import { openFile } from '../../../../support/registryFiles';
import { expired, EXPIRY, idsOf, keyOf, NOW, open, session, start } from '../../../../support/registrySessions';

let folder: string;
let path: string;
let registry: SqliteRegistry | undefined;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'registry-'));
	path = join(folder, 'sessions.sqlite');
});
afterEach(async () => {
	await registry?.close();
	registry = undefined;
	await rm(folder, { recursive: true, force: true });
});

const opened = async (file: FirstFile) => {
	makeFirstFile(path, file);
	registry = await openFile(path);
	return registry;
};

const countsOf = () => {
	const db = new DatabaseSync(path);
	try {
		const tables = ['sessions', 'contexts', 'earlier_lives', 'first_sessions', 'first_earlier_lives'];
		return tables.map((table) => Number(db.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count));
	} finally {
		db.close();
	}
};

describe('a registry of the first version', () => {
	it('goes on: sessions, their order, what was emitted, and their contexts', async () => {
		const sessions = ['a', 'b'].map((id) => session(id, { context: { of: id } }));
		const after = await opened({ sessions, emitted: { a: 'm' } });

		const before = await after.openSessions(open());
		expect(idsOf(before)).toEqual(['a', 'b']);
		expect(await after.contextOf(keyOf('b'))).toEqual({ of: 'b' });
		expect(await after.deliveredIds(keyOf('a'), 'c')).toEqual(['m']);
		await start(after, session('c', { context: { of: 'c' } }));
		expect(idsOf(await after.openSessions(open({ after: before[1]?.sequence ?? NaN })))).toEqual(['c']);
		expect(await after.contextOf(keyOf('c'))).toEqual({ of: 'c' });
	});

	it('keeps its sequence when its newest sessions are gone', async () => {
		makeFirstFile(path, { sessions: [session('a'), session('gone')] });
		const db = new DatabaseSync(path);
		const latest = Number(
			db.prepare(`DELETE FROM sessions WHERE session_id = 'gone' RETURNING sequence`).get()?.sequence,
		);
		db.close();

		registry = await openFile(path);
		await start(registry, session('b', { context: { of: 'b' } }));
		expect(idsOf(await registry.openSessions(open({ after: latest })))).toEqual(['b']);
		expect(await registry.contextOf(keyOf('a'))).toEqual({});
		expect(await registry.contextOf(keyOf('b'))).toEqual({ of: 'b' });
	});

	it('claims, marks and forgets as ever, also what a session was before', async () => {
		const after = await opened({
			sessions: [session('s', { context: { turn: 2 } }), session('t')],
			earlier: [session('s', { context: { turn: 1 }, flowId: 'before' })],
		});
		expect(idsOf(await after.claimExpired(expired())).sort()).toEqual(['s', 't']);
		await after.forget(keyOf('s'));
		expect(await after.contextOf(keyOf('s'))).toEqual({ turn: 1 });
		expect(await after.openSessions(open({ flowId: 'before' }))).toMatchObject([{ sessionId: 's' }]);
		await after.record(session('s', { context: { turn: 3 } }));
		expect(await after.contextOf(keyOf('s'))).toEqual({ turn: 3 });
		await after.forget(keyOf('s'));
		expect(await after.contextOf(keyOf('s'))).toEqual({ turn: 1 });
	});

	it('leaves no context behind when its sessions go', async () => {
		const after = await opened({
			sessions: [session('s'), session('t'), session('u')],
			earlier: [session('s'), session('t')],
		});
		await after.record(session('s'));
		await after.record(session('s'));
		await after.forget(keyOf('t'));
		await after.prune(EXPIRY + 1);
		expect(countsOf()).toEqual([0, 0, 0, 0, 0]);
	});

	it('is followed and swept also where a context is no object: nobody reads it for that', async () => {
		const sessions = [
			session('good'),
			{ ...session('day'), context: new Date(NOW) },
			{ ...session('list'), context: [1] },
			{ ...session('none'), context: null },
		];
		const after = await opened({ sessions });
		expect(idsOf(await after.openSessions(open()))).toEqual(['good', 'day', 'list', 'none']);
		expect(idsOf(await after.claimExpired(expired()))).toHaveLength(4);
		await expect(after.contextOf(keyOf('day'))).rejects.toMatchObject({
			name: 'RegistryError',
			message: expect.stringContaining('"day"'),
		});
	});
});

describe('contexts', () => {
	it('are looked at by no list, no claim and no mark', async () => {
		registry = await openFile(path);
		for (const id of ['s', 't']) await start(registry, session(id, { context: { of: id } }));
		const other = new DatabaseSync(path);
		other.exec('DROP TABLE contexts; DROP TABLE first_sessions; DROP TABLE first_earlier_lives');
		other.close();

		const [first, second] = await registry.openSessions(open());
		expect([first?.sessionId, second?.sessionId]).toEqual(['s', 't']);
		await registry.markEnded({ ...keyOf('s'), sequence: first?.sequence ?? NaN }, NOW);
		expect(idsOf(await registry.claimExpired(expired()))).toEqual(['s', 't']);
		await registry.releaseClaim(keyOf('s'));
		await registry.markReset(keyOf('t'), NOW);
		await registry.confirm(keyOf('s'));
		await expect(registry.contextOf(keyOf('s'))).rejects.toThrow('contexts');
	});

	it('need no room where they are empty, and are there nevertheless', async () => {
		registry = await openFile(path);
		await start(registry, session('s'));
		await start(registry, session('s', { context: { turn: 2 } }));
		await start(registry, session('s'));
		expect(countsOf().slice(0, 3)).toEqual([1, 1, 1]);
		expect(await registry.contextOf(keyOf('s'))).toEqual({});
		await registry.forget(keyOf('s'));
		expect(await registry.contextOf(keyOf('s'))).toEqual({ turn: 2 });
	});

	it('go with their sessions, whatever these went through', async () => {
		registry = await openFile(path);
		const turn = (id: string, context: object) => session(id, { context: { ...context } });
		for (const id of ['s', 't', 'u']) {
			for (const context of [{ turn: 1 }, { turn: 2 }, { turn: 3 }]) await start(registry, turn(id, context));
		}
		await registry.forget(keyOf('t'));
		await registry.forget(keyOf('u'));
		await registry.forget(keyOf('u'));
		await registry.claimExpired(expired());
		expect(countsOf().slice(0, 3)).toEqual([2, 3, 1]);
		await registry.prune(EXPIRY + 1);
		expect(countsOf()).toEqual([0, 0, 0, 0, 0]);
	});
});

describe('a record that cannot be read', () => {
	const spoil = (id: string) => {
		const db = new DatabaseSync(path);
		db.prepare('UPDATE sessions SET created_at = 9e999 WHERE session_id = ?').run(id);
		db.close();
	};

	it('is set aside with one warning: the others are followed and swept', async () => {
		const warnings: string[] = [];
		registry = await openFile(path, undefined, (message) => warnings.push(message));
		for (const id of ['a', 'bad', 'c']) await start(registry, session(id));
		spoil('bad');

		for (let look = 0; look < 3; look++) expect(idsOf(await registry.openSessions(open()))).toEqual(['a', 'c']);
		expect(idsOf(await registry.claimExpired(expired({ limit: 2 })))).toEqual(['a', 'c']);
		expect(warnings).toEqual([expect.stringMatching(/session "bad" that cannot be read.*nothing needs to be deleted/)]);
		expect(await registry.prune(EXPIRY + 1)).toBe(3);
	});

	it('does not keep a claim from the others', async () => {
		registry = await openFile(path);
		for (const id of ['bad', 'b']) await start(registry, session(id));
		spoil('bad');
		expect(idsOf(await registry.claimExpired(expired()))).toEqual(['b']);
		await registry.releaseClaim(keyOf('b'));
		expect(idsOf(await registry.claimExpired(expired({ limit: 1 })))).toEqual(['b']);
	});

	it('is left out also where it cannot be put away', async () => {
		const warnings: string[] = [];
		registry = await openFile(path, undefined, (message) => warnings.push(message));
		for (const id of ['a', 'bad']) await start(registry, session(id));
		spoil('bad');
		const other = new DatabaseSync(path);
		other.exec(`CREATE TRIGGER refuse BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'refused'); END`);
		other.close();

		for (let look = 0; look < 3; look++) expect(idsOf(await registry.openSessions(open()))).toEqual(['a']);
		expect(warnings).toHaveLength(1);
	});
});
