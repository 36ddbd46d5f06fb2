import { resolve } from 'node:path';
import type { Run } from '../../cli/run';
import { loadOrCreateTlsMaterial } from '../../http/tls';
import { startCognigyAiSandbox } from '../server';
import { readArguments } from './arguments';
import { greeting } from './greeting';
import { HELP_TEXT } from './help';

/** The stand-in for Cognigy.AI, from the command line. */
export async function runCognigyAi(args: string[]): Promise<Run> {
	const { help, quiet, tlsDir, ...options } = readArguments(args);
	if (help) return { text: HELP_TEXT };
	const tls = tlsDir === undefined ? undefined : await loadOrCreateTlsMaterial(resolve(tlsDir));
	const sandbox = await startCognigyAiSandbox({ ...options, tls, log: quiet ? undefined : console.log });
	return { text: greeting(sandbox, tls?.caFile), host: options.host, close: () => sandbox.close() };
}
