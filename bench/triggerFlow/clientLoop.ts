/** Our client by itself, without n8n around it. */
import pMap from 'p-map';

import type { CallOptions } from '../../client';
import { clientOf } from '../clientOf';
import { readTask, serveRounds } from '../loops/program';
import { usersOf, type StartsTask } from './task';

async function main(): Promise<void> {
	const task = readTask<StartsTask>();
	const client = clientOf(task);
	const options: CallOptions = { timeoutSeconds: 30, retries: 3, auditInput: 'hash' };
	const flow = {
		botId: 'order-status',
		flowId: 'main',
		input: 'Where is my order?',
		context: {},
		sessionTtlMinutes: 30,
	};
	await serveRounds(async () => {
		const started: Array<Promise<unknown>> = [];
		// As the node does: the next one begins when the service has answered.
		const untilAnswered = async (userId: string) =>
			await new Promise<void>((resolve) => {
				const start = client.triggerFlow({ ...flow, userId }, { ...options, onAnswered: resolve });
				started.push(start);
				start.catch(() => resolve());
			});
		await pMap(usersOf(task), untilAnswered, { concurrency: task.concurrency });
		await Promise.all(started);
	});
}

void main();
