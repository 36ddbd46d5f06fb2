import { randomUUID } from 'node:crypto';

import { nodeOutput, type N8nExit, type StoredCredential, type StoredWorkflow } from '../../n8n-host';
import type { CognigyAiSandbox } from '../../sandbox';
import { otherFilesWith, placesInDatabase } from './storedSecrets';
import {
	cognigyNode,
	emittedUntil,
	manualWorkflow,
	startCognigyAiE2e,
	streamWorkflow,
	triggerWorkflow,
	usedBy,
	type E2e,
	type EmittedItems,
	PEACEFUL_ENDS,
	postOnceServed,
} from './support';

jest.setTimeout(120_000);

const OLD_URL = 'https://old.example.com/hook';
const USER = 'cognigy';
const PASSWORD = 'a-password-7261';
const SECRET = 'a-header-secret-9917';
/** What n8n may take to start triggers after an activation or a start, in ms. */
const PATIENCE_MS = 20_000;

let e2e: E2e<CognigyAiSandbox>;
let credential: StoredCredential;
let stream: StoredWorkflow;
let webhook: StoredWorkflow;
let productionUrl: string;

beforeAll(async () => {
	e2e = await startCognigyAiE2e({ sandbox: { slowMs: 50, ackTimeoutMs: 100, webhookUrl: OLD_URL } });
	const { apiUrl: apiBaseUrl, apiKey, projectId } = e2e.sandbox;
	credential = await e2e.client.createCredential('Cognigy.AI account', 'cognigyAiApi', {
		apiBaseUrl,
		apiKey,
		projectId,
	});
	const parameters = { endpoint: endpoint('Showcase Socket').url };
	stream = await publish(streamWorkflow('Stream', credential, parameters));
	webhook = await publishWebhook();
});
afterEach(() => {
	e2e.sandbox.faults.clear();
});
afterAll(async () => {
	await e2e?.stop();
});

const endpoint = (name: string) => e2e.sandbox.endpoint(name);

async function publish(workflow: ReturnType<typeof triggerWorkflow>): Promise<StoredWorkflow> {
	return await e2e.client.activateWorkflow(await e2e.client.createWorkflow(workflow));
}

/** Says something to a bot with the node Trigger Flow. */
async function say(sessionId: string, input: string, parameters: object): Promise<Record<string, unknown> | undefined> {
	const node = cognigyNode('cognigyTriggerFlow', credential, { userId: 'user-1', sessionId, input, ...parameters });
	const [item] = nodeOutput(await e2e.run(manualWorkflow(`Say to ${sessionId}`, [{}], node)), 'Cognigy');
	return item;
}

const socket = () => ({ channel: 'socketio', endpoint: endpoint('Showcase Socket').url });
const ofSession = (sessionId: string) => ({ userId: 'user-1', sessionId });

const itemsOf = (sessionId: string, executions: EmittedItems[]) =>
	executions.flat().filter((item) => item['sessionId'] === sessionId);
const textsOf = (sessionId: string, executions: EmittedItems[]) =>
	itemsOf(sessionId, executions).map(({ text }) => text);

/** Waits until the published workflow got a text. @returns all that it got of the session */
async function emittedWith(sessionId: string, last: string): Promise<unknown[]> {
	const all = await emittedUntil(e2e.client, stream, (executions) => textsOf(sessionId, executions).includes(last));
	return textsOf(sessionId, all);
}

/** The next output to a session is shown, but its acknowledgement gets lost. */
async function sayWithLostAck(sessionId: string, text: string): Promise<void> {
	const { kept } = e2e.sandbox.stats().outputs;
	const match = ofSession(sessionId);
	e2e.sandbox.faults.inject({ operation: 'output', kind: 'ackLost', match });
	e2e.sandbox.say(match, { text });
	await e2e.sandbox.when(() => e2e.sandbox.stats().outputs.kept === kept + 1);
}

async function publishWebhook(): Promise<StoredWorkflow> {
	const webhookId = randomUUID();
	productionUrl = `${e2e.n8n.url}/webhook/${webhookId}/cognigy`;
	const basicAuth = await e2e.client.createCredential('Basic', 'httpBasicAuth', { user: USER, password: PASSWORD });
	e2e.sandbox.changeEndpoint('Orders Webhook', { basicAuthUser: USER, basicAuthPassword: PASSWORD });
	const node = cognigyNode(
		'cognigyWebhookTrigger',
		credential,
		{
			incomingAuthentication: 'basicAuth',
			setWebhookUrl: true,
			endpoint: { __rl: true, mode: 'id', value: endpoint('Orders Webhook').id },
		},
		{ webhookId, credentials: usedBy(credential, basicAuth) },
	);
	return await publish(triggerWorkflow('Webhook', node));
}

/** Posts to a webhook of n8n as an endpoint of Cognigy.AI does. @returns the status of the answer */
async function post(url: string, headers: Record<string, string>): Promise<number> {
	const body = JSON.stringify({ userId: 'user-1', sessionId: 'w-refused', AIOutput: { text: 'Let me in.' } });
	const response = await fetch(url, {
		method: 'POST',
		body,
		headers: { 'content-type': 'application/json', ...headers },
	});
	await response.arrayBuffer();
	return response.status;
}

const encoded = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64');
const basic = (user: string, password: string) => ({ authorization: `Basic ${encoded(user, password)}` });

/** What the published workflow with the webhook was started for. */
async function receivedUntil(text: string): Promise<EmittedItems[]> {
	return await emittedUntil(e2e.client, webhook, (all) =>
		all.flat().some((item) => String(item['text']).includes(text)),
	);
}

describe('Stream Messages', () => {
	it('gets what the bot says in sessions of the registry, as the flow that started them does', async () => {
		const started = await say('s-1', 'several', socket());
		expect(started).toMatchObject({ reply: 'One.\nTwo.\nThree.' });

		expect(await emittedWith('s-1', 'Three.')).toEqual(['One.', 'Two.', 'Three.']);
		const [first] = itemsOf('s-1', await emittedUntil(e2e.client, stream, () => true));
		const [message] = started?.['messages'] as Array<Record<string, unknown>>;
		const session = {
			sessionId: 's-1',
			botId: e2e.sandbox.projectId,
			flowId: started?.['flowId'],
			userId: 'user-1',
		};
		expect(first).toEqual({
			...message,
			...session,
			audit: expect.objectContaining({ operation: 'streamMessages', ...session, status: 'success' }),
		});
	});

	it('gets what the bot says without being asked', async () => {
		e2e.sandbox.say(ofSession('s-1'), { text: 'By the way.' });
		expect(await emittedWith('s-1', 'By the way.')).toEqual(['One.', 'Two.', 'Three.', 'By the way.']);
	});

	it('loses nothing and gets nothing twice when the socket drops in the middle of a turn (guarantee 3)', async () => {
		const match = ofSession('s-2');
		const { redelivered } = e2e.sandbox.stats().outputs;
		e2e.sandbox.faults.inject({ operation: 'output', kind: 'ackLost', match });
		e2e.sandbox.faults.inject({ operation: 'processInput', kind: 'dropMidTurn', outputs: 2, match });
		expect(await say('s-2', 'several', socket())).toMatchObject({ reply: 'One.\nTwo.\nThree.' });
		expect(await emittedWith('s-2', 'Three.')).toEqual(['One.', 'Two.', 'Three.']);
		expect(e2e.sandbox.session('s-2')?.turns).toBe(1);
		expect(e2e.sandbox.stats().outputs.redelivered).toBeGreaterThan(redelivered);
	});

	it('gets nothing twice that is sent again because its acknowledgement was lost', async () => {
		const { redelivered } = e2e.sandbox.stats().outputs;
		await sayWithLostAck('s-2', 'Only once.');
		e2e.sandbox.dropSockets();
		await e2e.sandbox.when(() => e2e.sandbox.stats().outputs.redelivered > redelivered, PATIENCE_MS);
		e2e.sandbox.say(ofSession('s-2'), { text: 'The end.' });
		expect(await emittedWith('s-2', 'The end.')).toEqual(['One.', 'Two.', 'Three.', 'Only once.', 'The end.']);
	});

	it('a flow can say something while the socket is away, and the stream gets also what comes after its turn', async () => {
		await say('s-3', 'text', socket());
		await emittedWith('s-3', 'Plain text.');
		e2e.sandbox.dropSockets();
		expect(await say('s-3', 'later', socket())).toMatchObject({ reply: 'I come back to you.' });
		const texts = await emittedWith('s-3', 'Here I am again.');
		expect(texts).toEqual(['Plain text.', 'I come back to you.', 'Here I am again.']);
		expect(e2e.sandbox.session('s-3')?.turns).toBe(2);
	});
});

describe('Webhook Trigger', () => {
	const orders = () => ({ channel: 'webhook', endpoint: endpoint('Orders Webhook').url });

	it('puts its production URL into the endpoint, and is started by what the bot says', async () => {
		await e2e.sandbox.when(() => endpoint('Orders Webhook').webhookUrl === productionUrl, PATIENCE_MS);
		expect(endpoint('Showcase Webhook').webhookUrl).toBe(OLD_URL);

		const sent = await say('w-1', 'Where is A-1001?', orders());
		expect(sent).toMatchObject({ status: 'SENT', sessionId: 'w-1' });

		// It names project and endpoint as the flow did that sent the message.
		const session = { sessionId: 'w-1', userId: 'user-1', botId: e2e.sandbox.projectId, flowId: sent?.['flowId'] };
		expect(await receivedUntil('A-1001')).toEqual([
			[
				{
					messageId: expect.any(String),
					text: expect.stringContaining('A-1001'),
					type: 'bot',
					timestamp: expect.any(String),
					data: { orderId: 'A-1001' },
					...session,
					audit: expect.objectContaining({ operation: 'streamMessages', ...session, status: 'success' }),
				},
			],
		]);
		expect(e2e.sandbox.requests.findLast(({ via }) => via === 'callback')).toMatchObject({ status: 200 });
	});

	it('refuses whoever does not know the password or the secret, and starts nothing', async () => {
		const webhookId = randomUUID();
		const secret = await e2e.client.createCredential('Header', 'httpHeaderAuth', { name: 'X-Secret', value: SECRET });
		const parameters = { incomingAuthentication: 'headerAuth' };
		const node = cognigyNode('cognigyWebhookTrigger', credential, parameters, {
			webhookId,
			credentials: usedBy(secret),
		});
		const other = await publish(triggerWorkflow('Webhook with a secret', node));
		const otherUrl = `${e2e.n8n.url}/webhook/${webhookId}/cognigy`;
		expect(await postOnceServed(otherUrl)).toBe(403);

		expect([
			await post(productionUrl, {}),
			await post(productionUrl, basic(USER, 'a-wrong-one')),
			await post(otherUrl, {}),
			await post(otherUrl, { 'x-secret': 'a-wrong-one' }),
		]).toEqual([401, 401, 403, 403]);

		// What is let in comes after what was refused.
		expect(await post(otherUrl, { 'x-secret': SECRET })).toBe(200);
		// n8n 1 may say that an execution is over before its data can be read.
		const started = await emittedUntil(e2e.client, other, (all) => all.flat().length > 0);
		expect(started.map((items) => items.map(({ text }) => text))).toEqual([['Let me in.']]);
		expect(itemsOf('w-refused', await receivedUntil('A-1001'))).toEqual([]);
	});
});

describe('after a restart of n8n', () => {
	let updates: number;
	let exit: N8nExit;

	beforeAll(async () => {
		updates = updatesOfEndpoints();
		const { redelivered } = e2e.sandbox.stats().outputs;
		await sayWithLostAck('s-1', 'Before the restart.');
		await emittedWith('s-1', 'Before the restart.');
		exit = await e2e.n8n.stop();
		await e2e.sandbox.when(() => e2e.sandbox.stats().sockets.open === 0);
		e2e.sandbox.say(ofSession('s-1'), { text: 'Meanwhile.' });
		await e2e.startAgain();
		await e2e.sandbox.when(() => e2e.sandbox.stats().outputs.redelivered > redelivered, PATIENCE_MS);
	});

	function updatesOfEndpoints(): number {
		return e2e.sandbox.requests.filter(({ operation }) => operation === 'updateEndpoint').length;
	}

	it('it had ended well while sockets were open (guarantee 7)', () => {
		expect(PEACEFUL_ENDS).toContain(exit.signal ?? exit.code);
	});

	it('the stream gets what was said meanwhile, and nothing twice (guarantee 3)', async () => {
		const before = ['One.', 'Two.', 'Three.', 'By the way.', 'Before the restart.'];
		expect(await emittedWith('s-1', 'Meanwhile.')).toEqual([...before, 'Meanwhile.']);
	});

	it('the webhook is still set, and gets what the bot says', async () => {
		expect(endpoint('Orders Webhook').webhookUrl).toBe(productionUrl);
		expect(updatesOfEndpoints()).toBe(updates);
		await say('w-2', 'Where is A-1002?', { channel: 'webhook', endpoint: endpoint('Orders Webhook').url });
		expect((await receivedUntil('A-1002')).map(([item]) => item?.['sessionId'])).toEqual(['w-1', 'w-2']);
	});

	it('deactivation closes the sockets (guarantee 7)', async () => {
		await e2e.sandbox.when(() => e2e.sandbox.stats().sockets.open === 3, PATIENCE_MS);
		await e2e.client.deactivateWorkflow(stream);
		await e2e.sandbox.when(() => e2e.sandbox.stats().sockets.open === 0, 10_000);
	});

	it('deactivation puts the old URL back into the endpoint', async () => {
		await e2e.client.deactivateWorkflow(webhook);
		await e2e.sandbox.when(() => endpoint('Orders Webhook').webhookUrl === OLD_URL, PATIENCE_MS);
		expect(await post(productionUrl, basic(USER, PASSWORD))).toBe(404);
	});
});

describe('no secret is left (guarantee 6)', () => {
	it('neither API key, nor password, nor secret, nor endpoint token in the log', () => {
		const log = e2e.wholeLog();
		expect(log).toContain('"operation":"streamMessages"');
		expect([...typedSecrets(), ...tokens()].filter((secret) => log.includes(secret))).toEqual([]);
	});

	it('what is typed into credentials in no file of n8n, the database included', () => {
		const files = e2e.filesOfN8n();
		expect(files).toContain('Before the restart.');
		expect(typedSecrets().filter((secret) => files.includes(secret))).toEqual([]);
	});

	it('endpoint tokens only where n8n keeps the parameters of the nodes', () => {
		// As in cognigyAi.test.ts. n8n keeps no stopped node of triggers.
		const places = placesInDatabase(e2e.n8nFolder, tokens());
		expect(places).toContain('workflow_entity.nodes');
		const parameters = /^(workflow_\w+\.nodes|execution_data\.workflowData)$/;
		expect(places.filter((place) => !parameters.test(place))).toEqual([]);
		expect(otherFilesWith(e2e.n8nFolder, tokens())).toEqual([]);
	});

	const typedSecrets = () => [e2e.sandbox.apiKey, PASSWORD, encoded(USER, PASSWORD), SECRET];
	const tokens = () => e2e.sandbox.endpoints.map(({ urlToken }) => urlToken);
});
