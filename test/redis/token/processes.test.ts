import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bundleWorker, endWorker, endWorkers, startWorker } from '../../support/budgetProcesses';
import type { TokenReport, TokenSetup } from '../../support/budgetTokenWorker';
import { startRedisServer, type RedisServer } from '../../support/redisServer';

let folder: string;
let worker: string;
let server: RedisServer;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'token-'));
	worker = await bundleWorker('budgetTokenWorker', folder);
});

afterAll(async () => {
	await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
	server = await startRedisServer();
});

afterEach(async () => {
	await endWorkers();
	await server.stop();
});

function start(setup: Omit<TokenSetup, 'url'>): { child: ChildProcess; reports: TokenReport[] } {
	const child = startWorker(worker, { url: server.url, ...setup } satisfies TokenSetup);
	const reports: TokenReport[] = [];
	child.on('message', (report: TokenReport) => reports.push(report));
	return { child, reports };
}

it('four processes at the same time log in once', async () => {
	const all = [1, 2, 3, 4].map((number) => start({ lockMs: 10_000, token: `token of ${number}`, loginMs: 500 }));
	await Promise.all(all.map(async ({ child }) => await once(child, 'exit')));

	const reports = all.flatMap((each) => each.reports);
	expect(reports.filter((report) => 'login' in report)).toHaveLength(1);
	const tokens = reports.flatMap((report) => ('token' in report ? [report.token] : []));
	expect(tokens).toHaveLength(4);
	expect(new Set(tokens).size).toBe(1);
}, 30_000);

it('a process that is killed in its login stops the others until its lock ends, not longer', async () => {
	const first = start({ lockMs: 1_000, token: 'never', loginMs: 60_000 });
	await once(first.child, 'message');
	await endWorker(first.child);
	const others = [1, 2].map(() => start({ lockMs: 1_000, token: 'after', loginMs: 10 }));
	await Promise.all(others.map(async ({ child }) => await once(child, 'exit')));

	const reports = others.flatMap((each) => each.reports);
	expect(reports.filter((report) => 'token' in report)).toEqual([{ token: 'after' }, { token: 'after' }]);
	expect(reports.filter((report) => 'login' in report)).toHaveLength(1);
}, 30_000);
