import { nodeItems, nodeOutput, type StoredCredential, type WorkflowDefinition } from '../../n8n-host';
import { startUnluckyGateway, thirdFifthSeventh, type UnluckyGateway } from '../support/unluckyGateway';
import { cognigyNode, manualWorkflow, startE2e, type E2e } from './support';

jest.setTimeout(180_000);

const ITEMS = 100;
const startOrderBot = {
	botId: 'order-status',
	flowId: 'main',
	userId: '={{ $json.user }}',
	input: 'Where is my order?',
};

let e2e: E2e;
let gateway: UnluckyGateway;
let credential: StoredCredential;
let unlucky: StoredCredential;

beforeAll(async () => {
	e2e = await startE2e();
	// The first start is refused: n8n tries again when the first item failed.
	gateway = await startUnluckyGateway(e2e.sandbox.url, (start) => thirdFifthSeventh(start + 6));
	const { url: baseUrl, tenantId } = e2e.sandbox;
	const fields = { baseUrl, tenantId, username: 'demo', password: 'demo-password', requestsPerMinute: 0 };
	credential = await e2e.client.createCredential('Cognigy account', 'cognigyApi', fields);
	unlucky = await e2e.client.createCredential('Unlucky account', 'cognigyApi', { ...fields, baseUrl: gateway.url });
});
afterAll(async () => {
	await gateway?.close();
	await e2e?.stop();
});

/** Only what n8n may try again is remembered by its execution. */
const retryOnFail = { retryOnFail: true, maxTries: 3, waitBetweenTries: 10 };

const usersOf = (test: string, count: number) =>
	Array.from({ length: count }, (_, index) => ({ user: `${test}-${index}` }));
const startsOf = (user: unknown) => e2e.sandbox.sessions.filter(({ userId }) => userId === user).length;

it('Retry On Fail, three tries: of 100 items none is started twice, and each has its true fate', async () => {
	const users = usersOf('retried', ITEMS);
	const node = cognigyNode(
		'cognigyTriggerFlow',
		unlucky,
		{ ...startOrderBot, options: { concurrency: 1 } },
		{ ...retryOnFail, onError: 'continueRegularOutput' },
	);
	const execution = await e2e.run(manualWorkflow('Retried', users, node));

	const items = nodeItems(execution, 'Cognigy');
	expect(items).toHaveLength(ITEMS);
	expect(gateway.fates.length).toBeGreaterThan(ITEMS);
	expect(items[0]?.json).toHaveProperty('sessionId');
	for (const [index, { json }] of items.entries()) {
		const made = startsOf(users[index]?.user);
		const isStarted = 'sessionId' in json || String(json['error']).includes('may have run');
		expect({ index, made, json }).toMatchObject({ made: isStarted ? 1 : 0 });
		if (!isStarted) expect(json['errorCategory']).toBe('invalidInput');
	}
});

it('a workflow that is run twice in the editor starts twice', async () => {
	const users = usersOf('twice', 1);
	const workflow = await e2e.client.createWorkflow(
		manualWorkflow('Run twice', users, cognigyNode('cognigyTriggerFlow', credential, startOrderBot, retryOnFail)),
	);
	for (let run = 0; run < 2; run++) {
		await e2e.client.waitForExecution(await e2e.client.runWorkflow(workflow, 'Start'));
	}
	expect(startsOf('twice-0')).toBe(2);
});

it('a loop that passes the node twice with the same item starts twice', async () => {
	const node = cognigyNode('cognigyTriggerFlow', credential, { ...startOrderBot, userId: 'looped' }, retryOnFail);
	const loop = {
		id: 'loop',
		name: 'Loop',
		type: 'n8n-nodes-base.splitInBatches',
		typeVersion: 3,
		position: [0, 0] as [number, number],
		parameters: {},
	};
	const { connections, ...workflow } = manualWorkflow('Looped', [{ a: 1 }, { a: 1 }], loop, node);
	const main = (name: string) => [{ node: name, type: 'main', index: 0 }];
	await e2e.run({
		...workflow,
		connections: { ...connections, Loop: { main: [[], main('Cognigy')] }, Cognigy: { main: [main('Loop')] } },
	});
	expect(startsOf('looped')).toBe(2);
});

it('a sub-workflow that is called for each of two equal items starts twice', async () => {
	const called: WorkflowDefinition = {
		name: 'Called',
		nodes: [
			{
				id: 'called',
				name: 'Called',
				type: 'n8n-nodes-base.executeWorkflowTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {},
			},
			cognigyNode('cognigyTriggerFlow', credential, { ...startOrderBot, userId: 'called' }, retryOnFail),
		],
		connections: { Called: { main: [[{ node: 'Cognigy', type: 'main', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	};
	const stored = await e2e.client.activateWorkflow(await e2e.client.createWorkflow(called)).catch(async () => {
		// n8n 1 does not activate what only others call, and calls it nevertheless.
		return await e2e.client.createWorkflow(called);
	});
	const call = {
		id: 'call',
		name: 'Call',
		type: 'n8n-nodes-base.executeWorkflow',
		typeVersion: 1.1,
		position: [0, 0] as [number, number],
		parameters: { workflowId: { __rl: true, mode: 'id', value: stored.id }, mode: 'each', options: {} },
	};
	await e2e.run(manualWorkflow('Caller', [{ a: 1 }, { a: 1 }], call));
	expect(startsOf('called')).toBe(2);
});

it('an idempotency key: the second execution comes out with the session of the first, and starts nothing', async () => {
	const event = { user: 'crm-user', eventId: 'event-1' };
	const node = cognigyNode('cognigyTriggerFlow', credential, {
		...startOrderBot,
		waitForReply: true,
		options: { idempotencyKey: '={{ $json.eventId }}', replyQuietMs: 200 },
	});
	const workflow = manualWorkflow('Delivered twice', [event], node);
	const [first] = nodeOutput(await e2e.run(workflow), 'Cognigy');
	const [second] = nodeOutput(await e2e.run(workflow), 'Cognigy');

	expect(startsOf('crm-user')).toBe(1);
	const { audit, ...result } = first ?? {};
	expect(audit).toMatchObject({ attempts: 1 });
	expect(second).toEqual({
		...result,
		repeated: true,
		audit: expect.objectContaining({ attempts: 0, repeated: true, sessionId: result['sessionId'] }),
	});
	const other = manualWorkflow('Key used again', [{ ...event, user: 'other-user' }], node);
	const { error } = (await e2e.run(other)).data.resultData;
	expect(error?.message).toContain('Idempotency Key "event-1" was used for something else');
	expect(startsOf('other-user')).toBe(0);
});
