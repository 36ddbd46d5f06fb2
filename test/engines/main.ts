// Runs the engine tests of subset.json on other versions of n8n's engine: on those that are named, or on all.
//   npm run test:engines              all, oldest first, each as a run of its own
//   npm run test:engines -- 2.15.0    one
//   npm run test:engines -- --list    says which there are
import { spawnSync } from 'node:child_process';
import { newestEngine, pinnedEngines } from './engines';
import { installEngine } from './install';

const known = [...pinnedEngines, newestEngine];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => name !== '--list' && !known.includes(name));

if (unknown.length > 0) {
	console.error(`There is no engine ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
	process.exitCode = 2;
} else if (asked.includes('--list')) {
	console.log(known.join('\n'));
} else {
	void runAll(asked.length > 0 ? asked : known);
}

async function runAll(versions: readonly string[]): Promise<void> {
	const failed: string[] = [];
	for (const version of versions) {
		const folder = version === newestEngine ? undefined : await installEngine(version);
		console.log(`n8n-core ${version}`);
		if (!runTests(folder)) failed.push(version);
	}
	if (failed.length > 0) console.error(`Failed on n8n-core ${failed.join(', ')}.`);
	process.exitCode = failed.length > 0 ? 1 : 0;
}

/** @param folder of the engine; undefined: the one of this project */
function runTests(folder: string | undefined): boolean {
	const jest = require.resolve('jest/bin/jest');
	// More than there are processors: much of a test is waiting.
	const args = [jest, '--selectProjects', 'engines', '--maxWorkers', '4'];
	const { status } = spawnSync(process.execPath, args, {
		stdio: 'inherit',
		env: { ...process.env, ...(folder && { N8N_ENGINE: folder }) },
	});
	return status === 0;
}
