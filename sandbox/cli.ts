import { isIP } from 'node:net';
import { readPlatform, type Platform } from './cli/platform';
import type { Run } from './cli/run';
import { runV1 } from './v1/cli/run';

const runners: Record<Platform, (args: string[]) => Promise<Run>> = {
	v1: runV1,
	// Loaded when it is asked for: Socket.IO takes its time.
	'cognigy-ai': async (args) => (await import('./cognigyAi/cli/run')).runCognigyAi(args),
};

/** `npm run sandbox`: starts a sandbox and keeps it until SIGINT or SIGTERM. */
async function main(): Promise<void> {
	const { platform, rest } = readPlatform(process.argv.slice(2));
	const { text, host, close } = await runners[platform](rest);
	if (host === undefined || !close) {
		process.stdout.write(text);
		return;
	}
	if (!isLoopback(host)) {
		console.error(`Warning: with --host ${host}, other machines can reach the sandbox. Its passwords are no secret.`);
	}
	const stop = () => void close().then(() => process.exit(0));
	// Not `once`: tsx passes Ctrl+C on to a child that had it from the terminal already.
	process.on('SIGINT', stop);
	process.on('SIGTERM', stop);
	console.log(text);
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
