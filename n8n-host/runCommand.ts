import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { signalGroup, spawnGuarded } from './guardedProcess';

export interface RunCommandOptions {
	readonly cwd: string;
	/** Everything that the program prints is appended to this file. */
	readonly outputFile: string;
	readonly env?: NodeJS.ProcessEnv;
	/** Ends the program and everything that it started. */
	readonly signal?: AbortSignal;
}

/** Runs a program to its end. Throws, with the last lines that it printed, when it fails. */
export async function runCommand(command: string, args: readonly string[], options: RunCommandOptions): Promise<void> {
	options.signal?.throwIfAborted();
	const output = openSync(options.outputFile, 'a');
	const child = spawnGuarded(command, args, {
		cwd: options.cwd,
		env: options.env ?? process.env,
		stdio: ['ignore', output, output],
		graceSeconds: 0, // the next run must not meet it
	});
	child.ref();
	closeSync(output);
	const end = () => child.pid !== undefined && signalGroup(child.pid, 'SIGKILL');
	options.signal?.addEventListener('abort', end, { once: true });
	try {
		const [exitCode] = (await once(child, 'exit')) as [number | null];
		options.signal?.throwIfAborted();
		if (exitCode === 0) return;
		const lastLines = readFileSync(options.outputFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
		throw new Error(
			`"${[command, ...args].join(' ')}" failed (exit code ${exitCode}). All output: ${options.outputFile}\n${lastLines}`,
		);
	} finally {
		options.signal?.removeEventListener('abort', end);
	}
}
