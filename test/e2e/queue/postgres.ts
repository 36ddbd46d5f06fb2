import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { freePort } from '../../../n8n-host';
import { signalGroup, spawnGuarded } from '../../../n8n-host/guardedProcess';

const run = promisify(execFile);

/** Debian keeps the programs of each version in a folder of its own, outside of the PATH. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';
const START_MS = 60_000;
const STOP_MS = 20_000;
/** More than what any test reads at once, in bytes. */
const MAX_ANSWER = 1024 * 1024 * 1024;

/** A PostgreSQL of our own on this machine, with the empty database `postgres`. */
export interface PostgresServer {
	readonly port: number;
	/** Its superuser, who needs no password. */
	readonly user: string;
	/** Runs a query with its own client. @returns a line for each row */
	query(sql: string): Promise<string[]>;
	/** Ends it, and deletes what it has stored. May be called again. */
	stop(): Promise<void>;
}

/** Starts PostgreSQL, which has to be installed. It ends with this process, however that ends. */
export async function startPostgres(): Promise<PostgresServer> {
	const programs = programFolder();
	// PostgreSQL refuses to run as root; its package brings a user for it.
	const account = process.getuid?.() === 0 ? await accountOf('postgres') : undefined;
	const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
	if (account) chownSync(folder, account.uid, account.gid);
	const data = join(folder, 'data');
	const user = 'n8n';
	const port = await freePort();
	const options = { cwd: folder, ...account };
	try {
		const access = ['--username', user, '--auth', 'trust'];
		await run(join(programs, 'initdb'), ['--pgdata', data, ...access, '--no-sync'], { ...options, timeout: START_MS });
	} catch (error) {
		rmSync(folder, { recursive: true, force: true });
		throw error;
	}

	// No disk has to be waited for: a crash of the machine may take it all.
	const place = ['-h', '127.0.0.1', '-p', String(port), '-k', '', '-c', 'fsync=off'];
	const server = spawnGuarded(join(programs, 'postgres'), ['-D', data, ...place], {
		...options,
		stdio: ['ignore', 'ignore', 'pipe'],
		graceSeconds: 5,
	});
	const { pid } = server;
	const exited = once(server, 'exit');
	const stop = async () => {
		if (pid !== undefined && server.exitCode === null && server.signalCode === null) {
			server.ref();
			server.kill('SIGINT'); // does not wait for clients that are still connected
			const patience = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_MS);
			await exited;
			clearTimeout(patience);
		}
		rmSync(folder, { recursive: true, force: true });
	};
	try {
		await readiness(server.stderr as Readable, exited); // a pipe, as asked for above
	} catch (error) {
		await stop();
		throw error;
	}
	const query = async (sql: string) => {
		const args = ['-h', '127.0.0.1', '-p', String(port), '-U', user, '-d', 'postgres', '-v', 'ON_ERROR_STOP=1'];
		const { stdout } = await run(join(programs, 'psql'), [...args, '-qAtX', '-c', sql], { maxBuffer: MAX_ANSWER });
		return stdout.split('\n').filter((line) => line !== '');
	};
	return { port, user, query, stop };
}

function programFolder(): string {
	const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
	const folders = versions
		.sort((a, b) => Number(b) - Number(a))
		.map((version) => join(DEBIAN_FOLDER, version, 'bin'))
		.filter((folder) => existsSync(join(folder, 'initdb')));
	const [newest] = folders;
	if (newest) return newest;
	throw new Error(
		`PostgreSQL is not installed (no ${DEBIAN_FOLDER}/*/bin/initdb). Run: apt-get install --no-install-recommends postgresql`,
	);
}

async function accountOf(user: string): Promise<{ uid: number; gid: number }> {
	const idOf = async (which: string) => Number((await run('id', [which, user])).stdout);
	return { uid: await idOf('-u'), gid: await idOf('-g') };
}

/** @throws when it ends before it is ready, or takes too long */
async function readiness(output: Readable, exited: Promise<unknown>): Promise<void> {
	const log: string[] = [];
	const ready = new Promise<'ready'>((resolve) => {
		// Read to its end, or a full pipe would stop the server.
		createInterface(output).on('line', (line) => {
			log.push(line);
			if (line.includes('ready to accept connections')) resolve('ready');
		});
	});
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<'late'>((resolve) => {
		timer = setTimeout(() => resolve('late'), START_MS);
	});
	const outcome = await Promise.race([ready, exited, late]);
	clearTimeout(timer);
	if (outcome !== 'ready') throw new Error(`PostgreSQL did not start:\n${log.join('\n')}`);
}
