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
	const start = async (userId: string) => await client.triggerFlow({ ...flow, userId }, options);
	await serveRounds(async () => await pMap(usersOf(task), start, { concurrency: task.concurrency }));
}

void main();
