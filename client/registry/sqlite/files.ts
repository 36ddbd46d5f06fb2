import { statSync } from 'node:fs';
import { chmod, mkdir, open, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The contexts of sessions are nobody else's business. */
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

/** Makes the folder and an empty file, readable for its owner only, if they are missing. */
export async function prepareFiles(path: string): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
	const file = await open(path, 'a', OWNER_ONLY);
	await file.close();
	// Where the file is a link, SQLite puts its further files beside what it leads to.
	const target = await realpath(path);
	// An umask may have changed it, or somebody else. SQLite makes its further files just as accessible as the first.
	for (const name of [target, `${target}-wal`, `${target}-shm`]) {
		// Further files may not be there, and some file systems (shared folders of Windows) know no permissions.
		await chmod(name, OWNER_ONLY).catch(() => {});
	}
}

/** Tells a file from any other one that is put in its place; undefined: there is none. */
export function identityOf(path: string): string | undefined {
	const file = statSync(path, { bigint: true, throwIfNoEntry: false });
	return file && `${file.dev} ${file.ino}`;
}
