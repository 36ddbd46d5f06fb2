import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod/v4';

/** Native modules of n8n that no package brings ready-made: compiling one takes more than a minute. */
const COMPILED: Readonly<Record<string, string>> = { sqlite3: join('build', 'Release', 'node_sqlite3.node') };

/**
 * Takes over what another n8n on this machine has compiled already, where both have the same version of a module.
 * @param folder of the n8n that needs it
 * @param others folders of n8n servers that are installed for the same Node
 * @returns names of the modules that are ready now
 */
export function takeOverCompiled(folder: string, others: readonly string[]): string[] {
	return Object.entries(COMPILED).flatMap(([name, binary]) => {
		const module = join('node_modules', name);
		const version = versionOf(join(folder, module));
		const from = others
			.map((other) => join(other, module))
			.find((other) => versionOf(other) === version && existsSync(join(other, binary)));
		if (from === undefined) return [];
		const target = join(folder, module, binary);
		mkdirSync(dirname(target), { recursive: true });
		copyFileSync(join(from, binary), target);
		return [name];
	});
}

function versionOf(module: string): string | undefined {
	const manifest = join(module, 'package.json');
	if (!existsSync(manifest)) return undefined;
	return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8'))).version;
}
