import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/v4';

import { installPackage, readPackedManifest } from '../../n8n-host';
import type { PublishedPackage } from './packages';
import { sizeOf, type Size } from './size';

const run = promisify(execFile);

export interface InstalledPackage extends PublishedPackage {
	folder: string;
	size: Size;
}

/** Installs a packed package as n8n would, by itself. */
export async function install(tarball: string, userFolder: string): Promise<InstalledPackage> {
	mkdirSync(userFolder);
	await installPackage(tarball, userFolder);
	const { name, version } = await readPackedManifest(tarball);
	const folder = join(userFolder, '.n8n', 'nodes', 'node_modules', name);
	return { name, version, folder, size: await sizeOf(tarball, folder) };
}

/** @returns the path of its tarball */
export async function download({ name, version }: PublishedPackage, folder: string): Promise<string> {
	const args = ['pack', `${name}@${version}`, '--json', '--ignore-scripts', '--loglevel=error'];
	const { stdout } = await run('npm', args, { cwd: folder });
	const [packed] = z.tuple([z.object({ filename: z.string() })]).parse(JSON.parse(stdout));
	return join(folder, packed.filename);
}
