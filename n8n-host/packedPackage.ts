import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/v4';
import { projectFolder } from './paths';

const run = promisify(execFile);

const manifestSchema = z.looseObject({
	name: z.string(),
	version: z.string(),
	// Not every package has credentials.
	n8n: z.object({ nodes: z.array(z.string()), credentials: z.array(z.string()).default([]) }),
});

/** The package.json of an n8n community package. */
export type PackageManifest = z.infer<typeof manifestSchema>;

/**
 * Packs a built package just as publishing it would.
 *
 * @param folder of the package; default: this project
 * @returns the path of the tarball, alone in a new temporary folder, which is the caller's to delete
 */
export async function packPackage(folder = projectFolder): Promise<string> {
	const { n8n } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
	const missing = [...n8n.nodes, ...n8n.credentials].find((file) => !existsSync(join(folder, file)));
	if (missing) throw new Error(`The package is not built: ${missing} is missing. Run: npm run build`);

	const target = mkdtempSync(join(tmpdir(), 'n8n-host-pack-'));
	const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', target];
	const { stdout } = await run('npm', args, { cwd: folder });
	const [packed] = z.tuple([z.object({ filename: z.string() })]).parse(JSON.parse(stdout));
	return join(target, packed.filename);
}

/**
 * Packs this project under another version.
 * @returns as `packPackage`
 */
export async function packAsVersion(version: string): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-host-version-'));
	try {
		const manifest: object = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
		writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }));
		for (const part of ['dist', 'README.md', 'LICENSE']) {
			cpSync(join(projectFolder, part), join(folder, part), { recursive: true });
		}
		return await packPackage(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** Reads the package.json inside a tarball. */
export async function readPackedManifest(tarball: string): Promise<PackageManifest> {
	const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
	return manifestSchema.parse(JSON.parse(stdout));
}
