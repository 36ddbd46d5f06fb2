import { execFile } from 'node:child_process';
import { dirname, delimiter, join } from 'node:path';
import { promisify } from 'node:util';

import type { N8nInstallation } from '../../n8n-host';
import { compile } from '../loops/compile';
import type { LoadCost, LoadTask } from './task';

export type { Cost, LoadCost } from './task';

const run = promisify(execFile);

const program = join(__dirname, 'program.ts');

/**
 * Has the loader of this n8n load a package as at its start, in a new process each time.
 * @param folder of the package, installed
 * @param firstUse a file of the package that its first use loads, such as `./dist/client`
 */
export async function loadInNewProcess(
	{ node, program: n8nProgram }: N8nInstallation,
	folder: string,
	firstUse?: string,
): Promise<LoadCost> {
	const task: LoadTask = { n8nProgram, folder, firstUse };
	const { stdout } = await run(node, [compile(program), JSON.stringify(task)], {
		// As n8n sets it, so that packages find its n8n-workflow.
		env: { ...process.env, NODE_PATH: modulePathOf(n8nProgram), NODE_OPTIONS: '' },
		maxBuffer: 2 ** 26,
	});
	return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LoadCost;
}

function modulePathOf(n8nProgram: string): string {
	const folder = dirname(dirname(n8nProgram));
	return [join(folder, 'node_modules'), dirname(folder)].join(delimiter);
}
