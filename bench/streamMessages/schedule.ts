/** What a workflow without our trigger does: a schedule, and a request for each session that does not wait. */
import { readTask } from '../loops/program';
import { Arrivals } from './arrivals';
import { startBareSessions } from './bareSession';
import { serveReader } from './reader';
import type { BareTask } from './task';

async function main(): Promise<void> {
	const task = readTask<BareTask>();
	const arrivals = new Arrivals(task.capacity);
	const ask = await startBareSessions(task, arrivals);
	let schedule: NodeJS.Timeout | undefined;
	await serveReader(arrivals, () => {
		schedule = setInterval(() => {
			for (const sessionId of task.sessionIds) void ask(sessionId, false);
		}, task.everyMs);
	});
	clearInterval(schedule);
}

void main();
