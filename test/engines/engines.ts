import { readdirSync } from 'node:fs';
import { version } from 'n8n-core/package.json';

/** Versions of n8n-core with a manifest beside this file, oldest first. */
export const pinnedEngines: readonly string[] = readdirSync(__dirname)
	.filter((name) => /^\d+\.\d+\.\d+$/.test(name))
	.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));

/** The engine that is installed with the package itself, and that `npm test` runs on. */
export const newestEngine = version;
