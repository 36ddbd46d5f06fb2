/** The least that following sessions can cost: one long poll after the other. */
import { readTask } from '../loops/program';
import { Arrivals } from './arrivals';
import { startBareSessions } from './bareSession';
import { serveReader } from './reader';
import type { BareTask } from './task';

async function main(): Promise<void> {
	const task = readTask<BareTask>();
	const arrivals = new Arrivals(task.capacity);
	const ask = await startBareSessions(task, arrivals);
	let isOver = false;
	await serveReader(arrivals, () => {
		for (const sessionId of task.sessionIds) void follow(sessionId);
	});
	isOver = true;
	// Polls are still held open.
	process.exit();

	async function follow(sessionId: string): Promise<void> {
		while (!isOver) await ask(sessionId, true);
	}
}

void main();
