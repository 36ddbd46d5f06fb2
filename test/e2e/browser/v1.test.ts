/** Cognigy v1 on the canvas of n8n 2. The credential is made by the first tests, and used by the others. */
import { callWebhook } from '../../../demo/callWebhook';
import { filledTemplate, templateFile } from '../../../demo/templates';
import { nodeOutput, type StoredCredential, type WorkflowNode } from '../../../n8n-host';
import { cognigyNode, manualWorkflow, n8nMajor, startE2e, type E2e } from '../support';
import { Editor } from './editor';
import { canvasClip, picture, seen } from './screenshots';

jest.setTimeout(180_000);

const PASSWORD = 'demo-password';
const nodeNames = [
	'Cognigy Conversation',
	'Cognigy Release',
	'Cognigy Reset Session',
	'Cognigy Stream Messages Trigger',
	'Cognigy Trigger Flow',
	'Cognigy Validate Version',
	'Cognigy Webhook Trigger',
];

// The editor of n8n 1 is another one.
(n8nMajor === '2' ? describe : describe.skip)('Cognigy v1 on the canvas', () => {
	let e2e: E2e;
	let editor: Editor;

	beforeAll(async () => {
		e2e = await startE2e({ editor: true });
		editor = await Editor.open(e2e.n8n.url);
	});
	afterAll(async () => {
		await editor?.close();
		await e2e?.stop();
	});

	const inBrowser = (name: string, act: () => Promise<void>) => it(name, async () => await seen(editor.page, act));

	describe('a new user', () => {
		inBrowser('finds the nodes by typing "cognigy"', async () => {
			await editor.newWorkflow();
			expect((await editor.searchNodes('cognigy')).sort()).toEqual(nodeNames);
		});

		inBrowser('is not told that Trigger Flow is a trigger', async () => {
			await editor.newWorkflow();
			const details = await editor.readNodeDetails('Cognigy Trigger Flow');
			expect(details).toContain('Start a flow of a Cognigy bot');
			expect(details).not.toContain('On new');
		});

		inBrowser('creates the credential, and is told whether it is good', async () => {
			await editor.newWorkflow();
			const panel = await editor.addNode('Cognigy Trigger Flow');
			const dialog = await panel.createFirstCredential('Connect to Cognigy v1');
			await dialog.fill({
				'Base URL': e2e.sandbox.url,
				'Tenant ID': e2e.sandbox.tenantId,
				Username: 'demo',
				Password: 'wrong',
			});
			expect(await dialog.saveToError()).toContain('Cognigy rejected the login: wrong user name or password (401)');

			await dialog.fill({ Password: PASSWORD });
			await dialog.saveToClose();
			const again = await panel.editCredential();
			expect(await again.readSuccess()).toContain('Connection tested successfully');

			await again.fill({ Password: 'wrong' });
			expect(await again.saveToError()).toContain('wrong user name or password');
		});
	});

	describe('with a credential', () => {
		const name = 'Cognigy (sandbox)';
		let credential: StoredCredential;
		beforeAll(async () => {
			credential = await e2e.client.createCredential(name, 'cognigyApi', {
				baseUrl: e2e.sandbox.url,
				tenantId: e2e.sandbox.tenantId,
				username: 'demo',
				password: PASSWORD,
				requestsPerMinute: 0,
			});
		});

		const bot = { botId: 'order-status', flowId: 'main' };

		// The first of all: nothing is said yet in sessions of this credential.
		inBrowser('Stream Messages waits until the bot says something', async () => {
			await editor.newWorkflow();
			const panel = await editor.addNode('Cognigy Stream Messages Trigger');
			await panel.chooseCredential(name);
			await panel.whole.getByText('let the bot say something').first().waitFor();
			await panel.execute();
			await panel.whole.getByText('Stop Listening').first().waitFor();

			await startSession('stream-1');
			expect(await panel.readTable()).toMatchObject({ type: 'bot', sessionId: 'stream-1', botId: 'order-status' });
			await picture(editor.page, 'stream-messages');
		});

		inBrowser('Trigger Flow is filled in, shows what is wrong, and then its output', async () => {
			await editor.newWorkflow();
			const panel = await editor.addNode('Cognigy Trigger Flow');
			await panel.chooseCredential(name);
			await panel.fill({
				'Bot ID': 'no-such-bot',
				'Flow ID': 'main',
				'User ID': 'customer-42',
				Input: 'Where is my order?',
			});
			expect(await panel.executeToError()).toEqual({
				message: 'Cognigy knows no bot "no-such-bot" with a flow "main" (404)',
				description: expect.stringContaining('Check Bot ID'),
			});

			await panel.fill({ 'Bot ID': 'order-status' });
			expect(await panel.executeToTable()).toMatchObject({
				sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
				status: 'started',
				botId: 'order-status',
				flowId: 'main',
				userId: 'customer-42',
			});
		});

		inBrowser('Trigger Flow waits for the outcome of a conversation, and shows it', async () => {
			await editor.newWorkflow();
			const panel = await editor.addNode('Cognigy Trigger Flow');
			await panel.chooseCredential(name);
			await panel.fill({ 'Bot ID': 'claims', 'Flow ID': 'main', 'User ID': 'customer-of-a-claim' });
			await panel.switchOn('Wait for Outcome');
			await panel.parameter('Outcome Wait Limit (Hours)').waitFor();
			await panel.parameter('If No Outcome Comes').waitFor();
			await panel.execute();
			const session = () => e2e.sandbox.sessions.find(({ userId }) => userId === 'customer-of-a-claim');
			await e2e.sandbox.when(() => session() !== undefined);
			e2e.sandbox.say(session()?.sessionId ?? '', 'The lid is broken.', 'user');
			await panel.output.getByText('outcomeAt').first().waitFor();
			expect(await panel.readTable()).toMatchObject({
				sessionId: session()?.sessionId,
				outcome: expect.stringContaining('The lid is broken.'),
				outcomeAt: expect.stringMatching(/^\d{4}-/),
			});
			await picture(editor.page, 'wait-for-outcome');
		});

		inBrowser('a workflow is executed, and each node says what it is about and what it did', async () => {
			const named = (node: WorkflowNode, called: string) => ({ ...node, id: called, name: called });
			const validate = cognigyNode('cognigyValidateVersion', credential, { ...bot, targetEnvironment: 'production' });
			const trigger = cognigyNode('cognigyTriggerFlow', credential, {
				...bot,
				userId: 'customer-42',
				input: 'Where is my order?',
				context: '{"metadata": {"orderId": "A-1001"}}',
			});
			const workflow = manualWorkflow(
				'From validation to reply',
				[{}],
				named(validate, 'Cognigy Validate Version'),
				named(trigger, 'Cognigy Trigger Flow'),
			);
			await editor.openWorkflow(await e2e.client.createWorkflow(workflow));
			await editor.execute();
			expect(await editor.node('Cognigy Validate Version').innerText()).toContain('order-status · production');
			expect(await editor.node('Cognigy Trigger Flow').innerText()).toContain('order-status · main');

			const panel = await editor.openNode('Cognigy Trigger Flow');
			expect(await panel.readTable()).toMatchObject({ status: 'started', userId: 'customer-42' });
			await picture(editor.page, 'trigger-flow');
		});

		inBrowser('the workflow of the README answers the CRM', async () => {
			const template = filledTemplate(templateFile('crm-webhook-trigger-flow.json'), {
				'Cognigy Validate Version': { credentials: [credential] },
				'Cognigy Trigger Flow': { credentials: [credential] },
			});
			const workflow = await e2e.client.activateWorkflow(await e2e.client.createWorkflow(template));
			const { path } = template.nodes.find(({ name: called }) => called === 'CRM Webhook')?.parameters ?? {};
			const event = { orderId: 'A-1001', customerId: 'customer-42', text: 'Where is my order?' };
			const url = `${e2e.n8n.url}/webhook/${String(path)}`;
			const { text } = await callWebhook(url, event, AbortSignal.timeout(20_000));
			expect(JSON.parse(text)).toMatchObject({ sessionId: expect.any(String) });

			const [execution] = await e2e.client.executions(workflow);
			await editor.openExecution(workflow, execution?.id ?? '');
			await picture(editor.page, 'workflow', await canvasClip(editor.page));
		});

		inBrowser('Stream Messages is published, and what the bot says arrives in the list of executions', async () => {
			await editor.newWorkflow();
			const panel = await editor.addNode('Cognigy Stream Messages Trigger');
			await panel.chooseCredential(name);
			await panel.choose('Follow', 'One Session');
			await panel.fill({ 'Bot ID': 'order-status', 'Flow ID': 'main', 'Session ID': 'stream-2' });
			await panel.close();
			await startSession('stream-2');
			expect(await editor.publish()).toContain('whenever there are new messages in the followed sessions');
			const lines = await editor.openExecutions();

			const succeeded = lines.filter({ hasText: 'Succeeded' });
			await succeeded.first().waitFor();
			e2e.sandbox.say('stream-2', 'Your parcel is on its way.');
			await succeeded.nth(1).waitFor();
		});

		/** Starts a flow with Trigger Flow: Stream Messages follows what it has started. */
		async function startSession(sessionId: string): Promise<void> {
			const context = '{"metadata": {"orderId": "A-1001"}}';
			const parameters = { ...bot, userId: 'customer-7', sessionId, input: 'Where is my order?', context };
			const node = cognigyNode('cognigyTriggerFlow', credential, parameters);
			const started = nodeOutput(await e2e.run(manualWorkflow(`Start ${sessionId}`, [{}], node)), 'Cognigy');
			expect(started).toMatchObject([{ sessionId }]);
		}
	});
});
