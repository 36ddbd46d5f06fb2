import fs from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openSqliteRegistry } from '../../../../../client/registry/sqliteRegistry';
import { toRegistryError } from '../../../../../client/registry/sqlite/errors';
import { recorded } from '../../../../support/registrySessions';

let folder: string;
let warnings: string[];
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'registry-'));
	warnings = [];
});
afterEach(async () => {
	jest.restoreAllMocks();
	await rm(folder, { recursive: true, force: true });
});

/** @param type as statfs tells it; undefined: it fails */
async function opened(type: number | undefined) {
	jest.spyOn(fs, 'statfs').mockImplementation((async () => {
		if (type === undefined) throw new Error('not here');
		return { type };
	}) as unknown as typeof fs.statfs);
	const registry = await openSqliteRegistry(join(folder, 'sessions.sqlite'), (message) => warnings.push(message));
	expect(await registry.openSessions(recorded())).toEqual([]);
	await registry.close();
}

it.each([
	['NFS', 0x6969],
	['SMB', 0xfe534d42],
	['SMB', 0xfe534d42 | 0],
])('a registry on %s is told of: its log may not work there', async (name, type) => {
	await opened(type);
	expect(warnings).toEqual([
		expect.stringMatching(new RegExp(`network drive \\(${name}\\).*disk of this machine.*Redis`)),
	]);
});

it.each([
	['a disk', 0xef53],
	['an overlay', 0x794c7630],
	['what nobody knows', undefined],
])('a registry on %s is not', async (_name, type) => {
	await opened(type);
	expect(warnings).toEqual([]);
});

it.each([
	[15, true],
	[3850, true],
	[5386, true],
	[10, false],
	[778, false],
	[13, false],
])('SQLite’s error %d is one of network drives: %s', (errcode, expected) => {
	const { message } = toRegistryError(Object.assign(new Error('locking protocol'), { errcode }), '/n8n/x.sqlite');
	expect(message.includes('network drive')).toBe(expected);
});
