import { chmod, lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openFile } from '../support/registryFiles';
import { session } from '../support/registrySessions';

let folder: string;
let link: string;
let target: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'registry-link-'));
	link = join(folder, 'sessions.sqlite');
	target = join(folder, 'elsewhere.sqlite');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;
const files = () => [target, `${target}-wal`, `${target}-shm`];

// Who may write to n8n's folder may replace the file as well; an administrator may want it on another disk.
describe('a link in place of the registry', () => {
	it('is followed, also where it leads to nothing yet, and what it leads to is its owner’s only', async () => {
		await symlink(target, link);
		const registry = await openFile(link);
		await registry.record(session('s'));

		expect(await Promise.all(files().map(modeOf))).toEqual([0o600, 0o600, 0o600]);
		expect((await lstat(link)).isSymbolicLink()).toBe(true);
		await registry.close();
	});

	it('takes away the rights of others to all files that it leads to', async () => {
		await symlink(target, link);
		const other = await openFile(target);
		await other.record(session('s'));
		for (const file of files()) await chmod(file, 0o666);
		const registry = await openFile(link);

		expect(await Promise.all(files().map(modeOf))).toEqual([0o600, 0o600, 0o600]);
		await Promise.all([registry.close(), other.close()]);
	});

	it('to a file that is something else is refused, and the file stays as it is', async () => {
		const text = 'ssh-ed25519 AAAA somebody\n'.repeat(500);
		await writeFile(target, text, { mode: 0o600 });
		await symlink(target, link);

		await expect(openFile(link)).rejects.toMatchObject({ name: 'RegistryError' });
		expect(await readFile(target, 'utf8')).toBe(text);
	});

	it('that leads to itself is refused', async () => {
		await symlink(link, link);
		await expect(openFile(link)).rejects.toMatchObject({ name: 'RegistryError' });
	});
});
