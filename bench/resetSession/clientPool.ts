/** Our client with the pool of an execution, which is opened and closed in each round. */
import pMap from 'p-map';

import { CallGroup, type CallOptions } from '../../client';
import { clientOf } from '../clientOf';
import { readTask, serveRounds } from '../loops/program';
import { botId, sessionsOf, type ResetsTask } from './task';

async function main(): Promise<void> {
	const task = readTask<ResetsTask>();
	const client = clientOf(task);
	const options: CallOptions = { timeoutSeconds: 30, retries: 3, auditInput: 'hash' };
	const reset = {
		botId,
		maxDurationSec: 900,
		clearVariables: true,
		clearHistory: true,
		clearNluContext: true,
		verify: true,
	};
	await serveRounds(async () => {
		const group = new CallGroup();
		const resetOne = async (sessionId: string) => {
			await client.resetSession({ ...reset, sessionId }, { ...options, group });
		};
		await pMap(sessionsOf(task), resetOne, { concurrency: task.concurrency });
		await group.close();
	});
}

void main();
