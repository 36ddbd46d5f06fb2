import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { provideDatabase } from './emptyDatabase';
import { n8nEnvironment } from './environment';
import { freePort } from './freePort';
import { signalGroup, spawnGuarded } from './guardedProcess';
import { installN8n, type N8nInstallation } from './install';
import type { PackageRegistry } from './packageRegistry';
import { processKinds, type N8nProcessKind } from './processes';

export interface StartN8nOptions {
	/** Default: n8n 2, which is installed first where needed. */
	readonly installation?: N8nInstallation;
	/** What this process is to do; other than `main` only in queue mode. Default: `main`. */
	readonly kind?: N8nProcessKind;
	/** Where n8n keeps its data. Default: a new temporary folder, which `stop()` deletes. */
	readonly userFolder?: string;
	/** Default: any free one. */
	readonly port?: number;
	/** Environment variables on top of the usual ones; undefined takes one away. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** Without it n8n starts sooner, and cannot tell its node types. Default: true. */
	readonly editor?: boolean;
	/** A file with certificates that n8n and its nodes shall trust (`NODE_EXTRA_CA_CERTS`). */
	readonly caFile?: string;
	/** Lets this n8n install a community package from this machine; see `installThroughN8n`. */
	readonly registry?: PackageRegistry;
	/** How long n8n may take until it is ready, in ms. Default: 120,000. */
	readonly readyTimeoutMs?: number;
	/** Gives up the start. A server that is running already is not touched. */
	readonly signal?: AbortSignal;
}

export interface N8nExit {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

/** A running n8n. It ends with this process, however that ends. */
export interface N8nServer {
	readonly url: string;
	readonly port: number;
	readonly pid: number;
	readonly userFolder: string;
	/** How long it took from the start to ready, in ms. */
	readonly readyAfterMs: number;
	readonly logFile: string;
	/** What this n8n has logged so far; an earlier n8n in the same user folder is not in it. */
	log(): string;
	/** Resolves when n8n has ended, for whatever reason. */
	readonly exited: Promise<N8nExit>;
	/** Asks n8n to end; running executions may finish (n8n gives them 30 seconds). */
	stop(): Promise<N8nExit>;
	/** Ends it at once, like a crash (SIGKILL). A temporary user folder stays. */
	kill(): Promise<N8nExit>;
}

const pollMs = 100;
const gracefulStopMs = 40_000;
const startAttempts = 3;

/** Starts n8n and waits until it can be used. */
export async function startN8n(options: StartN8nOptions = {}): Promise<N8nServer> {
	const installation = options.installation ?? (await installN8n('2', { signal: options.signal }));
	for (let attempt = 1; ; attempt++) {
		try {
			return await startOnce(installation, options);
		} catch (error) {
			// Somebody may take a free port between the look and the start. A port that was asked for is not exchanged.
			const takenPort =
				error instanceof N8nStartError ? /port (\d+) is already in use/i.exec(error.log)?.[1] : undefined;
			if (!takenPort || Number(takenPort) === options.port || attempt === startAttempts) throw error;
		}
	}
}

/** n8n did not get ready. The message ends with its last log lines. */
export class N8nStartError extends Error {
	override readonly name = 'N8nStartError';

	constructor(
		reason: string,
		readonly logFile: string,
		readonly log: string,
	) {
		super(`${reason} Its log: ${logFile}\n${log.trimEnd().split('\n').slice(-20).join('\n')}`);
	}
}

async function startOnce(installation: N8nInstallation, options: StartN8nOptions): Promise<N8nServer> {
	options.signal?.throwIfAborted();
	const userFolder = options.userFolder ?? mkdtempSync(join(tmpdir(), 'n8n-host-'));
	const isTemporary = options.userFolder === undefined;
	mkdirSync(userFolder, { recursive: true });
	const port = options.port ?? (await freePort());
	const kind = processKinds[options.kind ?? 'main'];
	const env = n8nEnvironment({
		installation,
		userFolder,
		port,
		brokerPort: await freePort(),
		registry: options.registry,
		caFile: options.caFile,
		extra: {
			...kind.environment(port),
			// n8n writes all files of the editor anew at each start.
			...(options.editor === false && { N8N_DISABLE_UI: 'true' }),
			...options.env,
		},
	});
	provideDatabase(installation, userFolder, env);

	const logFile = join(userFolder, 'n8n.log');
	const output = openSync(logFile, 'a');
	const logStart = statSync(logFile).size;
	const log = () => readFileSync(logFile).subarray(logStart).toString();
	const startedAt = performance.now();
	const child = spawnGuarded(installation.node, [installation.program, ...kind.arguments], {
		env,
		cwd: userFolder,
		stdio: ['ignore', output, output],
		graceSeconds: 5,
	});
	closeSync(output);
	const { pid } = child;
	if (pid === undefined) throw new Error(`n8n could not be started: ${String((await once(child, 'error'))[0])}`);

	let hasExited = false;
	const exited = new Promise<N8nExit>((resolve) => {
		child.once('exit', (code, signal) => {
			hasExited = true;
			resolve({ code, signal });
		});
	});
	const kill = async () => {
		child.ref();
		if (!hasExited) signalGroup(pid, 'SIGKILL');
		return await exited;
	};
	const stop = async () => {
		child.ref();
		if (!hasExited) child.kill('SIGTERM');
		const patience = setTimeout(() => void kill(), gracefulStopMs);
		const exit = await exited;
		clearTimeout(patience);
		if (isTemporary) rmSync(userFolder, { recursive: true, force: true });
		return exit;
	};

	const url = `http://127.0.0.1:${port}`;
	try {
		const deadline = startedAt + (options.readyTimeoutMs ?? 120_000);
		while (!(await kind.isReady(url, log))) {
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by a callback
			if (hasExited) throw new N8nStartError('n8n ended while it started.', logFile, log());
			if (performance.now() > deadline) throw new N8nStartError('n8n did not get ready in time.', logFile, log());
			await sleep(pollMs, undefined, { signal: options.signal });
		}
	} catch (error) {
		await kill();
		throw error;
	}
	return { url, port, pid, userFolder, readyAfterMs: performance.now() - startedAt, logFile, log, exited, stop, kill };
}
