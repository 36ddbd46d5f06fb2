import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { nodeOutput, type EndedExecution, type StoredWorkflow, type WorkflowNode } from '../../n8n-host';
import { cognigyNode, postOnceServed, publishErrorWorkflow, startE2e, type E2e } from './support';

jest.setTimeout(120_000);

const PASSWORD = 'demo-password';

let e2e: E2e;
let alerts: StoredWorkflow;
let reported = 0;

beforeAll(async () => {
	e2e = await startE2e();
	alerts = await publishErrorWorkflow(e2e.client, alertWorkflow());
});
afterAll(async () => {
	await e2e?.stop();
});

function alertWorkflow() {
	const trigger = node('Error Trigger', 'n8n-nodes-base.errorTrigger', 1, {});
	const fields = ['errorCategory', 'sessionId'].map((name) => ({
		...{ id: name, name, type: 'string' },
		value: `={{ $json.execution.error.context.data.${name} }}`,
	}));
	const alert = node('Alert', 'n8n-nodes-base.set', 3.4, { assignments: { assignments: fields } });
	return workflow('Alerts', [trigger, alert]);
}

function node(name: string, type: string, typeVersion: number, parameters: object): WorkflowNode {
	return { id: name, name, type, typeVersion, position: [0, 0], parameters: { ...parameters } };
}

/** Nodes, one after the other. */
function workflow(name: string, [first, second]: [WorkflowNode, WorkflowNode], settings: object = {}) {
	const connections = { [first.name]: { main: [[{ node: second.name, type: 'main' as const, index: 0 }]] } };
	return { name, nodes: [first, second], connections, settings: { executionOrder: 'v1', ...settings } };
}

/** Error workflows run for executions that nobody watches, so a webhook starts it. */
async function fail(parameters: object): Promise<void> {
	const { url: baseUrl, tenantId } = e2e.sandbox;
	const fields = { baseUrl, tenantId, username: 'demo', password: PASSWORD };
	const credential = await e2e.client.createCredential('Cognigy account', 'cognigyApi', fields);
	const path = randomUUID();
	const start = { ...node('Start', 'n8n-nodes-base.webhook', 2, { path, httpMethod: 'POST' }), webhookId: path };
	const startFlow = { botId: 'order-status', flowId: 'main', userId: 'user-1', sessionId: 'session-1' };
	const cognigy = cognigyNode('cognigyTriggerFlow', credential, { ...startFlow, ...parameters });
	const settings = { errorWorkflow: alerts.id };
	const stored = await e2e.client.createWorkflow(workflow('Failing', [start, cognigy], settings));
	await e2e.client.activateWorkflow(stored);
	await postOnceServed(`${e2e.n8n.url}/webhook/${path}`);
}

/** The next run of the error workflow. */
async function nextAlert(): Promise<EndedExecution> {
	const giveUpAt = Date.now() + 15_000;
	for (;;) {
		const executions = await e2e.client.executions(alerts);
		const [newest] = executions;
		if (newest && executions.length > reported) {
			reported = executions.length;
			return await e2e.client.waitForExecution(newest.id);
		}
		if (Date.now() > giveUpAt) throw new Error('The error workflow was not run.');
		await sleep(100);
	}
}

it.each([
	['what Cognigy refuses', { botId: 'no-such-bot' }, 'notFound'],
	['what is refused before anything is sent', { userId: '={{ "" }}' }, 'invalidInput'],
])('an error workflow can tell by the category what happened: %s', async (_what, parameters, errorCategory) => {
	await fail(parameters);
	const alert = await nextAlert();
	expect(nodeOutput(alert, 'Alert')).toEqual([{ errorCategory, sessionId: 'session-1' }]);
	expect(JSON.stringify(alert)).not.toContain(PASSWORD);
});
