import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pRetry from 'p-retry';

import { freePort } from '../../n8n-host/freePort';

/** A Redis of our own on this machine, which keeps nothing on disk. */
export interface RedisServer {
	port: number;
	/** `redis://127.0.0.1:<port>` */
	url: string;
	/** Ends it at once, as a crash would. May be called again. */
	stop(): Promise<void>;
}

/** Versions that `test/redis/versions/install.sh` brings, where it can. */
const OTHER_SERVERS = join(__dirname, '..', '..', '.cache', 'redis-servers');

/** @returns the program of another version; undefined where it is not there */
export function otherRedisServer(name: string): string | undefined {
	const program = join(OTHER_SERVERS, name, 'redis-server');
	return existsSync(program) ? program : undefined;
}

/** Does it again where another process has just taken a port that was free. */
export async function withFreePorts<T>(start: () => Promise<T>): Promise<T> {
	const isTaken = (error: Error) => error.message.includes('Address already in use');
	return await pRetry(start, { retries: 3, minTimeout: 0, shouldRetry: ({ error }) => isTaken(error) });
}

/**
 * Starts `redis-server`, which has to be installed.
 * @param port a free one if missing; given, to come back where a stopped one was
 * @param options further options of `redis-server`, such as `['--requirepass', 'secret']`
 * @param sentinel a file of settings; makes it a Sentinel
 * @param program another one
 */
export async function startRedisServer(
	port?: number,
	options: readonly string[] = [],
	how: { sentinel?: string; program?: string } = {},
): Promise<RedisServer> {
	if (port !== undefined) return await startAt(port, options, how);
	return await withFreePorts(async () => await startAt(await freePort(), options, how));
}

async function startAt(
	ownPort: number,
	options: readonly string[],
	{ sentinel, program = 'redis-server' }: { sentinel?: string; program?: string },
): Promise<RedisServer> {
	const folder = await mkdtemp(join(tmpdir(), 'redis-'));
	const place = ['--bind', '127.0.0.1', '--port', String(ownPort), '--dir', folder];
	const settings = sentinel ? [sentinel, '--sentinel'] : [];
	const store = sentinel ? [] : ['--save', '', '--appendonly', 'no'];
	const server = spawn(program, [...settings, ...place, ...store, ...options], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const stop = async () => {
		await endProcess(server);
		await rm(folder, { recursive: true, force: true });
	};
	try {
		await readiness(server);
	} catch (error) {
		await stop();
		throw error;
	}
	return { port: ownPort, url: `redis://127.0.0.1:${ownPort}`, stop };
}

/** @throws when it ends before it is ready, or cannot be started at all */
async function readiness(server: ChildProcess & { stdout: NodeJS.ReadableStream }): Promise<void> {
	const log: string[] = [];
	await new Promise<void>((resolve, reject) => {
		server.once('error', (error) => reject(new Error(`redis-server cannot be started: ${error.message}`)));
		server.once('exit', () => reject(new Error(`redis-server ended at once:\n${log.join('\n')}`)));
		// Read to its end, or a full pipe would stop the server.
		createInterface(server.stdout).on('line', (line) => {
			log.push(line);
			if (/Ready to accept connections|Sentinel ID is/.test(line)) resolve();
		});
	});
}

async function endProcess(server: ChildProcess): Promise<void> {
	if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
	const ended = once(server, 'exit');
	server.kill('SIGKILL');
	await ended;
}
