/** The cloud edition (docs/editions.md) in a real n8n: installed through n8n's own installer, all of it in one n8n. */
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/v4';

import { callWebhook } from '../../demo/callWebhook';
import { filledTemplate, templateFile, type FillIns } from '../../demo/templates';
import {
	nodeOutput,
	parseWorkflow,
	projectFolder,
	type N8nExit,
	type StoredCredential,
	type StoredWorkflow,
	type WorkflowDefinition,
	type WorkflowNode,
} from '../../n8n-host';
import { startCognigyAiSandbox, type CognigyAiSandbox } from '../../sandbox';
import { Editor } from './browser/editor';
import { seen } from './browser/screenshots';
import {
	cognigyNode,
	emittedUntil,
	manualWorkflow,
	n8nMajor,
	packedEdition,
	PEACEFUL_ENDS,
	startE2e,
	streamWorkflow,
	triggerWorkflow,
	usedBy,
	type E2e,
	type EmittedItems,
} from './support';

jest.setTimeout(180_000);

const PACKAGE = 'n8n-nodes-cognigy-cloud';
const MAX_PACKED_BYTES = 250_000;
const PASSWORD = 'demo-password';
/** What n8n may take to start triggers after an activation or a start, in ms. */
const PATIENCE_MS = 30_000;
const USER = 'customer-42';
const bot = { botId: 'order-status', flowId: 'main' };
/** Who calls the webhook of a trigger. */
const caller = { user: 'cognigy', password: 'a-password-7261' };

let e2e: E2e;
let ai: CognigyAiSandbox;
let v1Credential: StoredCredential;
let aiCredential: StoredCredential;

beforeAll(async () => {
	// What was said comes again with every message: only what knows it can leave it out.
	e2e = await startE2e({ cloudEdition: true, editor: true, sandbox: { replay: 'all' } });
	ai = await startCognigyAiSandbox({ slowMs: 50, ackTimeoutMs: 100 });
	const { url: baseUrl, tenantId } = e2e.sandbox;
	const { apiUrl: apiBaseUrl, apiKey, projectId } = ai;
	const v1Fields = { baseUrl, tenantId, username: 'demo', password: PASSWORD, requestsPerMinute: 0 };
	v1Credential = await e2e.client.createCredential('Cognigy (sandbox)', 'cognigyApi', v1Fields);
	const aiFields = { apiBaseUrl, apiKey, projectId };
	aiCredential = await e2e.client.createCredential('Cognigy.AI (sandbox)', 'cognigyAiApi', aiFields);
});
afterAll(async () => {
	await e2e?.stop();
	await ai?.close();
});

const endpoint = (name: string) => ai.endpoint(name);

/** What docs/editions.md says to replace in the JSON of a workflow, and by what. */
const [replaced = '', by = ''] =
	/Replace each `(.+?)` by `(.+?)`/.exec(readFileSync(join(projectFolder, 'docs', 'editions.md'), 'utf8'))?.slice(1) ??
	[];

/** A workflow of the full edition, moved over as the document says. */
function movedOver(workflow: WorkflowDefinition): WorkflowDefinition {
	return parseWorkflow(JSON.parse(JSON.stringify(workflow).replaceAll(replaced, by)));
}

async function publish(workflow: WorkflowDefinition): Promise<StoredWorkflow> {
	return await e2e.client.activateWorkflow(await e2e.client.createWorkflow(movedOver(workflow)));
}

/** Runs a node for one item. @returns what it put out */
async function runNode(node: WorkflowNode): Promise<Record<string, unknown>> {
	const execution = await e2e.run(movedOver(manualWorkflow(node.type, [{}], node)));
	const [item] = nodeOutput(execution, 'Cognigy');
	if (!item) throw new Error(`${node.type} has failed: ${execution.data.resultData.error?.message ?? 'no item'}`);
	return item;
}

/** Waits until a workflow got a text of a session. @returns all that it got of it */
async function textsUntil(workflow: StoredWorkflow, sessionId: string, last: string): Promise<unknown[]> {
	const textsOf = (executions: EmittedItems[]) =>
		executions
			.flat()
			.filter((item) => item['sessionId'] === sessionId)
			.map(({ text }) => text);
	return textsOf(await emittedUntil(e2e.client, workflow, (all) => textsOf(all).includes(last)));
}

describe('the package', () => {
	it('is small', () => {
		expect(statSync(packedEdition('cloud')).size).toBeLessThanOrEqual(MAX_PACKED_BYTES);
	});

	it('is installed, with all nodes and credentials', async () => {
		const installed = await e2e.client.communityPackages();
		const nodes = [
			'Conversation',
			'Release',
			'ResetSession',
			'StreamMessagesTrigger',
			'TriggerFlow',
			'ValidateVersion',
			'WebhookTrigger',
		];
		expect(installed.map(({ packageName, failedLoading = false }) => [packageName, failedLoading])).toEqual([
			[PACKAGE, false],
		]);
		expect(installed.flatMap(({ installedNodes }) => installedNodes.map(({ type }) => type)).sort()).toEqual(
			nodes.map((name) => `${PACKAGE}.cognigy${name}`),
		);
		const tools = ['Conversation', 'ResetSession', 'TriggerFlow', 'ValidateVersion'].map(
			(name) => `${PACKAGE}.cognigy${name}Tool`,
		);
		expect(await e2e.client.nodeTypes(PACKAGE)).toEqual(expect.arrayContaining(tools));

		const field = z.looseObject({ name: z.string(), type: z.string() });
		const types = z.array(z.looseObject({ name: z.string(), properties: z.array(field) }));
		const credentials = types.parse(await e2e.client.request('GET', '/types/credentials.json'));
		const ours = credentials.filter(({ name }) => name.startsWith('cognigy'));
		expect(ours.map(({ name }) => name).sort()).toEqual(['cognigyAiApi', 'cognigyApi']);
		// Where both editions are installed, n8n takes these fields for both: the other one must not lose its Redis.
		for (const { properties } of ours) {
			const unseen = properties.filter(({ type }) => type === 'hidden').map(({ name }) => name);
			expect(unseen).toEqual(expect.arrayContaining(['stateStore', 'redisUrl']));
		}
	});
});

describe('Cognigy v1', () => {
	const run = async (type: string, parameters: object) =>
		await runNode(cognigyNode(type, v1Credential, { ...bot, ...parameters }));

	it('the test of the credential logs in', async () => {
		const { url: baseUrl, tenantId } = e2e.sandbox;
		const fields = { baseUrl, tenantId, username: 'demo', password: PASSWORD };
		expect(await e2e.client.testCredential(v1Credential, fields)).toMatchObject({ status: 'OK' });
		const wrong = await e2e.client.testCredential(v1Credential, { ...fields, password: 'wrong' });
		expect(wrong.message).toContain('Cognigy rejected the login: wrong user name or password (401)');
	});

	it('validates a version, starts a flow, waits for its reply and resets the session', async () => {
		expect(await run('cognigyValidateVersion', { targetEnvironment: 'production' })).toMatchObject({ valid: true });

		const message = { userId: USER, input: 'Where is A-1001?', context: '{"metadata": {"orderId": "A-1001"}}' };
		const reply = { waitForReply: true, options: { replyQuietMs: 300 } };
		const started = await run('cognigyTriggerFlow', { ...message, ...reply });
		expect(started).toMatchObject({
			reply: 'Order A-1001 has been shipped and arrives on Friday.',
			audit: { operation: 'triggerFlow', status: 'success', attempts: 1 },
		});

		const sessionId = String(started['sessionId']);
		const reset = await run('cognigyResetSession', { operation: 'session', sessionId });
		expect(reset).toMatchObject({ sessionId, status: 'RESET_COMPLETE', verified: true });
		expect(e2e.sandbox.runtimeState(sessionId)?.resets).toBe(1);
	});
});

describe('Cognigy.AI', () => {
	const run = async (type: string, parameters: object) =>
		await runNode(cognigyNode(type, aiCredential, { ...parameters }));
	const picked = (name: string) => ({ __rl: true, mode: 'id', value: endpoint(name).id });

	it.each([
		['rest', 'REST'],
		['socketio', 'Socket'],
	])('validates a version, sends a message, has the reply and resets the session: %s', async (channel, kind) => {
		const orders = { endpoint: picked(`Orders ${kind}`), expectedChannel: kind.toLowerCase() };
		const validated = await run('cognigyValidateVersion', orders);
		expect(validated).toMatchObject({ valid: true, targetEnvironment: 'live' });

		const session = { userId: USER, sessionId: `ai ${channel}` };
		const message = { channel, endpoint: endpoint(`Showcase ${kind}`).url, input: 'several', ...session };
		expect(await run('cognigyTriggerFlow', message)).toMatchObject({
			status: 'COMPLETED',
			reply: 'One.\nTwo.\nThree.',
			audit: { operation: 'triggerFlow', status: 'success', attempts: 1 },
		});

		const reset = { operation: 'session', resetMode: 'context', endpoint: picked(`Showcase ${kind}`), ...session };
		expect(await run('cognigyResetSession', reset)).toMatchObject({ status: 'RESET_COMPLETE', verified: true });
		expect(ai.session(session.sessionId)?.context['visits']).toBe(0);
	});

	it('the Webhook Trigger sets itself in the endpoint, and is started by what the bot says', async () => {
		ai.changeEndpoint('Orders Webhook', { basicAuthUser: caller.user, basicAuthPassword: caller.password });
		const basicAuth = await e2e.client.createCredential('Calls of Cognigy.AI', 'httpBasicAuth', caller);
		const webhookId = randomUUID();
		const parameters = {
			incomingAuthentication: 'basicAuth',
			setWebhookUrl: true,
			endpoint: picked('Orders Webhook'),
		};
		const credentials = usedBy(aiCredential, basicAuth);
		const node = cognigyNode('cognigyWebhookTrigger', aiCredential, parameters, { webhookId, credentials });
		const webhook = await publish(triggerWorkflow('Webhook', node));
		const url = `${e2e.n8n.url}/webhook/${webhookId}/cognigy`;
		await ai.when(() => endpoint('Orders Webhook').webhookUrl === url, PATIENCE_MS);

		const session = { userId: USER, sessionId: 'ai webhook' };
		const message = { channel: 'webhook', endpoint: endpoint('Orders Webhook').url, input: 'Where is A-1001?' };
		expect(await run('cognigyTriggerFlow', { ...message, ...session })).toMatchObject({ status: 'SENT' });

		const [items] = await emittedUntil(e2e.client, webhook, (all) => all.flat().length > 0);
		expect(items).toMatchObject([{ ...session, type: 'bot', text: expect.stringContaining('A-1001') }]);
		expect((await fetch(url, { method: 'POST' })).status).toBe(401);

		await e2e.client.deactivateWorkflow(webhook);
		await ai.when(() => endpoint('Orders Webhook').webhookUrl === '', PATIENCE_MS);
	});
});

describe('a template that was moved over', () => {
	interface Platform {
		file: string;
		webhook: string;
		fillIns(): FillIns;
		/** How often a flow has run. */
		flowRuns(): number;
	}
	const v1: Platform = {
		file: 'crm-webhook-trigger-flow.json',
		webhook: 'crm-order-event',
		fillIns: () => ({
			'Cognigy Validate Version': { credentials: [v1Credential] },
			'Cognigy Trigger Flow': { credentials: [v1Credential] },
		}),
		flowRuns: () => e2e.sandbox.stats().flowsStarted,
	};
	const cognigyAi: Platform = {
		file: 'cognigy-ai-crm-webhook-trigger-flow.json',
		webhook: 'cognigy-ai-order-event',
		fillIns: () => ({
			'Cognigy Validate Version': {
				credentials: [aiCredential],
				parameters: { endpoint: { __rl: true, mode: 'list', value: endpoint('Orders REST').id }, deployment: 'live' },
			},
			'Cognigy Trigger Flow': {
				credentials: [aiCredential],
				parameters: { endpoint: endpoint('Orders REST').url },
			},
		}),
		flowRuns: () => ai.stats().turns,
	};

	it.each([
		['Cognigy v1', v1],
		['Cognigy.AI', cognigyAi],
	])('gives the CRM the reply, and starts once what comes twice: %s', async (_name, platform) => {
		await publish(filledTemplate(templateFile(platform.file), platform.fillIns()));
		const event = { eventId: randomUUID(), orderId: 'A-1001', customerId: USER, text: 'Where is my order?' };
		const url = `${e2e.n8n.url}/webhook/${platform.webhook}`;
		const send = async () => {
			const { text } = await callWebhook(url, event, AbortSignal.timeout(60_000));
			return z.looseObject({}).parse(JSON.parse(text));
		};

		const runs = platform.flowRuns();
		const { audit: _audit, ...first } = await send();
		expect(first).toMatchObject({ reply: 'Order A-1001 has been shipped and arrives on Friday.' });
		const { audit, ...again } = await send();

		expect(again).toEqual({ ...first, repeated: true });
		expect(audit).toMatchObject({ repeated: true, attempts: 0 });
		expect(platform.flowRuns()).toBe(runs + 1);
	});
});

// The editor of n8n 1 is another one.
(n8nMajor === '2' ? describe : describe.skip)('on the canvas', () => {
	let editor: Editor;
	beforeAll(async () => {
		editor = await Editor.open(e2e.n8n.url);
	});
	afterAll(async () => {
		await editor?.close();
	});

	const inBrowser = (name: string, act: () => Promise<void>) => it(name, async () => await seen(editor.page, act));

	inBrowser('Trigger Flow is built by hand and shows its output; its credential has no State Store', async () => {
		await editor.newWorkflow();
		const panel = await editor.addNode('Cognigy Trigger Flow');
		await panel.chooseCredential(v1Credential.name);
		const dialog = await panel.editCredential();
		expect(await dialog.readSuccess()).toContain('Connection tested successfully');
		const fields = await dialog.whole.innerText();
		expect(fields).toContain('Requests per Minute');
		expect(fields).not.toMatch(/State Store|Redis/);
		await dialog.close();

		await panel.fill({ 'Bot ID': 'order-status', 'Flow ID': 'main', 'User ID': USER, Input: 'Where is my order?' });
		expect(await panel.executeToTable()).toMatchObject({ status: 'started', botId: 'order-status', userId: USER });
	});

	inBrowser('Stream Messages asks for a session, also where the workflow has followed all of them', async () => {
		const cognigy = { credentials: [v1Credential] };
		const template = filledTemplate(templateFile('bot-messages.json'), { 'Cognigy Stream Messages Trigger': cognigy });
		await editor.openWorkflow(await e2e.client.createWorkflow(movedOver(template)));
		const name = 'Cognigy Stream Messages Trigger';
		expect(await editor.node(name).innerText()).not.toContain('all open sessions');
		const panel = await editor.openNode(name);
		expect(await panel.parameter('Follow').count()).toBe(0);
		await panel.fill({ 'Bot ID': 'order-status', 'Flow ID': 'main', 'Session ID': 'on-the-canvas' });

		const session = { userId: USER, sessionId: 'on-the-canvas', input: 'Where is my order?' };
		await runNode(cognigyNode('cognigyTriggerFlow', v1Credential, { ...bot, ...session }));
		await panel.execute();
		expect(await panel.readTable()).toMatchObject({ type: 'bot', sessionId: 'on-the-canvas' });
	});
});

describe('Stream Messages, before and after a restart of n8n', () => {
	let v1Stream: StoredWorkflow;
	let aiStream: StoredWorkflow;
	let exit: N8nExit;
	const aiSession = { userId: USER, sessionId: 'ai-followed' };

	beforeAll(async () => {
		const v1Session = { ...bot, sessionId: 'v1-followed' };
		const start = { ...v1Session, userId: USER, input: 'Where is my order?' };
		await runNode(cognigyNode('cognigyTriggerFlow', v1Credential, start));
		v1Stream = await publish(streamWorkflow('Stream', v1Credential, { follow: 'session', ...v1Session }));
		const session = { endpoint: endpoint('Showcase Socket').url, ...aiSession };
		aiStream = await publish(streamWorkflow('Stream of Cognigy.AI', aiCredential, { follow: 'session', ...session }));
		await ai.when(() => ai.stats().sockets.open === 1, PATIENCE_MS);
		const message = { channel: 'socketio', input: 'text', ...session };
		await runNode(cognigyNode('cognigyTriggerFlow', aiCredential, message));
	});

	const ofV1 = async (last: string) => await textsUntil(v1Stream, 'v1-followed', last);
	const ofAi = async (last: string) => await textsUntil(aiStream, 'ai-followed', last);
	const FIRST = 'Which order is it? Please tell me the order number.';

	it('what the bot says comes', async () => {
		await ofV1(FIRST);
		e2e.sandbox.say('v1-followed', 'Before.');
		expect(await ofV1('Before.')).toEqual([FIRST, 'Before.']);

		expect(await ofAi('Plain text.')).toEqual(['Plain text.']);
	});

	describe('after it', () => {
		beforeAll(async () => {
			const { kept, redelivered } = ai.stats().outputs;
			ai.faults.inject({ operation: 'output', kind: 'ackLost', match: aiSession });
			ai.say(aiSession, { text: 'Before.' });
			await ai.when(() => ai.stats().outputs.kept === kept + 1, PATIENCE_MS);
			await ofAi('Before.');
			exit = await e2e.n8n.stop();
			await ai.when(() => ai.stats().sockets.open === 0, PATIENCE_MS);
			e2e.sandbox.say('v1-followed', 'Meanwhile.');
			ai.say(aiSession, { text: 'Meanwhile.' });
			await e2e.startAgain();
			await ai.when(() => ai.stats().outputs.redelivered > redelivered, PATIENCE_MS);
		});

		it('n8n had ended well while it listened (guarantee 7)', () => {
			expect(PEACEFUL_ENDS).toContain(exit.signal ?? exit.code);
		});

		it('what was said meanwhile and is said now comes, and nothing twice', async () => {
			await ofV1('Meanwhile.');
			e2e.sandbox.say('v1-followed', 'After.');
			expect(await ofV1('After.')).toEqual([FIRST, 'Before.', 'Meanwhile.', 'After.']);

			await ofAi('Meanwhile.');
			ai.say(aiSession, { text: 'After.' });
			expect(await ofAi('After.')).toEqual(['Plain text.', 'Before.', 'Meanwhile.', 'After.']);
		});
	});
});

it('no password and no key is in the log (guarantee 6)', () => {
	const log = e2e.wholeLog();
	expect(log).toContain('Cognigy audit');
	expect([PASSWORD, ai.apiKey, caller.password].filter((secret) => log.includes(secret))).toEqual([]);
});
