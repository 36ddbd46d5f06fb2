import { resolve } from 'node:path';
import { startSandbox } from '../server';
import { loadOrCreateTlsMaterial } from '../../http/tls';
import { readArguments } from '../../cli/arguments';
import { greeting } from '../../cli/greeting';
import { HELP_TEXT } from '../../cli/help';
import type { Run } from '../../cli/run';

/** The stand-in for the v1 service, from the command line. */
export async function runV1(args: string[]): Promise<Run> {
	const { help, quiet, tlsDir, ...options } = readArguments(args);
	if (help) return { text: HELP_TEXT };
	const tls = tlsDir === undefined ? undefined : await loadOrCreateTlsMaterial(resolve(tlsDir));
	const sandbox = await startSandbox({ ...options, tls, log: quiet ? undefined : console.log });
	return { text: greeting(sandbox, tls?.caFile), host: options.host, close: () => sandbox.close() };
}
