import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Size {
	/** As it is downloaded. */
	tarballKb: number;
	/** What is in it. */
	unpackedKb: number;
	files: number;
	/** Packages that are installed with it, those of its dependencies too. */
	dependencies: number;
	/** What they take on disk. */
	dependenciesMb: number;
}

/**
 * @param tarball of a package
 * @param folder where it is installed
 */
export async function sizeOf(tarball: string, folder: string): Promise<Size> {
	const options = { maxBuffer: 2 ** 28 };
	const list = await run('tar', ['-tzf', tarball], options);
	const content = await run('tar', ['-xzOf', tarball], { ...options, encoding: 'buffer' });
	const brought = readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((file) => file.startsWith(join(folder, 'node_modules')));
	return {
		tarballKb: statSync(tarball).size / 1024,
		unpackedKb: content.stdout.length / 1024,
		files: list.stdout.split('\n').filter((name) => /[^/]$/.test(name)).length,
		dependencies: brought.filter(isManifest).length,
		dependenciesMb: brought.reduce((sum, file) => sum + statSync(file).size, 0) / 2 ** 20,
	};
}

/** The package.json of a package, not one of those further inside that only say how a part is to be loaded. */
function isManifest(file: string): boolean {
	return /\/node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(file);
}
