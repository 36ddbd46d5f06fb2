import { join } from 'node:path';

import { startCognigyAiSandbox } from '../../sandbox';
import { startProgram } from '../loops/child';
import { timeInN8n } from '../n8n/workflow';
import { sessionsNamed } from '../streamMessages/started';
import type { BareSocketsTask } from './bareSockets';
import type { Deliveries } from './deliveries';
import type { MeasuringPlace } from './place';
import { measuredTalk } from './talk';
import { startingWorkflow, streamWorkflow } from './workflows';

/** What the bot says by itself, pushed by Cognigy.AI over Socket.IO. There is nothing that a schedule could ask. */
export interface CognigyAiResult {
	what: 'cognigyAi';
	trigger: Deliveries;
	/** socket.io-client in a process of its own, without n8n. */
	bareSocket: Deliveries;
}

const userId = 'user';
/** The flow says nothing to it. */
const input = 'silent';

export async function measureCognigyAi(place: MeasuringPlace): Promise<CognigyAiResult> {
	const { workplace, client, setup, receiver } = place;
	const { sessions } = setup;
	const sandbox = await startCognigyAiSandbox({ tls: workplace.tls, requestsPer5Minutes: 0 });
	const { apiUrl: apiBaseUrl, apiKey, projectId, endpointUrl } = sandbox;
	const { url: endpoint, urlToken } = sandbox.endpoint('Showcase Socket');
	const sessionIds = { trigger: sessionsNamed('trigger', sessions), bareSocket: sessionsNamed('bare', sessions) };
	const task: BareSocketsTask = {
		endpointUrl,
		urlToken,
		userId,
		input,
		sessionIds: sessionIds.bareSocket,
		receiverUrl: receiver.url,
	};
	const bare = startProgram({ program: join(__dirname, 'bareSockets.ts'), task, caFile: workplace.caFile });
	try {
		const fields = { apiBaseUrl, apiKey, projectId, requestsPer5Minutes: 0 };
		const credential = await client.createCredential('Cognigy.AI', 'cognigyAiApi', fields);
		const flow = { channel: 'socketio', endpoint, userId, input };
		const start = await client.createWorkflow(startingWorkflow(credential, sessionIds.trigger, flow));
		await timeInN8n(client, start, { items: sessions });
		const stream = await client.createWorkflow(streamWorkflow(credential, { endpoint }, receiver.url));
		await client.activateWorkflow(stream);
		await bare.ask('ready');

		const say = (sessionId: string, text: string) => sandbox.say({ userId, sessionId }, { text });
		const deliveries = await measuredTalk({ ...setup, sessionIds, say, receiver, title: 'Cognigy.AI' });
		await client.deactivateWorkflow(stream);
		return { what: 'cognigyAi', ...deliveries };
	} finally {
		await bare.stop();
		await sandbox.close();
	}
}
