import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/v4';
import { readPackedManifest } from './packedPackage';

const run = promisify(execFile);

const ledgerSchema = z.looseObject({ dependencies: z.record(z.string(), z.string()) });

/**
 * Puts a packed community package where n8n's own installer puts it, with the same steps, but without n8n: quick, and
 * before n8n is started. n8n loads its nodes as `<package>.<node>`, though it does not list it under Community nodes
 * (`installThroughN8n` does that).
 *
 * @param userFolder the `userFolder` that n8n will be started with
 */
export async function installPackage(tarball: string, userFolder: string): Promise<void> {
	const nodesFolder = join(userFolder, '.n8n', 'nodes');
	const { devDependencies, peerDependencies, optionalDependencies, ...manifest } = await readPackedManifest(tarball);
	const folder = join(nodesFolder, 'node_modules', manifest.name);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	await run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);

	// n8n drops these three, so that its own n8n-workflow is found instead of a second copy.
	writeJson(join(folder, 'package.json'), manifest);
	const options = ['--bin-links=false', '--install-strategy=shallow', '--ignore-scripts=true', '--package-lock=false'];
	await run('npm', ['install', '--audit=false', '--fund=false', '--loglevel=error', ...options], { cwd: folder });

	const ledgerFile = join(nodesFolder, 'package.json');
	const ledger = existsSync(ledgerFile)
		? ledgerSchema.parse(JSON.parse(readFileSync(ledgerFile, 'utf8')))
		: { name: 'installed-nodes', private: true, dependencies: {} };
	writeJson(ledgerFile, { ...ledger, dependencies: { ...ledger.dependencies, [manifest.name]: manifest.version } });
}

function writeJson(file: string, content: unknown): void {
	writeFileSync(file, JSON.stringify(content, null, 2));
}
