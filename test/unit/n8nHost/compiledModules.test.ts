import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { takeOverCompiled } from '../../../n8n-host/compiledModules';

const folders = mkdtempSync(join(tmpdir(), 'compiled-'));
afterAll(() => rmSync(folders, { recursive: true }));

const binaryOf = (n8n: string) => join(n8n, 'node_modules/sqlite3/build/Release/node_sqlite3.node');

function n8nWith(version: string, compiled?: string): string {
	const n8n = mkdtempSync(join(folders, 'n8n-'));
	const sqlite3 = join(n8n, 'node_modules', 'sqlite3');
	mkdirSync(join(sqlite3, 'build', 'Release'), { recursive: true });
	writeFileSync(join(sqlite3, 'package.json'), JSON.stringify({ name: 'sqlite3', version }));
	if (compiled !== undefined) writeFileSync(binaryOf(n8n), compiled);
	return n8n;
}

it('what another n8n has compiled of the same version is taken over', () => {
	const n8n = n8nWith('5.1.7');
	expect(takeOverCompiled(n8n, [n8nWith('5.1.6', 'other'), n8nWith('5.1.7'), n8nWith('5.1.7', 'same')])).toEqual([
		'sqlite3',
	]);
	expect(readFileSync(binaryOf(n8n), 'utf8')).toBe('same');
});

it('of another version, or not compiled, nothing is', () => {
	const n8n = n8nWith('5.1.7');
	expect(takeOverCompiled(n8n, [n8nWith('5.1.6', 'other'), n8nWith('5.1.7'), join(folders, 'nowhere')])).toEqual([]);
	expect(existsSync(binaryOf(n8n))).toBe(false);
});
