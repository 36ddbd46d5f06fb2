import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { openFile } from '../support/registryFiles';
import { bundleRegistryWorker, RegistryProcess } from '../support/registryProcesses';
import { idsOf, keyOf, numbered, recorded, session } from '../support/registrySessions';

const ROUNDS = 25;

let folder: string;
let worker: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'registry-'));
	worker = await bundleRegistryWorker(folder);
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

describe('a process that is killed while it writes', () => {
	it('loses nothing that it had acknowledged, and leaves a good file', async () => {
		const path = join(folder, 'sessions.sqlite');
		const recordedIds: string[] = [];
		const emitted: string[] = [];
		for (let round = 0; round < ROUNDS; round++) await writeAndKill(path, round, recordedIds, emitted);

		const registry = await openFile(path);
		const ids = idsOf(await registry.openSessions(recorded()));
		const known = new Set(ids);
		expect(recordedIds.length).toBeGreaterThan(ROUNDS * 20);
		expect(recordedIds.filter((id) => !known.has(id))).toEqual([]);
		for (const id of emitted) expect(await registry.deliveredIds(keyOf(id), 'c')).toEqual([`${id}-1`, `${id}-2`]);
		// What was not acknowledged is there as a whole or not at all.
		for (const id of ids) expect([0, 2]).toContain((await registry.deliveredIds(keyOf(id), 'c')).length);
		await registry.close();
		const db = new DatabaseSync(path);
		expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
		db.close();
	}, 180_000);
});

describe('processes that open a new file at once', () => {
	it('all get a good one', async () => {
		for (let round = 0; round < 5; round++) {
			const path = join(folder, `new-${round}`, 'sessions.sqlite');
			const processes = numbered(4).map(() => new RegistryProcess(worker, path));
			await Promise.all(processes.map((process, index) => process.call('record', session(`s${index}`))));
			const [first] = processes;
			expect(idsOf((await first?.call('openSessions', recorded())) ?? []).sort()).toEqual(numbered(4));
			await Promise.all(processes.map((process) => process.kill()));
		}
	}, 180_000);
});

/** Kills the process at some acknowledgement, which is another one in every round. */
async function writeAndKill(path: string, round: number, recordedIds: string[], emitted: string[]): Promise<void> {
	const process = new RegistryProcess(worker, path);
	const context = { text: 'x'.repeat(3_000) };
	await new Promise<void>((resolve) => {
		let acknowledged = 0;
		const calls = numbered(400, `r${round}-`).map(async (id) => {
			await process.call('record', session(id, { context }));
			recordedIds.push(id);
			await process.call('recordDelivered', keyOf(id), 'c', [`${id}-1`, `${id}-2`]);
			emitted.push(id);
			if (++acknowledged === 20 + round * 7) resolve();
		});
		void Promise.allSettled(calls).then(() => resolve());
	});
	await process.kill();
}
