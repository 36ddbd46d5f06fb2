import * as z from 'zod/v4';

import { N8nApiError, nodeItems, nodeOutput, type EndedExecution, type StoredCredential } from '../../n8n-host';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../sandbox';
import { DEMO_WEBHOOK_KEY } from '../../sandbox/cognigyAi/seed';
import { closedPort } from '../support/servers';
import { otherFilesWith, placesInDatabase } from './storedSecrets';
import { cognigyNode, manualWorkflow, startCognigyAiE2e, usedBy, type E2e, type EmittedItems } from './support';

jest.setTimeout(120_000);

const WRONG_KEY = 'a-wrong-key-7261';
/** More than a page, so that what the tests look for is not on the first one. */
const FILLERS = 110;

let e2e: E2e<CognigyAiSandbox>;
let fields: Record<string, unknown>;
let credential: StoredCredential;

beforeAll(async () => {
	e2e = await startCognigyAiE2e({ sandbox: { slowMs: 50, fillers: FILLERS } });
	const { apiUrl: apiBaseUrl, apiKey, projectId } = e2e.sandbox;
	fields = { apiBaseUrl, apiKey, projectId };
	credential = await e2e.client.createCredential('Cognigy.AI account', 'cognigyAiApi', fields);
});
afterEach(() => {
	e2e.sandbox.faults.clear();
});
afterAll(async () => {
	await e2e?.stop();
});

const endpoint = (name: string) => e2e.sandbox.endpoint(name);

/** How the editor keeps what was picked in a resource locator. */
const picked = (mode: string, value: string) => ({ __rl: true, mode, value });

/** Runs a node of ours for items; what fails goes to its error output. */
async function runNode(type: string, items: object[], parameters: object, onError = 'continueErrorOutput') {
	const node = cognigyNode(type, credential, { ...parameters }, { onError });
	return await e2e.run(manualWorkflow(type, items, node));
}

const outputOf = (execution: EndedExecution) => nodeOutput(execution, 'Cognigy');
const errorsOf = (execution: EndedExecution) => nodeOutput(execution, 'Cognigy', 1);

/** Sends each item to the sessions "s-<its index>" or the one that it names. */
async function send(items: object[], parameters: object): Promise<EndedExecution> {
	return await runNode('cognigyTriggerFlow', items, {
		userId: 'user-1',
		sessionId: '={{ $json.session }}',
		input: '={{ $json.input }}',
		...parameters,
	});
}

/** Requests to endpoints, over HTTP and sockets, in a session. */
function operationsIn(sessionId: string): string[] {
	return e2e.sandbox.requests.filter((request) => request.sessionId === sessionId).map(({ operation }) => operation);
}

describe("the credential dialog's Test button", () => {
	let tested: StoredCredential;
	beforeAll(async () => {
		tested = await e2e.client.createCredential('To be tested', 'cognigyAiApi', fields);
	});

	it.each([
		['as it is', ''],
		['with what people copy along', '/new/v2.0/'],
	])('says that all is well: the address %s', async (_case, more) => {
		const apiBaseUrl = `${e2e.sandbox.apiUrl}${more}`;
		expect(await e2e.client.testCredential(tested, { ...fields, apiBaseUrl })).toMatchObject({ status: 'OK' });
	});

	it.each([
		['a wrong key', { apiKey: WRONG_KEY }, 'Cognigy did not accept the API key (401)'],
		['no key', { apiKey: '' }, 'API Key in the credential is empty'],
		['plain http to another machine', { apiBaseUrl: 'http://cognigy.example.com' }, 'must begin with https://'],
		['no address', { apiBaseUrl: 'cognigy' }, 'API Base URL in the credential is not a valid address'],
		[
			'an address without the API',
			{ apiBaseUrl: 'SANDBOX/elsewhere' },
			'Cognigy knows no management API at this address (404)',
		],
		[
			'a host that does not exist',
			{ apiBaseUrl: 'https://nosuch.invalid' },
			'cannot reach nosuch.invalid, the host name',
		],
		[
			'a port where nobody listens',
			{ apiBaseUrl: 'http://127.0.0.1:PORT' },
			'cannot reach 127.0.0.1:PORT, nothing accepts connections',
		],
	])('says in plain words what is wrong: %s', async (_case, wrong, words) => {
		const port = String(await closedPort());
		const apiBaseUrl = ('apiBaseUrl' in wrong ? wrong.apiBaseUrl : e2e.sandbox.apiUrl)
			.replace('SANDBOX', e2e.sandbox.apiUrl)
			.replace('PORT', port);

		const result = await e2e.client.testCredential(tested, { ...fields, ...wrong, apiBaseUrl });

		expect(result).toMatchObject({ status: 'Error', message: expect.stringContaining(words.replace('PORT', port)) });
		expect(result.message).not.toMatch(/ECONN|ENOTFOUND|EAI_|[{}]/);
		expect(result.message).not.toContain(WRONG_KEY);
	});
});

describe('lists in the editor', () => {
	const pageSchema = z.object({
		results: z.array(z.object({ name: z.string(), value: z.string() })),
		paginationToken: z.string().optional(),
	});

	/** Opens a list as n8n's editor does. */
	async function list(type: string, methodName: string, question: object = {}, used = credential) {
		const answer = await e2e.client.request('POST', '/rest/dynamic-node-parameters/resource-locator-results', {
			path: 'parameters.endpoint',
			methodName,
			nodeTypeAndVersion: { name: `n8n-nodes-cognigy.${type}`, version: 1 },
			currentNodeParameters: { authentication: used.type, setWebhookUrl: true },
			credentials: usedBy(used),
			...question,
		});
		return pageSchema.parse(answer);
	}

	it.each(['cognigyValidateVersion', 'cognigyResetSession'])('%s offers the endpoints, page by page', async (type) => {
		const website = { name: 'Website (Webchat v3)', value: endpoint('Website').id };

		const first = await list(type, 'searchEndpoints');
		const { paginationToken } = first;
		const second = await list(type, 'searchEndpoints', { paginationToken });

		expect(first.results).toHaveLength(100);
		expect(first.results).not.toContainEqual(website);
		expect(second.results).toContainEqual(website);
		expect(second.paginationToken).toBeUndefined();
		expect(new Set([...first.results, ...second.results].map(({ value }) => value)).size).toBe(FILLERS + 12);
	});

	it.each(['cognigyValidateVersion', 'cognigyTriggerFlow'])('%s offers the snapshots that fit', async (type) => {
		expect(await list(type, 'searchSnapshots', { filter: 'v1' })).toEqual({
			results: [
				{ name: 'v1.0', value: 'v1.0' },
				{ name: 'v1.1', value: 'v1.1' },
			],
		});
	});

	it('the trigger for webhooks offers Webhook endpoints only', async () => {
		const { results } = await list('cognigyWebhookTrigger', 'searchWebhookEndpoints', { filter: 'orders' });
		expect(results).toEqual([{ name: 'Orders Webhook', value: endpoint('Orders Webhook').id }]);
	});

	it('say what is wrong with the key', async () => {
		const wrong = await e2e.client.createCredential('Wrong key', 'cognigyAiApi', { ...fields, apiKey: WRONG_KEY });
		const error = await list('cognigyValidateVersion', 'searchEndpoints', {}, wrong).catch((cause: unknown) => cause);
		expect(error).toBeInstanceOf(N8nApiError);
		expect(error).toMatchObject({ reason: expect.stringContaining('Cognigy did not accept the API key (401)') });
	});
});

describe('Validate Version', () => {
	const validate = async (items: object[], parameters: object) =>
		await runNode('cognigyValidateVersion', items, parameters);

	it('knows the endpoint by its ID, as lists have it, and by its URL', async () => {
		const { id, url } = endpoint('Orders REST');
		const list = await validate([{}], { endpoint: picked('list', id), expectedChannel: 'rest' });
		const byUrl = await validate([{}], { endpoint: picked('url', url) });
		for (const execution of [list, byUrl]) {
			expect(outputOf(execution)).toEqual([
				expect.objectContaining({
					valid: true,
					botId: e2e.sandbox.projectId,
					targetEnvironment: 'live',
					audit: expect.objectContaining({ operation: 'validateVersion', status: 'success' }),
				}),
			]);
		}
	});

	it('says what is deployed instead, in the error output', async () => {
		const items = ['v1.1', 'v2.0', 'no-such'].map((snapshot) => ({ snapshot }));
		const execution = await validate(items, {
			endpoint: picked('id', endpoint('Showcase REST').id),
			deployment: 'snapshot',
			snapshot: picked('name', '={{ $json.snapshot }}'),
		});

		expect(outputOf(execution)).toEqual([
			expect.objectContaining({
				valid: true,
				version: { id: e2e.sandbox.snapshotId('v1.1'), name: 'v1.1', state: 'deployed' },
			}),
		]);
		expect(errorsOf(execution)).toEqual([
			expect.objectContaining({
				snapshot: 'v2.0',
				error: expect.stringContaining('does not run snapshot "v2.0". Deployed to it is snapshot "v1.1"'),
				errorCategory: 'notPublished',
			}),
			expect.objectContaining({ snapshot: 'no-such', errorCategory: 'notPublished' }),
		]);
		expect(nodeItems(execution, 'Cognigy', 1).map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }, { item: 2 }]);
	});

	it('tries again where Cognigy.AI asks to wait, but not with a key that has expired', async () => {
		const parameters = { endpoint: picked('id', endpoint('Orders REST').id) };
		const headers = { 'Retry-After': '1' };
		e2e.sandbox.faults.inject({ operation: 'readEndpoint', kind: 'status', status: 429, headers });
		expect(outputOf(await validate([{}], parameters))).toMatchObject([{ valid: true }]);
		const reads = e2e.sandbox.requests.filter(({ operation }) => operation === 'readEndpoint');
		expect(reads.slice(-2).map(({ status }) => status)).toEqual([429, 200]);

		e2e.sandbox.setKeyState('demo', 'expired');
		const execution = await validate([{}], parameters);
		e2e.sandbox.setKeyState('demo', 'valid');
		expect(errorsOf(execution)).toMatchObject([
			{
				error: expect.stringContaining('Cognigy did not accept the API key (401)'),
				errorCategory: 'authentication',
				audit: { attempts: 1 },
			},
		]);
	});

	it('stops the workflow with an error that says what to do', async () => {
		const parameters = { endpoint: picked('id', endpoint('Retired REST').id) };
		const execution = await runNode('cognigyValidateVersion', [{}], parameters, 'stopWorkflow');
		expect(execution.status).toBe('error');
		expect(execution.data.resultData.error).toMatchObject({
			message: expect.stringContaining('Endpoint "Retired REST" is not active'),
			description: expect.stringMatching(/\w/),
			context: expect.objectContaining({ itemIndex: 0 }),
		});
	});
});

describe('Trigger Flow', () => {
	it.each([
		['rest', 'Showcase REST'],
		['socketio', 'Showcase Socket'],
	])('puts out what the bot answers, as it is and to read: %s', async (channel, name) => {
		const items = ['several', 'quick replies'].map((input) => ({ input, session: `${channel} ${input}` }));
		const [several, quickReplies] = outputOf(await send(items, { channel, endpoint: endpoint(name).url }));

		expect(several).toMatchObject({ status: 'COMPLETED', reply: 'One.\nTwo.\nThree.' });
		expect(several?.['messages']).toMatchObject([{ text: 'One.' }, { text: 'Two.' }, { text: 'Three.' }]);
		expect(quickReplies).toMatchObject({ reply: 'Which colour do you like?\n[Red] [Blue]' });
		expect(quickReplies).toHaveProperty('messages.0.data._cognigy._default._quickReplies.quickReplies.1.title', 'Blue');
	});

	it('hands a message over to a Webhook endpoint, with its key', async () => {
		const items = [{ input: 'text', session: 'webhook' }];
		const parameters = { channel: 'webhook', endpoint: endpoint('Showcase Webhook').url };

		const sent = await send(items, { ...parameters, webhookKey: DEMO_WEBHOOK_KEY });
		expect(outputOf(sent)).toEqual([expect.objectContaining({ status: 'SENT', sessionId: 'webhook' })]);
		expect(e2e.sandbox.session('webhook')?.turns).toBe(1);

		const refused = await send(items, { ...parameters, webhookKey: 'a-wrong-webhook-key' });
		expect(errorsOf(refused)).toEqual([expect.objectContaining({ errorCategory: 'authentication' })]);
		expect(e2e.sandbox.session('webhook')?.turns).toBe(1);
	});

	it('sends the event of an order as data', async () => {
		const [item] = outputOf(
			await send([{ input: '', session: 'event' }], {
				endpoint: endpoint('Orders REST').url,
				contextMode: 'webhook',
				orderId: 'A-1001',
				payload: '{"total": 3}',
			}),
		);
		expect(item?.['reply']).toContain('A-1001');
		expect(e2e.sandbox.session('event')?.conversation[0]).toMatchObject({
			data: { userId: 'user-1', metadata: { orderId: 'A-1001', source: 'external_api', payload: { total: 3 } } },
		});
	});

	it('sends data without text, and marks tests as such: Socket.IO', async () => {
		const data = { orderId: 'A-1001' };
		const items = [true, false].map((testMode) => ({ input: '', session: `data, test ${testMode}`, testMode }));
		const output = outputOf(
			await send(items, {
				channel: 'socketio',
				endpoint: endpoint('Orders Socket').url,
				data: JSON.stringify(data),
				options: { testMode: '={{ $json.testMode }}' },
			}),
		);
		expect(output).toMatchObject([1, 2].map(() => ({ reply: expect.stringContaining('A-1001') })));
		const first = items.map(({ session }) => e2e.sandbox.session(session)?.conversation[0]);
		expect(first).toMatchObject([true, false].map((testMode) => ({ text: '', data, testMode })));
	});

	it.each([
		['socketio', 'Showcase Socket', [{ reply: 'This is turn 1.' }, { reply: 'This is turn 2.' }, { status: 'SENT' }]],
		['webhook', 'Orders Webhook', [{ status: 'SENT' }, { status: 'SENT' }, { status: 'SENT' }]],
	])('says something in the place of the user (inject) and of the bot (notify): %s', async (channel, name, results) => {
		const session = `in the place of, ${channel}`;
		const output: EmittedItems = [];
		for (const deliverAs of ['input', 'inject', 'notify']) {
			const parameters = { channel, endpoint: endpoint(name).url, deliverAs };
			output.push(...outputOf(await send([{ input: 'turn', session }], parameters)));
		}
		expect(output).toMatchObject(results);
		const { conversation, turns } = e2e.sandbox.session(session) ?? {};
		expect(turns).toBe(2);
		expect(conversation?.map(({ source }) => source)).toEqual(['user', 'bot', 'inject', 'bot', 'notify']);
	});

	it.each([
		['rest', 'Showcase REST'],
		['socketio', 'Showcase Socket'],
	])('tells that the flow has failed, and does not run it again: %s', async (channel, name) => {
		const session = `error, ${channel}`;
		const execution = await send([{ input: 'error', session }], { channel, endpoint: endpoint(name).url });
		const words = `: The flow has failed. The flow may have run, with session "${session}"`;
		expect(errorsOf(execution)).toMatchObject([{ error: expect.stringContaining(words), audit: { attempts: 1 } }]);
		expect(e2e.sandbox.session(session)?.turns).toBe(1);
	});

	it.each([
		['rest', 'REST', 1],
		// Nothing is sent to it: it does not let the socket in.
		['socketio', 'Socket', 0],
	])(
		'reports for each item what became of it, endpoints that are switched off or unknown: %s',
		async (channel, kind, attempts) => {
			const urls = {
				retired: endpoint(`Retired ${kind}`).url,
				showcase: endpoint(`Showcase ${kind}`).url,
				unknown: `${e2e.sandbox.endpointUrl}/${'0'.repeat(64)}`,
			};
			const items = Object.keys(urls).map((name) => ({ name, input: 'text', session: `${name} ${kind}` }));
			// Chosen in the parameter, so that no token becomes part of an item.
			const url = `={{ (${JSON.stringify(urls)})[$json.name] }}`;

			const execution = await send(items, { channel, endpoint: url });

			expect(outputOf(execution)).toMatchObject([{ sessionId: `showcase ${kind}`, reply: 'Plain text.' }]);
			const errors = errorsOf(execution);
			const audit = { operation: 'triggerFlow', status: 'error', attempts };
			expect(errors).toMatchObject([
				{ name: 'retired', error: expect.stringContaining(': Endpoint is not active'), audit },
				{ name: 'unknown', error: expect.stringContaining(': Endpoint not found'), audit },
			]);
			for (const { error } of errors) expect(error).not.toContain('may have run');
			const from = nodeItems(execution, 'Cognigy', 1).map(({ pairedItem }) => pairedItem);
			expect(from).toEqual([{ item: 0 }, { item: 2 }]);
		},
	);

	it.each<[string, CognigyAiSandboxOptions, 0 | 1, object]>([
		['tells the end of a turn as servers of v3 do', { finalPing: 'output' }, 0, { status: 'COMPLETED' }],
		[
			'speaks only EIO 3',
			{ socketProtocol: 'v2' },
			1,
			{ error: expect.stringContaining('does not speak the protocol of Socket.IO 3 and 4') },
		],
	])('knows a server that %s', async (_what, options, output, result) => {
		const other = await startCognigyAiSandbox(options);
		const parameters = { channel: 'socketio', endpoint: other.endpoint('Showcase Socket').url };
		const execution = await send([{ input: 'text', session: 'other' }], parameters);
		await other.close();
		expect(nodeOutput(execution, 'Cognigy', output)).toMatchObject([result]);
	});

	it('stops the workflow with an error that says what to do', async () => {
		const parameters = { endpoint: endpoint('Retired REST').url, userId: 'user-1', input: 'text' };
		const execution = await runNode('cognigyTriggerFlow', [{}], parameters, 'stopWorkflow');
		expect(execution.status).toBe('error');
		expect(execution.data.resultData.error).toMatchObject({
			message: expect.stringContaining('the endpoint does not take the message (403)'),
			description: expect.stringContaining('Check in Cognigy.AI that the endpoint is enabled.'),
			httpCode: '403',
			context: expect.objectContaining({ itemIndex: 0 }),
		});
	});

	it('does not send a start again that may have run (guarantee 1), but one that did not', async () => {
		const showcase = { endpoint: endpoint('Showcase REST').url };
		e2e.sandbox.faults.inject({ operation: 'message', kind: 'dropAfter', match: { sessionId: 'dropped' } });
		e2e.sandbox.faults.inject({ operation: 'message', kind: 'status', status: 429, match: { sessionId: 'refused' } });

		const execution = await send(
			['dropped', 'refused'].map((session) => ({ input: 'turn', session })),
			showcase,
		);

		expect(errorsOf(execution)).toEqual([
			expect.objectContaining({
				error: expect.stringContaining('The flow may have run, with session "dropped"'),
				errorCategory: 'network',
				audit: expect.objectContaining({ sessionId: 'dropped', attempts: 1 }),
			}),
		]);
		expect(operationsIn('dropped')).toEqual(['message']);
		expect(e2e.sandbox.session('dropped')?.turns).toBe(1);
		expect(outputOf(execution)).toMatchObject([{ reply: 'This is turn 1.', audit: { attempts: 2 } }]);
		expect(e2e.sandbox.session('refused')?.turns).toBe(1);
	});
});

describe('Reset Session', () => {
	const reset = async (items: object[], parameters: object) =>
		await runNode('cognigyResetSession', items, { sessionId: '={{ $json.session }}', userId: 'user-1', ...parameters });

	it('resets the context, the state or both, and makes an ID for a new session', async () => {
		const showcase = endpoint('Showcase REST');
		const modes = ['context', 'state', 'both'];
		await send(
			modes.map((mode) => ({ input: 'text', session: `reset ${mode}` })),
			{ endpoint: showcase.url },
		);

		const output: EmittedItems = [];
		for (const resetMode of modes) {
			const parameters = { resetMode, endpoint: picked('id', showcase.id), newSessionId: true };
			output.push(...outputOf(await reset([{ session: `reset ${resetMode}` }], parameters)));
		}

		expect(output).toMatchObject([
			{ sessionId: 'reset context', status: 'RESET_COMPLETE', verified: true },
			{ sessionId: 'reset state', status: 'RESET_COMPLETE', verified: false },
			{ sessionId: 'reset both', status: 'RESET_COMPLETE', verified: false },
		]);
		for (const { newSessionId } of output) expect(newSessionId).toMatch(/^[0-9a-f-]{36}$/);
		expect(modes.map((mode) => e2e.sandbox.session(`reset ${mode}`)?.context['visits'])).toEqual([0, 1, 0]);
		const resets = modes.map((mode) => operationsIn(`reset ${mode}`).filter((name) => name.startsWith('reset')));
		expect(resets).toEqual([['resetContext'], ['resetState'], ['resetContext', 'resetState']]);
	});

	it('resets the sessions in the registry that have expired, each once, and no other', async () => {
		const showcase = { endpoint: endpoint('Showcase REST').url };
		const expired = ['expired-1', 'expired-2'].map((session) => ({ input: 'text', session }));
		await send(expired, { ...showcase, options: { sessionTtlMinutes: 0.001 } });
		await send([{ input: 'text', session: 'still-open' }], showcase);

		const first = outputOf(await reset([{}], { operation: 'expired' }));

		expect(first.map(({ sessionId, verified }) => [sessionId, verified]).sort()).toEqual([
			['expired-1', true],
			['expired-2', true],
		]);
		expect(outputOf(await reset([{}], { operation: 'expired' }))).toEqual([]);
		expect(operationsIn('expired-1').filter((name) => name === 'resetContext')).toHaveLength(1);
		expect(operationsIn('still-open')).toEqual(['message']);
	});
});

it("n8n's HTTP Request node can use the credential", async () => {
	const node = {
		id: 'http',
		name: 'HTTP Request',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		position: [0, 0] as [number, number],
		parameters: {
			url: `${e2e.sandbox.apiUrl}/new/v2.0/users/me`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: credential.type,
			options: {},
		},
		credentials: usedBy(credential),
	};
	const execution = await e2e.run(manualWorkflow('HTTP Request', [{}], node));
	expect(nodeOutput(execution, 'HTTP Request')).toEqual([expect.objectContaining({ name: 'demo' })]);
	expect(e2e.sandbox.requests.at(-1)).toMatchObject({ operation: 'readMe', key: 'demo', status: 200 });
});

it('writes the audit entry of each item to the log of n8n, one line each', () => {
	const entries = [...e2e.wholeLog().matchAll(/Cognigy audit (\{.*\})/g)].map(([, json]) => JSON.parse(json ?? ''));
	expect(entries).toContainEqual(
		expect.objectContaining({ operation: 'triggerFlow', sessionId: 'dropped', status: 'error', attempts: 1 }),
	);
});

describe('Conversation', () => {
	const converse = async (items: object[], parameters: object) =>
		await runNode('cognigyConversation', items, parameters);
	const profiles = async (operation: string, parameters: object) =>
		await converse([{}], { resource: 'contactProfile', operation, ...parameters });

	it('tells what was said in a session, and which there were', async () => {
		const spoken = { endpoint: endpoint('Orders REST').url, userId: 'talker' };
		await send([{ input: 'A-1001', session: 'spoken' }], spoken);

		const [transcript] = outputOf(await converse([{ session: 'spoken' }], { sessionId: '={{ $json.session }}' }));
		expect(transcript).toMatchObject({
			userId: 'talker',
			messages: [
				{ source: 'user', text: 'A-1001' },
				{ source: 'bot', text: expect.stringContaining('A-1001') },
			],
		});
		const many = outputOf(await converse([{}], { operation: 'getAll', contactId: 'talker' }));
		expect(many).toMatchObject([{ sessionId: 'spoken', endpointName: 'Orders REST', messageCount: 2 }]);
	});

	it('puts something into what a flow remembers', async () => {
		await send([{ input: 'text', session: 'injected' }], { endpoint: endpoint('Showcase REST').url });
		const parameters = { operation: 'injectContext', sessionId: 'injected', userId: 'user-1', context: '{"vip":true}' };
		const output = outputOf(await converse([{}], parameters));
		expect(output).toMatchObject([{ sessionId: 'injected', context: { vip: true } }]);
		expect(e2e.sandbox.session('injected')?.context).toMatchObject({ vip: true });
	});

	it('makes, changes, finds and deletes the profile of a contact', async () => {
		const profileFields = { firstname: 'Ada', age: 36 };
		const [made] = outputOf(await profiles('create', { contactIds: 'ada, countess', profileFields }));
		expect(made).toMatchObject({ contactIds: ['ada', 'countess'], profile: profileFields });

		const [twice] = errorsOf(await profiles('create', { contactIds: 'ada' }));
		expect(twice).toMatchObject({ error: expect.stringContaining('has a profile already') });

		const changes = { specifyProfile: 'json', profile: '{"age":37}', updateFields: { active: false } };
		const [updated] = outputOf(await profiles('update', { contactId: 'ada', ...changes }));
		expect(updated).toMatchObject({ active: false, profile: { firstname: 'Ada', age: 37 } });
		const [found] = outputOf(await profiles('findByContact', { contactId: 'countess' }));
		expect(found).toMatchObject({ profileId: made?.['profileId'], profile: { age: 37 } });

		const { profileId } = made ?? {};
		const [refused] = errorsOf(await profiles('delete', { profileId, contactId: 'somebody-else' }));
		expect(refused).toMatchObject({ errorCategory: 'invalidInput' });
		const [deleted] = outputOf(await profiles('delete', { profileId, contactId: 'ada' }));
		expect(deleted).toMatchObject({ deleted: true, contactIds: ['ada', 'countess'] });
		expect(e2e.sandbox.profiles.map(({ _id }) => _id)).not.toContain(profileId);
	});
});

describe('no secret is left (guarantee 6)', () => {
	it('neither API key, nor endpoint token, nor webhook key in the log', () => {
		const log = e2e.wholeLog();
		// The search looks in the right place.
		expect(log).toContain('Cognigy audit');
		expect(secrets().filter((secret) => log.includes(secret))).toEqual([]);
		expect(log).not.toContain(WRONG_KEY);
	});

	it('no API key in the files of n8n, the database included', () => {
		const files = e2e.filesOfN8n();
		expect(files).toContain('showcase REST');
		expect([e2e.sandbox.apiKey, WRONG_KEY].filter((key) => files.includes(key))).toEqual([]);
	});

	it('endpoint tokens and webhook keys only where n8n keeps the parameters of the nodes', () => {
		// They are parameters, so they stand in the workflow and in every copy of it that n8n makes: with each execution,
		// and once more where an execution was stopped, as the node to go on with. What our nodes put out, throw, log or
		// remember must not add a place: not in the items and errors of an execution, not in our session registry.
		const parameters = [
			/^workflow_\w+\.nodes$/,
			/^execution_data\.workflowData$/,
			/^execution_data\.data\.executionData\.nodeExecutionStack\.\d+\.node\.parameters\.(endpoint|webhookKey)$/,
		];
		const places = placesInDatabase(e2e.n8nFolder, secrets());

		expect(places).toEqual(expect.arrayContaining(['workflow_entity.nodes', 'execution_data.workflowData']));
		expect(places.filter((place) => !parameters.some((allowed) => allowed.test(place)))).toEqual([]);
		expect(otherFilesWith(e2e.n8nFolder, secrets())).toEqual([]);
	});

	function secrets(): string[] {
		const { apiKeys, endpoints } = e2e.sandbox;
		return [...apiKeys.map(({ key }) => key), ...endpoints.map(({ urlToken }) => urlToken), DEMO_WEBHOOK_KEY];
	}
});
