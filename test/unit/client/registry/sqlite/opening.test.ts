import { chmod, mkdir, mkdtemp, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { openSqliteRegistry } from '../../../../../client/registry/sqliteRegistry';
import { asNobody } from '../../../../support/asNobody';
import { openFile } from '../../../../support/registryFiles';
import { idsOf, numbered, recorded, session } from '../../../../support/registrySessions';

let folder: string;
let path: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'registry-'));
	path = join(folder, 'sessions.sqlite');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;
const refusal = async (opening: Promise<unknown>): Promise<Error> => {
	const error: unknown = await opening.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	expect(error).toMatchObject({ name: 'RegistryError', message: expect.stringContaining(path) });
	return error as Error;
};

describe('opening a registry', () => {
	it('makes the file and its folders', async () => {
		const deep = join(folder, 'a', 'b', 'sessions.sqlite');
		const registry = await openSqliteRegistry(deep);
		await registry.record(session('s'));
		await registry.close();

		expect((await stat(deep)).size).toBeGreaterThan(0);
		expect(await modeOf(join(folder, 'a'))).toBe(0o700);
	});

	it('finds what was recorded before', async () => {
		const first = await openSqliteRegistry(path);
		await first.record(session('s'));
		await first.close();

		const second = await openSqliteRegistry(path);
		expect(idsOf(await second.openSessions(recorded()))).toEqual(['s']);
		await second.close();
	});

	it('gives all in this process the same one, until it is closed', async () => {
		const [one, two] = await Promise.all([openSqliteRegistry(path), openSqliteRegistry(path)]);
		expect(two).toBe(one);
		expect(await openSqliteRegistry(relative('', path))).toBe(one);
		const other = await openSqliteRegistry(join(folder, 'other.sqlite'));
		expect(other).not.toBe(one);

		await one.close();
		const next = await openSqliteRegistry(path);
		expect(next).not.toBe(one);
		await one.close();
		await next.record(session('s'));
		expect(await openSqliteRegistry(path)).toBe(next);
		await Promise.all([next.close(), other.close()]);
	});

	it('can be tried again after it failed', async () => {
		await mkdir(path);
		await refusal(openSqliteRegistry(path));
		await rmdir(path);

		const registry = await openSqliteRegistry(path);
		await registry.record(session('s'));
		await registry.close();
	});

	it('uses a write-ahead log, which readers and writers do not block', async () => {
		const registry = await openFile(path);
		const db = new DatabaseSync(path);
		expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
		db.exec('BEGIN; SELECT * FROM sessions');
		await registry.record(session('s'));

		db.close();
		await registry.close();
	});
});

describe('the files of a registry', () => {
	const files = () => [path, `${path}-wal`, `${path}-shm`];
	const expectOwnerOnly = async () => {
		expect(await Promise.all(files().map(modeOf))).toEqual([0o600, 0o600, 0o600]);
	};

	it.each([0, 0o022, 0o277])('are their owner’s only, with umask 0o%d', async (mask) => {
		const before = process.umask(mask);
		try {
			const registry = await openFile(path);
			await registry.record(session('s'));
			await expectOwnerOnly();
			await registry.close();
		} finally {
			process.umask(before);
		}
	});

	it('become their owner’s only when they were not', async () => {
		const other = await openFile(path);
		await other.record(session('s'));
		for (const file of files()) await chmod(file, 0o644);
		const registry = await openFile(path);

		await expectOwnerOnly();
		await Promise.all([registry.close(), other.close()]);
	});
});

describe('a file that cannot be used', () => {
	it('in a folder that may not be written to is refused', async () => {
		await chmod(folder, 0o555);
		const { message } = await asNobody(async () => await refusal(openFile(path)));
		expect(message).toContain('write access');
	});

	it('that may not be written to is refused', async () => {
		const registry = await openFile(path);
		await registry.close();
		await chmod(folder, 0o755);
		await chmod(path, 0o444);
		const { message } = await asNobody(async () => await refusal(openFile(path)));
		expect(message).toContain('write access');
	});

	it('of a newer version is refused, and stays as it is', async () => {
		const registry = await openFile(path);
		await registry.record(session('s'));
		await registry.close();
		const db = new DatabaseSync(path);
		db.exec('PRAGMA user_version = 99');

		const { message } = await refusal(openFile(path));
		expect(message).toContain('newer version');
		expect(message).toContain('99');
		expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 });
		expect(db.prepare('SELECT count(*) AS count FROM sessions').get()).toEqual({ count: 1 });
		db.close();
	});

	it('that is no database is refused, and stays as it is', async () => {
		const text = 'This is no database. '.repeat(1_000);
		await writeFile(path, text);

		const { message } = await refusal(openFile(path));
		expect(message).toMatch(/move it away .* -wal and -shm/);
		expect(await readFile(path, 'utf8')).toBe(text);
	});

	it('that is damaged is refused when that shows, and stays', async () => {
		const first = await openFile(path);
		for (const id of numbered(500)) await first.record(session(id));
		await first.close();
		const bytes = await readFile(path);
		bytes.fill(0xff, Math.floor(bytes.length / 2));
		await writeFile(path, bytes);

		const registry = await openFile(path);
		const { message } = await refusal(registry.openSessions(recorded()));
		expect(message).toContain('damaged');
		expect(message).toContain('move it away');
		await registry.close();
		expect((await stat(path)).size).toBe(bytes.length);
	});
});

describe('a Node without SQLite', () => {
	afterEach(() => jest.dontMock('node:sqlite'));

	it('is told apart, with the version that is needed', async () => {
		jest.doMock('node:sqlite', () => {
			throw new Error('No such built-in module: node:sqlite');
		});
		await jest.isolateModulesAsync(async () => {
			const { openSqliteRegistry: openWithoutSqlite } = await import('../../../../../client/registry/sqliteRegistry');
			await expect(openWithoutSqlite(path)).rejects.toMatchObject({
				name: 'RegistryError',
				message: expect.stringMatching(/needs Node 22\.13 .* this is Node \d+\.\d+\.\d+/),
			});
		});
		await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
	});
});
