/** What a script does: a bare channel for each reset, closed after it. */
import pMap from 'p-map';

import { logIn } from '../logIn';
import { readTask, serveRounds } from '../loops/program';
import { openBareChannel } from './bareChannel';
import { sessionsOf, type ResetsTask } from './task';

async function main(): Promise<void> {
	const task = readTask<ResetsTask>();
	const token = await logIn(task.baseUrl);
	const reset = async (sessionId: string) => {
		const channel = await openBareChannel(task, token);
		await channel.resetAndCheck(sessionId);
		await channel.close();
	};
	await serveRounds(async () => await pMap(sessionsOf(task), reset, { concurrency: task.concurrency }));
}

void main();
