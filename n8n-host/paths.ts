import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod/v4';

/** The folder of this project. */
export const projectFolder = dirname(__dirname);

/** What the package of the cloud edition is packed from. */
export const cloudEditionFolder = join(projectFolder, 'editions', 'cloud');

/** Where installed n8n servers are kept. `N8N_HOST_CACHE` moves it, so that a build server can keep one between builds. */
export function cacheFolder(): string {
	return resolve(process.env.N8N_HOST_CACHE || join(projectFolder, '.cache'));
}

/** The Node that runs n8n: the one that this project pins as its dependency `node`. */
export function pinnedNode(): string {
	const node = join(projectFolder, 'node_modules', 'node', 'bin', 'node');
	if (!existsSync(node)) throw new Error(`The pinned Node is missing (${node}). Run: node tools/setup.mjs`);
	return node;
}

/** Its version, such as `24.21.0`. */
export function pinnedNodeVersion(): string {
	const manifest = readFileSync(join(projectFolder, 'node_modules', 'node', 'package.json'), 'utf8');
	return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
}

/**
 * The pinned Node's own C++ headers, for compiling native modules without a download. Undefined when that Node came
 * without them; node-gyp then fetches them itself.
 */
export function pinnedNodeHeaders(): string | undefined {
	const packageFolders = [
		join(projectFolder, 'node_modules', 'node', 'node_modules'),
		join(projectFolder, 'node_modules'),
	];
	return packageFolders
		.filter((folder) => existsSync(folder))
		.flatMap((folder) =>
			readdirSync(folder)
				.filter((name) => name.startsWith('node-'))
				.map((name) => join(folder, name)),
		)
		.find((folder) => existsSync(join(folder, 'include', 'node', 'node_api.h')));
}
