import { setTimeout as sleep } from 'node:timers/promises';

import {
	nodeOutput,
	type N8nClient,
	type StoredCredential,
	type StoredWorkflow,
	type WorkflowDefinition,
} from '../../../n8n-host';
import { startSandbox, type ReplayStyle, type Sandbox } from '../../../sandbox';
import { cognigyNode, emittedUntil, streamWorkflow } from '../support';
import { crmWorkflow, sendEvents, type Answered } from './crm';
import { startQueueInstallation, type QueueInstallation } from './installation';

jest.setTimeout(300_000);

const ORDERS = Array.from({ length: 20 }, (_, index) => `A-${1001 + index}`);
/** What is said about an order: by the customer, by a webhook node, and by the bot. */
const MESSAGES_PER_ORDER = 3;
/** Long enough for the stream to have found the session, in ms. */
const BOT_DELAY_MS = 2_000;

let queue: QueueInstallation;
let sandbox: Sandbox | undefined;

beforeAll(async () => {
	queue = await startQueueInstallation();
});
afterAll(async () => {
	await sandbox?.close();
	await queue?.stop();
});

/** Of a sandbox of its own, so that nothing is shared with another test. */
async function createCredential({ url: baseUrl, tenantId }: Sandbox): Promise<StoredCredential> {
	return await queue.client.createCredential(`Cognigy at ${baseUrl}`, 'cognigyApi', {
		...{ baseUrl, tenantId, username: 'demo', password: 'demo-password' },
		...{ requestsPerMinute: 0, stateStore: 'redis', redisUrl: queue.redis.url },
	});
}

async function publish(client: N8nClient, workflow: WorkflowDefinition): Promise<StoredWorkflow> {
	return await client.activateWorkflow(await client.createWorkflow(workflow));
}

describe.each<ReplayStyle>(['once', 'all'])(
	'a stream in main beside flows in workers that wait for their reply; what was delivered comes again: %s',
	(replay) => {
		let stream: StoredWorkflow;
		let answers: Answered[];
		/** Ids of messages, sorted. */
		let said: string[];
		let replied: string[];
		let streamed: string[];

		beforeAll(async () => {
			sandbox = await startSandbox({ replay, botDelayMs: BOT_DELAY_MS });
			const { client, webhook } = queue;
			const credential = await createCredential(sandbox);
			const path = `crm-order-event-${replay}`;
			// Who gets only a part of the messages waits for the others in vain.
			const flow = { waitForReply: true, options: { replyMaxWaitSeconds: 30 } };
			const crm = await publish(client, crmWorkflow(credential, path, flow));
			const messageTypes = ['bot', 'user', 'webhook'];
			stream = await publish(client, streamWorkflow(`Stream ${replay}`, credential, { messageTypes }));

			answers = await sendEvents(`${webhook.server.url}/webhook/${path}`, ORDERS);
			said = sandbox.sessions.flatMap(({ transcript }) => transcript.map(({ messageId }) => messageId)).sort();
			replied = answers.flatMap(({ result }) => result?.messages?.map(({ messageId }) => messageId) ?? []).sort();
			const executions = await emittedUntil(client, stream, (all) => all.flat().length >= said.length);
			streamed = executions.flatMap((items) => items.map(({ messageId }) => String(messageId))).sort();
			await client.deactivateWorkflow(crm);
			await client.deactivateWorkflow(stream);
		});
		afterAll(async () => {
			await sandbox?.close();
		});

		it('is what this says: every flow was started in a worker, the stream ran in main', () => {
			expect(answers.map(({ status }) => status)).toEqual(ORDERS.map(() => 200));
			expect(said).toHaveLength(ORDERS.length * MESSAGES_PER_ORDER);
			expect(queue.main.wholeLog()).toContain('"operation":"streamMessages"');
			expect(queue.main.wholeLog()).not.toContain('"operation":"triggerFlow"');
			for (const worker of queue.workers) expect(worker.wholeLog()).not.toContain('"operation":"streamMessages"');
		});

		it('both get every message, once', () => {
			expect(replied).toEqual(said);
			expect(streamed).toEqual(said);
		});
	},
);

describe('a worker dies with an execution that a stream in main has started', () => {
	let stream: StoredWorkflow;
	let sandbox: Sandbox;

	beforeAll(async () => {
		sandbox = await startSandbox();
		const credential = await createCredential(sandbox);
		const crm = await publish(queue.client, crmWorkflow(credential, 'crm-order-event-killed'));
		const [answer] = await sendEvents(`${queue.webhook.server.url}/webhook/crm-order-event-killed`, ['A-1001']);
		await queue.client.deactivateWorkflow(crm);

		sandbox.faults.inject({ operation: 'versions', kind: 'hang' });
		const { versions } = sandbox.stats();
		stream = await publish(queue.client, checkingStream(credential));
		await sandbox.when(() => sandbox.stats().versions > versions, 30_000);
		const [begun] = await queue.client.executions(stream);
		const worker = queue.workers.find(({ server }) => server.log().includes(`started execution ${begun?.id} `));
		await worker?.kill();
		sandbox.say(answer?.result?.sessionId ?? '', 'Said after that', 'webhook');
	});
	afterAll(async () => {
		await queue.client.deactivateWorkflow(stream);
		await sandbox.close();
	});

	/** The bot has said something when it starts. Each execution asks the service for something. */
	function checkingStream(credential: StoredCredential): WorkflowDefinition {
		const trigger = streamWorkflow('Stream and check', credential, { messageTypes: ['webhook'] });
		const target = { botId: 'order-status', flowId: 'main', targetEnvironment: 'production' };
		const check = { ...cognigyNode('cognigyValidateVersion', credential, target), id: 'check', name: 'Check' };
		return {
			...trigger,
			nodes: [...trigger.nodes, check],
			connections: { Cognigy: { main: [[{ node: 'Check', type: 'main', index: 0 }]] } },
		};
	}

	it('n8n gives the execution up; the session goes on with the next message, and none is put out twice', async () => {
		const { client } = queue;
		const giveUpAt = Date.now() + 90_000;
		while (!(await client.executions(stream)).some(({ status }) => status === 'success') && Date.now() < giveUpAt) {
			await sleep(200);
		}
		const executions = (await client.executions(stream)).reverse();
		expect(executions.map(({ status }) => status)).toEqual(['error', 'success']);
		const last = await client.waitForExecution(executions[1]?.id ?? '');
		expect(nodeOutput(last, 'Cognigy').map(({ text }) => text)).toEqual(['Said after that']);
	});
});
