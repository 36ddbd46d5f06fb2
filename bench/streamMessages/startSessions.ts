/** Starts sessions with our client, as Trigger Flow does in another execution. */
import pMap from 'p-map';

import { clientOf } from '../clientOf';
import { readTask, serve } from '../loops/program';
import { botId, flowId, type StartsTask } from './task';

/** A day: longer than any run. */
const SESSION_TTL_MINUTES = 24 * 60;

async function main(): Promise<void> {
	const { baseUrl, stateFolder, sessionIds } = readTask<StartsTask>();
	const client = clientOf({ baseUrl }, stateFolder);
	const start = async (sessionId: string) => {
		const flow = { botId, flowId, userId: 'user', sessionId, input: '', context: {} };
		const { warnings } = await client.triggerFlow(
			{ ...flow, sessionTtlMinutes: SESSION_TTL_MINUTES },
			{ timeoutSeconds: 30, retries: 3, auditInput: 'none' },
		);
		if (warnings) throw new Error(warnings.join(' '));
	};
	await serve(async () => void (await pMap(sessionIds, start, { concurrency: 20 })));
	client.close();
}

void main();
