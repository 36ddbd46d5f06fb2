import { join } from 'node:path';

import { startSandbox } from '../../sandbox';
import type { Bench, RoundsSetup } from '../bench';
import { startProgram } from '../loops/child';
import { withWorkplace, type Workplace } from '../service';
import { measureInTurn, Way } from '../way';
import { withRedis } from './redis';
import { resultOf, textOf, type IdempotencyResult } from './result';
import type { StartsTask, WayToStart } from './task';

/** What it costs a start to be made only once, with both stores. */
export const idempotency: Bench = {
	name: 'idempotency',
	async run({ quick, report }) {
		const setup = { items: quick ? 100 : 1000, concurrency: 50, rounds: quick ? 2 : 15 };
		const { items, concurrency, rounds } = setup;
		report(`Idempotency: ${items} starts over TLS, concurrency ${concurrency}, median of ${rounds} rounds`);
		const results = await withWorkplace(async (workplace) => {
			const inSqlite = await measure(workplace, 'SQLite', setup, report);
			const inRedis = await withRedis(
				workplace.folder,
				async (redisUrl) => await measure(workplace, 'Redis', setup, report, redisUrl),
			);
			if (!inRedis) report('  Redis is left out: no redis-server is installed');
			return [inSqlite, ...(inRedis ? [inRedis] : [])];
		});
		return { setup, results, text: textOf(results) };
	},
};

async function measure(
	{ tls, caFile }: Workplace,
	store: string,
	{ items, concurrency, rounds }: RoundsSetup,
	report: (line: string) => void,
	redisUrl?: string,
): Promise<IdempotencyResult> {
	const sandbox = await startSandbox({ tls });
	const task: StartsTask = { baseUrl: sandbox.url, count: items, concurrency, ...(redisUrl ? { redisUrl } : {}) };
	const program = startProgram({ program: join(__dirname, 'starts.ts'), task, caFile });
	const way = (label: string, request: WayToStart, expected: number) =>
		new Way(label, async () => {
			sandbox.resetStats();
			const ms = await program.ask<number>(request);
			const { flowsStarted, connectionsOpened } = sandbox.stats();
			if (flowsStarted !== expected) throw new Error(`${label}: ${flowsStarted} flows were started, not ${expected}.`);
			return { ms, connections: connectionsOpened };
		});
	const ways = {
		anew: way('known by nothing', 'anew', items),
		step: way('by its step', 'step', items),
		key: way('by a key', 'key', items),
		again: way('made before', 'again', 0),
	};
	try {
		await measureInTurn(Object.values(ways), { rounds, title: store, report });
	} finally {
		await program.stop();
		await sandbox.close();
	}
	const { anew, step, key, again } = ways;
	return resultOf(store, items, { anew: anew.times, step: step.times, key: key.times, again: again.times });
}
