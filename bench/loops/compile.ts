import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';

const compiled = new Map<string, string>();
let folder: string | undefined;

/**
 * A program as plain JavaScript, compiled like the package: what compiles while it runs, as tsx does, adds to every function
 * that is made, and would be measured too.
 * @returns the compiled file, which is gone when this process ends
 */
export function compile(program: string): string {
	let file = compiled.get(program);
	if (!file) {
		file = join(ownFolder(), `${compiled.size}-${basename(program, '.ts')}.js`);
		buildSync({
			entryPoints: [program],
			outfile: file,
			bundle: true,
			platform: 'node',
			format: 'cjs',
			target: 'node20',
			supported: { 'dynamic-import': false },
			minifySyntax: true,
			logLevel: 'warning',
		});
		compiled.set(program, file);
	}
	return file;
}

function ownFolder(): string {
	if (!folder) {
		const made = mkdtempSync(join(tmpdir(), 'bench-programs-'));
		process.once('exit', () => rmSync(made, { recursive: true, force: true }));
		folder = made;
	}
	return folder;
}
