/**
 * Installs every n8n engine and every n8n that the tests run, in the order in which `.ci/run` needs them: while other tests
 * wait for something.
 */
import { installN8n, n8nMajors } from '../../n8n-host';
import { pinnedEngines } from '../engines/engines';
import { installEngine } from '../engines/install';

async function installHosts(): Promise<void> {
	for (const version of pinnedEngines) await installEngine(version);
	// The newest first, as the table of majors has it the other way round.
	for (const major of [...n8nMajors].sort().reverse()) await installN8n(major);
}

installHosts().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
