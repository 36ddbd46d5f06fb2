/** Cognigy.AI on the canvas of n8n 2. */
import { callWebhook } from '../../../demo/callWebhook';
import { filledTemplate, templateFile } from '../../../demo/templates';
import type { StoredCredential, WorkflowNode } from '../../../n8n-host';
import type { CognigyAiSandbox } from '../../../sandbox';
import { cognigyNode, manualWorkflow, n8nMajor, startCognigyAiE2e, type E2e } from '../support';
import { Editor } from './editor';
import type { NodePanel } from './nodePanel';
import { canvasClip, picture, seen } from './screenshots';

jest.setTimeout(180_000);

const NAME = 'Cognigy.AI (sandbox)';
/** What the Webhook endpoint shows when it calls n8n. */
const caller = { user: 'cognigy', password: 'a-password-7261' };

// The editor of n8n 1 is another one.
(n8nMajor === '2' ? describe : describe.skip)('Cognigy.AI on the canvas', () => {
	let e2e: E2e<CognigyAiSandbox>;
	let editor: Editor;

	beforeAll(async () => {
		e2e = await startCognigyAiE2e({ editor: true });
		e2e.sandbox.changeEndpoint('Orders REST', { deployment: 'v1.1' });
		editor = await Editor.open(e2e.n8n.url);
	});
	afterAll(async () => {
		await editor?.close();
		await e2e?.stop();
	});

	const inBrowser = (name: string, act: () => Promise<void>) => it(name, async () => await seen(editor.page, act));
	const endpoint = (name: string) => e2e.sandbox.endpoint(name);

	inBrowser('a new user creates the credential, and is told whether it is good', async () => {
		await editor.newWorkflow();
		const panel = await editor.addNode('Cognigy Validate Version');
		const dialog = await panel.createFirstCredential('Connect to Cognigy v1');
		expect(await dialog.whole.innerText()).toContain('choose "Cognigy.AI (API Key)" at the top right');
		await dialog.chooseKind('Cognigy.AI (API Key)');
		await dialog.fill({
			'API Base URL': e2e.sandbox.apiUrl,
			'API Key': 'wrong',
			'Project ID': e2e.sandbox.projectId,
		});
		expect(await dialog.saveToError()).toContain('did not accept the API key (401)');

		await dialog.fill({ 'API Key': e2e.sandbox.apiKey });
		await dialog.saveToClose();
		expect(await panel.parameters.innerText()).toContain('Expected Deployment');
		const again = await panel.editCredential();
		expect(await again.readSuccess()).toContain('Connection tested successfully');
	});

	describe('with a credential', () => {
		let credential: StoredCredential;
		let basicAuth: StoredCredential;
		beforeAll(async () => {
			const { apiUrl: apiBaseUrl, endpointUrl: endpointBaseUrl, apiKey, projectId } = e2e.sandbox;
			const fields = { apiBaseUrl, endpointBaseUrl, apiKey, projectId };
			credential = await e2e.client.createCredential(NAME, 'cognigyAiApi', fields);
			basicAuth = await e2e.client.createCredential('Calls of Cognigy.AI', 'httpBasicAuth', caller);
		});

		/** Adds a node to an empty workflow. */
		async function added(node: string): Promise<NodePanel> {
			await editor.newWorkflow();
			const panel = await editor.addNode(node);
			await panel.chooseCredential(NAME);
			return panel;
		}

		inBrowser('Validate Version offers endpoints and snapshots, and says what is deployed', async () => {
			const panel = await added('Cognigy Validate Version');
			const endpoints = await panel.search('Endpoint', 'orders');
			await endpoints.getByText('Orders Socket (Socket.IO)', { exact: true }).waitFor();
			await endpoints.getByText('Website').waitFor({ state: 'hidden' });
			expect(await endpoints.count()).toBe(3);
			await endpoints.getByText('Orders REST (REST)', { exact: true }).click();

			await panel.choose('Expected Deployment', 'Snapshot');
			const snapshots = await panel.search('Snapshot', 'v2');
			await snapshots.getByText('v1.1').waitFor({ state: 'hidden' });
			await snapshots.getByText('v2.0', { exact: true }).click();
			expect((await panel.executeToError()).message).toContain('Endpoint "Orders REST" does not run snapshot "v2.0"');

			await (await panel.search('Snapshot', 'v1.1')).getByText('v1.1', { exact: true }).click();
			expect(await panel.executeToTable()).toMatchObject({ valid: 'true', targetEnvironment: 'v1.1' });
		});

		inBrowser('Trigger Flow says so when nobody knows the endpoint', async () => {
			const panel = await added('Cognigy Trigger Flow');
			await panel.fill({
				'Endpoint URL': `${e2e.sandbox.endpointUrl}/no-such-endpoint`,
				'User ID': 'customer-42',
				Input: 'Hello',
			});
			const { message, description } = await panel.executeToError();
			expect(message).toMatch(/endpoint/i);
			expect(description).toContain('Endpoint URL');
			expect(message + description).not.toContain('no-such-endpoint');
		});

		inBrowser('Trigger Flow sends to an endpoint and checks a snapshot that are picked from their lists', async () => {
			const panel = await added('Cognigy Trigger Flow');
			await panel.choose('Endpoint By', 'List or ID');
			const endpoints = await panel.search('Endpoint', 'orders');
			await endpoints.getByText('Orders REST (REST)', { exact: true }).waitFor();
			// Those of other channels are not offered.
			expect(await endpoints.count()).toBe(1);
			await endpoints.getByText('Orders REST (REST)', { exact: true }).click();
			await panel.fill({ 'User ID': 'customer-42', Input: 'Where is order A-1001?' });
			await panel.switchOn('Validate Before');
			await panel.choose('Expected Deployment', 'Snapshot');
			await (await panel.search('Snapshot', 'v1.1')).getByText('v1.1', { exact: true }).click();

			const { urlToken } = endpoint('Orders REST');
			expect(await panel.executeToTable()).toMatchObject({
				status: 'COMPLETED',
				reply: expect.stringContaining('A-1001'),
			});
			await panel.showJson();
			expect(await panel.whole.innerHTML()).not.toContain(urlToken);
			await picture(editor.page, 'cognigy-ai-picked-endpoint');
		});

		inBrowser('Trigger Flow shows the reply of the bot', async () => {
			const named = (node: WorkflowNode, called: string) => ({ ...node, id: called, name: called });
			const list = (value: string, cachedResultName: string) => ({ __rl: true, mode: 'list', value, cachedResultName });
			const validate = cognigyNode('cognigyValidateVersion', credential, {
				endpoint: list(endpoint('Orders REST').id, 'Orders REST (REST)'),
				deployment: 'snapshot',
				snapshot: list('v1.1', 'v1.1'),
			});
			const trigger = cognigyNode('cognigyTriggerFlow', credential, {
				endpoint: endpoint('Orders REST').url,
				userId: 'customer-42',
				input: 'Where is my order?',
				contextMode: 'webhook',
				orderId: 'A-1001',
				source: 'crm',
				payload: '{"total": 59.9}',
			});
			const workflow = manualWorkflow(
				'From validation to reply',
				[{}],
				named(validate, 'Cognigy Validate Version'),
				named(trigger, 'Cognigy Trigger Flow'),
			);
			await editor.openWorkflow(await e2e.client.createWorkflow(workflow));
			await editor.execute();
			expect(await editor.node('Cognigy Validate Version').innerText()).toContain('snapshot v1.1');
			expect(await editor.node('Cognigy Trigger Flow').innerText()).toContain('REST · input');

			const panel = await editor.openNode('Cognigy Trigger Flow');
			expect(await panel.readTable()).toMatchObject({
				status: 'COMPLETED',
				reply: 'Order A-1001 has been shipped and arrives on Friday.',
			});
			await panel.showJson();
			await picture(editor.page, 'cognigy-ai-trigger-flow');
		});

		inBrowser('Trigger Flow shows a streamed answer with a table as one message', async () => {
			const trigger = cognigyNode('cognigyTriggerFlow', credential, {
				endpoint: endpoint('Showcase REST').url,
				userId: 'customer-42',
				input: 'stream-table',
			});
			await editor.openWorkflow(await e2e.client.createWorkflow(manualWorkflow('A streamed answer', [{}], trigger)));
			await editor.execute();
			const panel = await editor.openNode(trigger.name);
			// n8n's table shows line breaks as \n.
			expect((await panel.readTable())['reply']).toBe(
				'| Size | Left |\\n| --- | --- |\\n| M | 2 |\\n| L | 2 |\\n| M | 2 |\\n\\nWhich one?',
			);
			await panel.showJson();
			await picture(editor.page, 'cognigy-ai-streamed-answer');
		});

		inBrowser('the workflow of the README answers the CRM', async () => {
			const template = filledTemplate(templateFile('cognigy-ai-crm-webhook-trigger-flow.json'), {
				'Cognigy Validate Version': {
					credentials: [credential],
					parameters: {
						endpoint: { __rl: true, mode: 'id', value: endpoint('Orders REST').id },
						snapshot: { __rl: true, mode: 'name', value: 'v1.1' },
					},
				},
				'Cognigy Trigger Flow': {
					credentials: [credential],
					parameters: { endpoint: endpoint('Orders REST').url },
				},
			});
			const workflow = await e2e.client.activateWorkflow(await e2e.client.createWorkflow(template));
			const { path } = template.nodes.find(({ name }) => name === 'CRM Webhook')?.parameters ?? {};
			const event = { orderId: 'A-1001', customerId: 'customer-42', text: 'Where is my order?' };
			const url = `${e2e.n8n.url}/webhook/${String(path)}`;
			const { text } = await callWebhook(url, event, AbortSignal.timeout(20_000));
			expect(JSON.parse(text)).toMatchObject({ reply: expect.stringContaining('A-1001') });

			const [execution] = await e2e.client.executions(workflow);
			await editor.openExecution(workflow, execution?.id ?? '');
			await picture(editor.page, 'cognigy-ai-workflow', await canvasClip(editor.page));
		});

		inBrowser('the Webhook Trigger sets itself in the endpoint, and gets what the bot says', async () => {
			const { user: basicAuthUser, password: basicAuthPassword } = caller;
			e2e.sandbox.changeEndpoint('Orders Webhook', { basicAuthUser, basicAuthPassword });
			await editor.newWorkflow();
			const panel = await editor.addNode('Cognigy Webhook Trigger');
			expect(await panel.parameters.innerText()).toContain('put the webhook URL above into the endpoint yourself');
			await panel.chooseCredential(basicAuth.name);
			await panel.switchOn('Set Webhook URL in Cognigy');
			await panel.chooseCredential(NAME, 1);
			const endpoints = await panel.search('Endpoint', 'orders');
			await endpoints.getByText('Orders Webhook', { exact: true }).click();
			await panel.whole.getByText('Get what the bot says').waitFor();
			await panel.whole.getByText('let the bot say something on the Webhook endpoint').first().waitFor();

			await panel.execute();
			await panel.whole.getByText('Listening for test event').waitFor();
			await e2e.sandbox.when(() => endpoint('Orders Webhook').webhookUrl.includes('/webhook-test/'), 20_000);
			const message = { userId: 'customer-7', sessionId: 'shop-1', text: 'Where is order A-1003?' };
			await callWebhook(endpoint('Orders Webhook').url, message, AbortSignal.timeout(20_000));

			expect(await panel.readTable()).toMatchObject({ type: 'bot', text: expect.stringContaining('A-1003') });
			await picture(editor.page, 'cognigy-ai-webhook-trigger');
			await e2e.sandbox.when(() => endpoint('Orders Webhook').webhookUrl === '', 20_000);
		});
	});
});
