import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { accountKey } from '../../../client/registry/accountKey';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import { parseV1Config } from '../../../client/v1/config';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { bundleWorker, endWorkers, startWorker } from '../../support/budgetProcesses';
import { mostWithin } from '../../support/budgetSchedule';
import type { ClientReport, ClientSetup } from '../../support/clientWorker';
import { startRedisServer, type RedisServer } from '../../support/redisServer';

/** The window of the service is a real minute: this test waits for one. */
const TEST_MS = 120_000;
const MINUTE_MS = 60_000;
const LIMIT = 20;
const STARTS = 28;

let folder: string;
let redis: RedisServer;
let sandbox: Sandbox;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'client-'));
	redis = await startRedisServer();
	sandbox = await startSandbox({ requestsPerMinute: LIMIT });
});

afterAll(async () => {
	await endWorkers();
	await sandbox.close();
	await redis.stop();
	await rm(folder, { recursive: true, force: true });
});

it(
	'two processes with one Redis share budget, token and registry',
	async () => {
		const worker = await bundleWorker('clientWorker', folder);
		const fields = {
			baseUrl: sandbox.url,
			username: 'demo',
			password: 'demo-password',
			requestsPerMinute: LIMIT,
			stateStore: 'redis',
			redisUrl: redis.url,
		};
		const ids = Array.from({ length: STARTS }, (_, index) => `session-${index}`);
		const reports: ClientReport[] = [];
		const halves = [ids.slice(0, STARTS / 2), ids.slice(STARTS / 2)];
		const workers = halves.map((sessionIds) => {
			const child = startWorker(worker, { fields, stateFolder: folder, sessionIds } satisfies ClientSetup);
			child.on('message', (report: ClientReport) => reports.push(report));
			return child;
		});
		await Promise.all(workers.map(async (child) => await once(child, 'exit')));

		expect(reports.filter((report) => !('started' in report))).toEqual([]);
		expect(reports.flatMap((report) => ('started' in report ? [report.started] : [])).sort()).toEqual([...ids].sort());
		expect(sandbox.stats().logins).toBe(1);
		expect(sandbox.requests.map(({ status }) => status)).not.toContain(429);
		const arrivals = sandbox.requests.map(({ time }) => Date.parse(time));
		expect(arrivals).toHaveLength(STARTS + 1);
		expect(mostWithin(MINUTE_MS, arrivals)).toBeLessThanOrEqual(LIMIT);

		const connection = redisConnectionFor(redis.url);
		const now = Date.now();
		const account = accountKey({ type: 'cognigyApi', ...parseV1Config(fields) });
		const open = await redisRegistry(connection).openSessions({ account, now, after: 0, unconfirmedUntil: 0 });
		expect(open.map(({ sessionId }) => sessionId).sort()).toEqual([...ids].sort());
		await connection.close();
	},
	TEST_MS,
);
