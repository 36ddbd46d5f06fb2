import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { SqliteRegistry } from '../../../../../client/registry/sqlite/registry';
import { openFile } from '../../../../support/registryFiles';
import {
	expired,
	EXPIRY,
	idsOf,
	keyOf,
	MINUTE,
	NOW,
	open,
	recorded,
	session,
	start,
} from '../../../../support/registrySessions';
import { ThirdFile } from '../../../../support/thirdRegistry';

/** Until when the session `claimed` is claimed. */
const CLAIMED_UNTIL = EXPIRY + 90 * MINUTE;

let folder: string;
let path: string;
let registry: SqliteRegistry;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'registry-'));
	path = join(folder, 'sessions.sqlite');
	const file = new ThirdFile(path);
	for (const id of ['late', 'unconfirmed', 'ended', 'reset', 'claimed', 'again']) {
		file.record(session(id, { context: id === 'late' ? {} : { of: id } }));
	}
	for (const id of ['ended', 'reset', 'claimed', 'again', 'late']) file.confirm(id);
	file.mark('ended', 'ended_at', NOW);
	file.mark('reset', 'reset_at', NOW);
	file.mark('claimed', 'claimed_until', CLAIMED_UNTIL);
	file.record(session('again', { context: { turn: 2 } }));
	file.close();
	registry = await openFile(path);
});
afterEach(async () => {
	await registry.close();
	await rm(folder, { recursive: true, force: true });
});

const ask = (sql: string) => {
	const db = new DatabaseSync(path);
	try {
		return db.prepare(sql).all();
	} finally {
		db.close();
	}
};
const placeOf = async (id: string) =>
	(await registry.openSessions(recorded())).find(({ sessionId }) => sessionId === id)?.sequence ?? NaN;

describe('a registry of the third version', () => {
	it('has the new format, and the sessions that it had, in their order', async () => {
		expect(ask('PRAGMA user_version')).toEqual([{ user_version: 4 }]);
		const rows = ask('SELECT session_id AS sessionId, sequence FROM sessions WHERE ended_at IS NULL ORDER BY sequence');
		const all = await registry.openSessions(recorded());
		expect(all.map(({ sessionId, sequence }) => ({ sessionId, sequence }))).toEqual(rows);
		expect(idsOf(all)).toEqual(['unconfirmed', 'reset', 'claimed', 'late', 'again']);
		expect(idsOf(await registry.openSessions(open()))).toEqual(['reset', 'claimed', 'late']);
		for (const id of ['unconfirmed', 'ended', 'reset', 'claimed']) {
			expect(await registry.contextOf(keyOf(id))).toEqual({ of: id });
		}
		expect(await registry.contextOf(keyOf('late'))).toEqual({});
	});

	it('goes on behind a cursor of before: new sessions, and those that are confirmed only now', async () => {
		const after = await placeOf('again');
		await start(registry, session('new'));
		await registry.confirm(keyOf('unconfirmed'));
		await registry.confirm(keyOf('late'));
		expect(idsOf(await registry.openSessions(open({ after })))).toEqual(['new', 'unconfirmed']);
	});

	it('ends a session for whoever saw it before, unless it was confirmed meanwhile', async () => {
		const reset = { ...keyOf('reset'), sequence: await placeOf('reset') };
		const unconfirmed = { ...keyOf('unconfirmed'), sequence: await placeOf('unconfirmed') };
		await registry.confirm(unconfirmed);
		await registry.markEnded(reset, NOW);
		await registry.markEnded(unconfirmed, NOW);
		expect(idsOf(await registry.openSessions(open()))).toEqual(['claimed', 'late', 'unconfirmed']);
	});

	it('claims what was neither reset nor claimed, and in its time what was claimed', async () => {
		const unclaimed = ['again', 'ended', 'late', 'unconfirmed'];
		expect(idsOf(await registry.claimExpired(expired({ leaseMs: 0 }))).sort()).toEqual(unclaimed);
		const later = expired({ now: CLAIMED_UNTIL });
		expect(idsOf(await registry.claimExpired(later)).sort()).toEqual([...unclaimed, 'claimed'].sort());
	});

	it('brings the earlier life back to its place', async () => {
		expect(await registry.contextOf(keyOf('again'))).toEqual({ turn: 2 });
		await registry.forget(keyOf('again'));
		expect(await registry.contextOf(keyOf('again'))).toEqual({ of: 'again' });
		expect(idsOf(await registry.openSessions(open()))).toEqual(['reset', 'claimed', 'again', 'late']);
	});

	it('leaves nothing behind when its sessions go', async () => {
		await registry.record(session('late', { context: { turn: 2 } }));
		await registry.forget(keyOf('claimed'));
		expect(await registry.prune(EXPIRY + 1)).toBe(5);
		for (const table of ['sessions', 'earlier_lives', 'contexts']) expect(ask(`SELECT * FROM ${table}`)).toEqual([]);
	});
});
