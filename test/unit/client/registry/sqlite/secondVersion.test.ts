import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { openFile } from '../../../../support/registryFiles';
import { claim, EXPIRY, idsOf, keyOf, NOW, open, session, start } from '../../../../support/registrySessions';
import { makeSecondFile } from '../../../../support/secondRegistry';

let folder: string;
let path: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'registry-'));
	path = join(folder, 'sessions.sqlite');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const versionOf = () => {
	const db = new DatabaseSync(path);
	try {
		return db.prepare('PRAGMA user_version').get()?.['user_version'];
	} finally {
		db.close();
	}
};

describe('a registry of the second version', () => {
	it('goes on with what it holds, and knows starts from now on', async () => {
		makeSecondFile(
			path,
			['a', 'b'].map((id) => session(id, { context: { of: id } })),
		);
		expect(versionOf()).toBe(2);
		const registry = await openFile(path);

		expect(versionOf()).toBe(4);
		const before = await registry.openSessions(open());
		expect(idsOf(before)).toEqual(['a', 'b']);
		expect(await registry.contextOf(keyOf('b'))).toEqual({ of: 'b' });
		expect(await registry.claimStart(claim('o'), session('b', { context: { turn: 2 } }))).toBeUndefined();
		expect(await registry.claimStart(claim('p'))).toMatchObject({ sessionId: 's' });
		await registry.forget(keyOf('b'));
		expect(await registry.contextOf(keyOf('b'))).toEqual({ of: 'b' });
		await start(registry, session('c'));
		expect(idsOf(await registry.openSessions(open({ after: before[1]?.sequence ?? NaN })))).toContain('c');
		expect(await registry.prune(EXPIRY + 1)).toBe(3);
		await registry.close();
	});

	it('is brought forward once, however many processes open it at the same moment', async () => {
		makeSecondFile(path, [session('a')]);
		const registries = await Promise.all([openFile(path), openFile(path), openFile(path)]);
		const claims = await Promise.all(registries.map((registry, index) => registry.claimStart(claim(`o${index}`))));
		expect(claims.filter((known) => known === undefined)).toHaveLength(1);
		for (const registry of registries) {
			expect(idsOf(await registry.openSessions(open({ now: NOW })))).toEqual(['a']);
			await registry.close();
		}
	});
});
