/** The least that resets can cost: a bare channel for each of those done at a time, kept for a round. */
import { logIn } from '../logIn';
import { readTask, serveRounds } from '../loops/program';
import { openBareChannel } from './bareChannel';
import { sessionsOf, type ResetsTask } from './task';

async function main(): Promise<void> {
	const task = readTask<ResetsTask>();
	const token = await logIn(task.baseUrl);
	await serveRounds(async () => {
		const waiting = sessionsOf(task).values();
		const worker = async () => {
			const channel = await openBareChannel(task, token);
			for (const sessionId of waiting) await channel.resetAndCheck(sessionId);
			await channel.close();
		};
		await Promise.all(Array.from({ length: task.concurrency }, worker));
	});
}

void main();
