import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, installN8n, N8nClient, startN8n, type N8nProcessKind, type N8nServer } from '../../../n8n-host';
import { startRedisServer, type RedisServer } from '../../support/redisServer';
import { installThisPackage, n8nMajor } from '../support';
import { startPostgres, type PostgresServer } from './postgres';

/** A process of the installation, which can be started again after it was killed. */
export interface InstalledProcess {
	readonly server: N8nServer;
	/** What it has logged, before and after it was killed. */
	wholeLog(): string;
	kill(): Promise<void>;
	startAgain(): Promise<void>;
}

/** An n8n in queue mode, as one would spread it over four machines, with this package in each of its processes. */
export interface QueueInstallation {
	readonly main: InstalledProcess;
	readonly workers: readonly [InstalledProcess, InstalledProcess];
	readonly webhook: InstalledProcess;
	readonly redis: RedisServer;
	readonly postgres: PostgresServer;
	readonly client: N8nClient;
	stop(): Promise<void>;
}

/**
 * How long a worker may be silent until its executions are given up, and how often n8n looks, in ms: n8n's defaults are
 * one minute and 30 s.
 */
const IMPATIENCE = {
	QUEUE_WORKER_LOCK_DURATION: '15000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '3000',
	QUEUE_WORKER_STALLED_INTERVAL: '5000',
};

export interface QueueOptions {
	/** Whether n8n 1 runs again what a dead worker has left, as it does by default; n8n 2 never does. */
	runsAgain?: boolean;
	/** Environment variables for all processes. */
	env?: Record<string, string>;
}

/** Starts PostgreSQL, Redis, main, two workers and a webhook processor. */
export async function startQueueInstallation({
	runsAgain = false,
	env: more = {},
}: QueueOptions = {}): Promise<QueueInstallation> {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-nodes-cognigy-queue-'));
	const ends: Array<() => Promise<unknown>> = [async () => rmSync(folder, { recursive: true, force: true })];
	const stop = async () => {
		// The last that was started goes first: nobody loses what it needs.
		for (const end of ends.splice(0).reverse()) await end();
	};
	try {
		const postgres = await startPostgres();
		ends.push(() => postgres.stop());
		const redis = await startRedisServer();
		ends.push(() => redis.stop());

		const installation = await installN8n(n8nMajor);
		const webhookPort = await freePort();
		const env = {
			EXECUTIONS_MODE: 'queue',
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_DATABASE: 'postgres',
			DB_POSTGRESDB_USER: postgres.user,
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			WEBHOOK_URL: `http://127.0.0.1:${webhookPort}`,
			N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true', // only the webhook processor takes calls
			...IMPATIENCE,
			...(n8nMajor === '1' && !runsAgain ? { QUEUE_WORKER_MAX_STALLED_COUNT: '0' } : {}),
			...more,
		};
		const start = async (name: string, kind: N8nProcessKind, port?: number): Promise<InstalledProcess> => {
			const userFolder = join(folder, name);
			await installThisPackage(userFolder);
			const startOnce = async (at = port) =>
				await startN8n({
					installation,
					kind,
					userFolder,
					editor: false,
					env,
					...(at === undefined ? {} : { port: at }),
				});
			let server = await startOnce();
			ends.push(() => server.stop());
			return {
				get server() {
					return server;
				},
				wholeLog: () => readFileSync(server.logFile, 'utf8'),
				async kill() {
					await server.kill();
				},
				async startAgain() {
					server = await startOnce(server.port);
				},
			};
		};

		const main = await start('main', 'main'); // the first: it makes the tables
		const workers = [await start('worker-1', 'worker'), await start('worker-2', 'worker')] as const;
		const webhook = await start('webhook', 'webhook', webhookPort);
		const client = new N8nClient(main.server.url);
		await client.signIn();
		return { main, workers, webhook, redis, postgres, client, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
