import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { nodeItems, nodeOutput, type StoredCredential } from '../../n8n-host';
import { closedPort } from '../support/servers';
import { cognigyNode, manualWorkflow, startE2e, usedBy, type E2e } from './support';

const recordedTokens = join(mkdtempSync(join(tmpdir(), 'tokens-')), 'tokens.txt');
process.env['RECORDED_TOKENS'] = recordedTokens;
// eslint-disable-next-line @typescript-eslint/no-require-imports -- must be there before the sandbox is
const stopRecording = require('./recordTokens.cjs') as () => void;
afterAll(() => {
	stopRecording();
	rmSync(dirname(recordedTokens), { recursive: true });
});

jest.setTimeout(120_000);

const PASSWORD = 'demo-password';
const startOrderBot = {
	botId: 'order-status',
	flowId: 'main',
	userId: '={{ $json.user }}',
	input: 'Where is my order?',
};

let e2e: E2e;
let fields: Record<string, unknown>;
let credential: StoredCredential;

beforeAll(async () => {
	e2e = await startE2e({ editor: true });
	const { url: baseUrl, tenantId } = e2e.sandbox;
	fields = { baseUrl, tenantId, username: 'demo', password: PASSWORD };
	credential = await e2e.client.createCredential('Cognigy account', 'cognigyApi', fields);
});
afterAll(async () => {
	await e2e?.stop();
});

it('n8n lists the nodes, each action but releases also as a tool of AI agents', async () => {
	const types = await e2e.client.nodeTypes('n8n-nodes-cognigy.');
	expect(types.map((type) => type.split('@')[0]).sort()).toEqual([
		'n8n-nodes-cognigy.cognigyConversation',
		'n8n-nodes-cognigy.cognigyConversationTool',
		'n8n-nodes-cognigy.cognigyRelease',
		'n8n-nodes-cognigy.cognigyResetSession',
		'n8n-nodes-cognigy.cognigyResetSessionTool',
		'n8n-nodes-cognigy.cognigyStreamMessagesTrigger',
		'n8n-nodes-cognigy.cognigyTriggerFlow',
		'n8n-nodes-cognigy.cognigyTriggerFlowTool',
		'n8n-nodes-cognigy.cognigyValidateVersion',
		'n8n-nodes-cognigy.cognigyValidateVersionTool',
		'n8n-nodes-cognigy.cognigyWebhookTrigger',
	]);
});

it.each([
	['cognigyValidateVersion', '1.0.0', 'available'],
	['cognigyTriggerFlow', '1.0.0', 'reply'],
	['cognigyResetSession', '1.0.0/session', 'verified'],
	['cognigyResetSession', '1.0.0/expired', 'verified'],
	['cognigyRelease', '1.0.0/deploySnapshot', 'putBack'],
	['cognigyConversation', '1.0.0/conversation/getAll', 'startTime'],
	['cognigyConversation', '1.0.0/conversation/getTranscript', 'messages'],
])('the editor knows what comes out of %s before the first run (%s)', async (type, path, field) => {
	const schema = await e2e.client.request('GET', `/schemas/n8n-nodes-cognigy.${type}/${path}.json`);
	expect(schema).toMatchObject({
		type: 'object',
		properties: { [field]: {}, audit: { properties: { status: {} } }, metrics: { properties: { totalRequests: {} } } },
	});
});

describe("the credential dialog's Test button", () => {
	let tested: StoredCredential;
	beforeAll(async () => {
		tested = await e2e.client.createCredential('To be tested', 'cognigyApi', fields);
	});

	it('says that all is well', async () => {
		expect(await e2e.client.testCredential(tested, fields)).toMatchObject({ status: 'OK' });
	});

	it.each([
		['a wrong password', { password: 'wrong' }, 'Cognigy rejected the login: wrong user name or password (401)'],
		['a port where nobody listens', { baseUrl: 'PORT' }, 'cannot reach 127.0.0.1:PORT, nothing accepts connections'],
		['a host that does not exist', { baseUrl: 'https://nosuch.invalid' }, 'cannot reach nosuch.invalid, the host name'],
		['plain http to another machine', { baseUrl: 'http://cognigy.example.com' }, 'must begin with https://'],
		['no address', { baseUrl: 'cognigy' }, 'Base URL in the credential is not a valid address'],
		['an address without Cognigy', { baseUrl: 'SANDBOX/elsewhere' }, 'There is no Cognigy login service at'],
	])('says in plain words what is wrong: %s', async (_case, wrong, words) => {
		const port = String(await closedPort());
		const baseUrl = 'baseUrl' in wrong ? fillIn(wrong.baseUrl, port) : fields['baseUrl'];

		const result = await e2e.client.testCredential(tested, { ...fields, ...wrong, baseUrl });

		expect(result).toMatchObject({ status: 'Error', message: expect.stringContaining(words.replace('PORT', port)) });
		expect(result.message).not.toMatch(/ECONN|ENOTFOUND|EAI_|[{}]/);
	});

	it.each([
		['a wrong password', { password: 'wrong' }, 'wrong user name or password'],
		['an address that cannot be reached', { baseUrl: 'PORT' }, 'nothing accepts connections'],
	])('is not fooled by a token that n8n has stored: %s', async (_case, wrong, words) => {
		const sessionToken = 'a-token-of-an-earlier-login';
		const baseUrl = 'baseUrl' in wrong ? fillIn(wrong.baseUrl, String(await closedPort())) : fields['baseUrl'];

		const result = await e2e.client.testCredential(tested, { ...fields, ...wrong, baseUrl, sessionToken });

		expect(result).toMatchObject({ status: 'Error', message: expect.stringContaining(words) });
	});

	function fillIn(baseUrl: string, port: string): string {
		return baseUrl.replace('SANDBOX', e2e.sandbox.url).replace(/^PORT$/, `http://127.0.0.1:${port}`);
	}
});

it('a failing item goes to the error output with category and audit, the others go on', async () => {
	const users = [{ user: 'user-0' }, { user: '' }, { user: 'user-2' }];
	const execution = await e2e.run(
		manualWorkflow(
			'Error output',
			users,
			cognigyNode('cognigyTriggerFlow', credential, startOrderBot, { onError: 'continueErrorOutput' }),
		),
	);

	expect(nodeOutput(execution, 'Cognigy').map(({ userId }) => userId)).toEqual(['user-0', 'user-2']);
	expect(nodeOutput(execution, 'Cognigy', 1)).toEqual([
		{
			user: '',
			error: 'User ID is empty',
			errorCategory: 'invalidInput',
			audit: expect.objectContaining({ operation: 'triggerFlow', status: 'error', attempts: 0 }),
		},
	]);
	expect(nodeItems(execution, 'Cognigy', 1)[0]).toMatchObject({ pairedItem: { item: 1 } });
});

it('a failing item stops the workflow with an error that says what to do', async () => {
	const execution = await e2e.run(
		manualWorkflow(
			'Stop',
			[{ user: 'user-0' }],
			cognigyNode('cognigyTriggerFlow', credential, { ...startOrderBot, botId: 'no-such-bot' }),
		),
	);

	expect(execution.status).toBe('error');
	expect(execution.data.resultData.error).toMatchObject({
		message: 'Cognigy knows no bot "no-such-bot" with a flow "main" (404)',
		description: expect.stringContaining('Check Bot ID'),
		httpCode: '404',
		context: expect.objectContaining({ itemIndex: 0 }),
	});
});

it('resets sessions over one channel each time, and closes it', async () => {
	const sessions = [{ session: 'session-0' }, { session: '' }, { session: 'session-2' }];
	const parameters = { operation: 'session', botId: 'order-status', sessionId: '={{ $json.session }}' };
	const execution = await e2e.run(
		manualWorkflow(
			'Reset',
			sessions,
			cognigyNode(
				'cognigyResetSession',
				credential,
				{ ...parameters, options: { concurrency: 1 } },
				{ onError: 'continueErrorOutput' },
			),
		),
	);

	expect(nodeOutput(execution, 'Cognigy')).toEqual([
		expect.objectContaining({ sessionId: 'session-0', status: 'RESET_COMPLETE', verified: true }),
		expect.objectContaining({ sessionId: 'session-2', status: 'RESET_COMPLETE', verified: true }),
	]);
	expect(nodeOutput(execution, 'Cognigy', 1)).toEqual([
		expect.objectContaining({ error: 'Session ID is empty', errorCategory: 'invalidInput' }),
	]);
	expect(e2e.sandbox.stats().channel).toMatchObject({ opened: 1, open: 0 });
});

it('stopping an execution closes its channel (guarantee 7)', async () => {
	e2e.sandbox.faults.inject({ operation: 'reset', kind: 'hang' });
	const parameters = { operation: 'session', botId: 'order-status', sessionId: 'session-1' };
	const stored = await e2e.client.createWorkflow(
		manualWorkflow('Stopped', [{}], cognigyNode('cognigyResetSession', credential, parameters)),
	);
	const execution = await e2e.client.runWorkflow(stored, 'Start');
	await e2e.sandbox.when(() => e2e.sandbox.stats().channel.open === 1);

	await e2e.client.stopExecution(execution);

	await e2e.sandbox.when(() => e2e.sandbox.stats().channel.open === 0, 10_000);
});

it("n8n's HTTP Request node can use the credential, also when its token is refused", async () => {
	const request = {
		id: 'http',
		name: 'HTTP Request',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		position: [0, 0] as [number, number],
		parameters: {
			url: `${e2e.sandbox.url}/api/v1/bots/order-status/versions`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: 'cognigyApi',
			options: {},
		},
		credentials: usedBy(credential),
	};
	const workflow = manualWorkflow('HTTP Request', [{}], request);

	expect(nodeOutput(await e2e.run(workflow), 'HTTP Request')).toEqual([
		expect.objectContaining({ versions: expect.any(Array) }),
	]);
	e2e.sandbox.expireTokens();
	expect(nodeOutput(await e2e.run(workflow), 'HTTP Request')).toEqual([
		expect.objectContaining({ versions: expect.any(Array) }),
	]);
});

it('writes the audit entry of each item to the log of n8n, one line each', () => {
	const entries = [...e2e.n8n.log().matchAll(/Cognigy audit (\{.*\})/g)].map(([, json]) => JSON.parse(json ?? ''));
	expect(entries).toContainEqual(
		expect.objectContaining({ operation: 'triggerFlow', userId: 'user-2', status: 'success', attempts: 1 }),
	);
});

it('leaves no password and no token in the log or in execution data (guarantee 6)', () => {
	const tokens = readFileSync(recordedTokens, 'utf8').trim().split('\n');
	const files = e2e.filesOfN8n();

	// The search looks in the right places.
	expect(tokens.length).toBeGreaterThan(2);
	expect(files).toContain('user-2');
	expect([PASSWORD, ...tokens].filter((secret) => files.includes(secret))).toEqual([]);
});
