import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { CallKind } from '../../../client/budget/rateBudget';
import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { BudgetProcess, bundleWorker, endWorkers, sendTimes } from '../../support/budgetProcesses';
import { mostWithin } from '../../support/budgetSchedule';
import { startRedisServer, type RedisServer } from '../../support/redisServer';

/** Instead of a minute, so that nobody waits for one. */
const WINDOW_MS = 3_000;
const LIMIT = 20;
/** A second each for the margin and for whatever this machine does besides. */
const TEST_MS = 60_000;

let folder: string;
let worker: string;
let server: RedisServer;
let processes: BudgetProcess[];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'budget-'));
	worker = await bundleWorker('budgetWorker', folder);
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

async function start(count: number, requestsPerWindow = LIMIT, url = server.url): Promise<void> {
	const setup = { url, account: 'a', requestsPerWindow, windowMs: WINDOW_MS };
	processes = Array.from({ length: count }, () => new BudgetProcess(worker, setup));
	await Promise.all(processes.map(({ ready }) => ready));
}

function at(index: number): BudgetProcess {
	const found = processes[index];
	if (!found) throw new Error(`There is no process ${index}`);
	return found;
}

const calls = (count: number) => Array<CallKind>(count).fill('call');
const streams = (count: number) => Array<CallKind>(count).fill('stream');

describe('28 requests against a budget of 20', () => {
	it.each([2, 4])(
		'of %i processes: never 21 in a window, and all are sent',
		async (count) => {
			await start(count);
			for (const each of processes) each.take(...calls(28 / count));
			await Promise.all(processes.map((each) => each.hasSent(28 / count)));

			const times = sendTimes(processes);
			expect(times).toHaveLength(28);
			expect(mostWithin(WINDOW_MS, times)).toBe(LIMIT);
			expect(processes.flatMap(({ warnings }) => warnings)).toEqual([]);
		},
		TEST_MS,
	);

	it(
		'goes on when Redis forgets the scripts in the middle',
		async () => {
			await start(2);
			for (const each of processes) each.take(...calls(11));
			await Promise.race(processes.map((each) => each.hasSent(10)));
			const redis = redisConnectionFor(server.url);
			await redis.command('SCRIPT', 'FLUSH');
			await redis.close();
			for (const each of processes) each.take(...calls(3));
			await Promise.all(processes.map((each) => each.hasSent(14)));

			expect(mostWithin(WINDOW_MS, sendTimes(processes))).toBe(LIMIT);
			expect(processes.flatMap(({ warnings }) => warnings)).toEqual([]);
		},
		TEST_MS,
	);
});

it(
	'a process with much to send leaves the others their turns',
	async () => {
		await start(3, 6);
		at(0).take(...calls(40));
		await at(0).hasSent(6);
		at(1).take(...calls(2));
		at(2).take(...calls(2));
		await Promise.all([at(1).hasSent(2), at(2).hasSent(2)]);

		// In the windows after the first, the three take turns. In line behind the first, they would have come after all 40.
		expect(at(0).sent.length).toBeLessThanOrEqual(40 / 2);
		expect(mostWithin(WINDOW_MS, sendTimes(processes))).toBeLessThanOrEqual(6);
	},
	TEST_MS,
);

it(
	'streams of all processes together take half, and calls pass them',
	async () => {
		await start(2, 10);
		for (const each of processes) each.take(...streams(5), ...calls(2));
		await Promise.all(processes.map((each) => each.hasSent(7)));

		expect(mostWithin(WINDOW_MS, sendTimes(processes, 'stream'))).toBe(5);
		const [firstStream = NaN] = sendTimes(processes, 'stream');
		for (const time of sendTimes(processes, 'call')) expect(time).toBeLessThan(firstStream + WINDOW_MS);
	},
	TEST_MS,
);

it(
	'a process that is killed while it waits does not stop the others',
	async () => {
		await start(2, 1);
		at(0).take('call');
		await at(0).hasSent(1);
		at(1).take('call');
		at(0).take('call');
		await at(1).kill();
		await at(0).hasSent(2);

		expect(mostWithin(WINDOW_MS, sendTimes([at(0)]))).toBe(1);
	},
	TEST_MS,
);

it(
	'a process ends by itself when it has nothing to do, and when it waits for its turn',
	async () => {
		await start(2, 1);
		at(0).take('call');
		await at(0).hasSent(1);
		at(1).take('call');

		await Promise.all(processes.map((each) => each.leave()));
	},
	TEST_MS,
);

describe('Redis is killed', () => {
	it(
		'in the middle: each process keeps to the budget by itself, says so once, and all are sent',
		async () => {
			await start(2);
			for (const each of processes) each.take(...calls(5));
			await Promise.all(processes.map((each) => each.hasSent(5)));
			await server.stop();
			for (const each of processes) each.take(...calls(20));
			await Promise.all(processes.map((each) => each.hasSent(25)));

			for (const each of processes) {
				expect(mostWithin(WINDOW_MS, sendTimes([each]))).toBe(LIMIT);
				expect(each.warnings).toEqual([expect.stringContaining(`127.0.0.1:${server.port}`)]);
			}
		},
		TEST_MS,
	);

	it(
		'and comes back empty: it is told what was sent, so that the budget holds for all together',
		async () => {
			await start(2);
			at(0).take(...calls(15));
			await at(0).hasSent(15);
			await server.stop();
			server = await startRedisServer(server.port);
			at(0).take('call');
			await at(0).hasSent(16);
			at(1).take(...calls(10));
			await at(1).hasSent(10);

			expect(mostWithin(WINDOW_MS, sendTimes(processes))).toBe(LIMIT);
			expect(processes.flatMap(({ warnings }) => warnings)).toEqual([]);
		},
		TEST_MS,
	);

	it(
		'and comes back: it is told what was sent without it',
		async () => {
			await start(2);
			await server.stop();
			at(0).take(...calls(15));
			await at(0).hasSent(15);
			server = await startRedisServer(server.port);
			// Until the connection is tried again, the process is on its own.
			const redis = redisConnectionFor(server.url);
			for (let isTold = false; !isTold; isTold = (await redis.command('DBSIZE')) !== 0) {
				at(0).take('call');
				await at(0).hasSent(at(0).sent.length + 1);
			}
			await redis.close();
			at(1).take(...calls(10));
			await at(1).hasSent(10);

			expect(mostWithin(WINDOW_MS, sendTimes(processes))).toBe(LIMIT);
			expect(at(1).warnings).toEqual([]);
		},
		TEST_MS,
	);
});

describe('Redis is of no help', () => {
	it(
		'because it hangs: the process goes on by itself, and with Redis again when that has recovered',
		async () => {
			await start(1);
			at(0).take('call');
			await at(0).hasSent(1);
			const redis = redisConnectionFor(server.url);
			await redis.command('CLIENT', 'PAUSE', '4000', 'ALL');
			at(0).take(...calls(27));
			await at(0).hasSent(28);
			await redis.close();

			expect(mostWithin(WINDOW_MS, sendTimes(processes))).toBe(LIMIT);
			expect(at(0).warnings).toEqual([expect.stringContaining('did not answer')]);
		},
		TEST_MS,
	);

	it.each([
		{ user: '', problem: 'wants a password' },
		{ user: ':geheim-2@', problem: 'does not accept the user or password' },
	])(
		'because it $problem: the process goes on by itself and says why, without the password',
		async ({ user, problem }) => {
			await server.stop();
			server = await startRedisServer(server.port, ['--requirepass', 'geheim-1']);
			await start(1, LIMIT, server.url.replace('//', `//${user}`));
			at(0).take('call', 'stream');
			await at(0).hasSent(2);

			expect(at(0).warnings).toEqual([expect.stringContaining(problem)]);
			expect(at(0).warnings[0]).not.toContain('geheim');
		},
		TEST_MS,
	);
});
