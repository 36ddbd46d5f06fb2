import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { readArguments } from './cli/arguments';
import { greeting } from './cli/greeting';
import { helpText } from './cli/help';
import { startSandbox } from './server';
import { loadOrCreateTlsMaterial } from './tls';

/** `npm run sandbox`: starts a sandbox and keeps it until SIGINT or SIGTERM. */
async function main(): Promise<void> {
	const { help, quiet, tlsDir, ...options } = readArguments(process.argv.slice(2));
	if (help) {
		process.stdout.write(helpText);
		return;
	}
	if (!isLoopback(options.host)) {
		console.error(
			`Warning: with --host ${options.host}, other machines can reach the sandbox. Its passwords are no secret.`,
		);
	}

	const tls = tlsDir === undefined ? undefined : await loadOrCreateTlsMaterial(resolve(tlsDir));
	const sandbox = await startSandbox({ ...options, tls, log: quiet ? undefined : console.log });
	const stop = async () => {
		await sandbox.close();
		process.exit(0);
	};
	// Not `once`: tsx passes Ctrl+C on to a child that had it from the terminal already.
	process.on('SIGINT', stop);
	process.on('SIGTERM', stop);
	console.log(greeting(sandbox, tls?.caFile));
}

function isLoopback(host: string): boolean {
	return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function explain(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
	if (code === 'EADDRINUSE') return `Port ${port} on ${address} is in use. Choose another one with --port.`;
	return error.message;
}

main().catch((error: unknown) => {
	console.error(explain(error));
	process.exit(1);
});
