import { createHash } from 'node:crypto';

import { closeAllClients } from '../../client';
import { startSandbox, type Sandbox } from '../../sandbox';
import { runNode } from './engine';
import { auditOf, credentialFor, itemsOf, startOrderBot } from './support';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await startSandbox({ slowStartMs: 10 });
});
afterAll(async () => {
	await sandbox.close();
});
afterEach(() => {
	// The next test has a login of its own.
	closeAllClients();
	sandbox.faults.clear();
	sandbox.resetStats();
});

const type = 'cognigyTriggerFlow';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('what comes out (docs/guarantees.md#outputs)', () => {
	it('puts out exactly the promised fields, linked to the input item', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, context: '{"metadata": {"orderId": "A-1001"}}' },
			items: itemsOf(1),
		});

		const sessionId = output[0]?.json['sessionId'];
		expect(output).toEqual([
			{
				json: {
					sessionId: expect.stringMatching(UUID_V4),
					status: expect.any(String),
					botId: 'order-status',
					flowId: 'main',
					userId: 'user-0',
					session: {
						id: sessionId,
						createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
						expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
						ttlSeconds: 1800,
					},
					audit: {
						timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
						operation: 'triggerFlow',
						botId: 'order-status',
						flowId: 'main',
						sessionId,
						userId: 'user-0',
						status: 'success',
						latencyMs: expect.any(Number),
						attempts: 1,
						httpStatus: expect.any(Number),
						input: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
						contextHash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
					},
				},
				pairedItem: { item: 0 },
			},
		]);
	});

	it('starts the flow with what the item says', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, sessionId: 'session-7', context: '={{ { metadata: { orderId: $json.user } } }}' },
			items: itemsOf(1),
		});

		expect(output[0]?.json['sessionId']).toBe('session-7');
		expect(sandbox.sessions.find(({ sessionId }) => sessionId === 'session-7')).toMatchObject({
			botId: 'order-status',
			flowId: 'main',
			userId: 'user-0',
			input: 'Where is my order?',
			context: { metadata: { orderId: 'user-0' } },
		});
	});

	it('builds the context of a webhook event', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: {
				...startOrderBot,
				contextMode: 'webhook',
				orderId: '={{ 4711 }}',
				source: 'crm',
				payload: '{"priority": "high"}',
			},
			items: itemsOf(1),
		});

		const started = sandbox.sessions.find(({ sessionId }) => sessionId === output[0]?.json['sessionId']);
		expect(started?.context).toEqual({
			userId: 'user-0',
			metadata: { orderId: '4711', source: 'crm', payload: { priority: 'high' } },
			webhookTrigger: true,
		});
	});

	it('encodes ids with spaces, slashes, quotes and letters of all languages', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, botId: 'Größe/Test "1" ✓' },
			items: itemsOf(1),
		});

		expect(output[0]?.json['botId']).toBe('Größe/Test "1" ✓');
		expect(sandbox.stats().flowsStarted).toBe(1);
	});

	it.each([
		['full', { input: 'Where is my order?', context: { orderId: 'A-1001' } }],
		[
			'hash',
			{
				input: `sha256:${sha256('Where is my order?')}`,
				contextHash: `sha256:${sha256('{"orderId":"A-1001"}')}`,
			},
		],
		['none', {}],
	])('shows the input in the audit as asked for: %s', async (auditInput, expected) => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, context: '{ "orderId": "A-1001" }', options: { auditInput } },
			items: itemsOf(1),
		});

		const { input, contextHash, context } = auditOf(output[0]);
		expect({ input, contextHash, context }).toEqual(expected);
	});

	it('adds metrics of the credential when asked to', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, options: { includeMetrics: true, concurrency: 1 } },
			items: itemsOf(2),
		});

		expect(output[1]?.json['metrics']).toEqual({
			totalRequests: 2,
			successCount: 2,
			errorCount: 0,
			totalLatencyMs: expect.any(Number),
			latencyMs: {
				p50: expect.any(Number),
				p95: expect.any(Number),
				p99: expect.any(Number),
				max: expect.any(Number),
			},
			errorsByCategory: {},
		});
	});

	it('checks the version first when asked to, and then starts nothing that is not published', async () => {
		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, botId: 'returns-draft', validateBefore: true, targetEnvironment: 'production' },
			items: itemsOf(1),
		});

		expect(error?.message).toContain('Bot "returns-draft" has no published version for "production"');
		expect(sandbox.stats()).toMatchObject({ versions: 1, starts: 0 });
	});
});

describe('a failing item', () => {
	const oneIsUnknown = {
		...startOrderBot,
		botId: '={{ $json.user === "user-1" ? "no-such-bot" : "order-status" }}',
	};

	it('hurts no other: "Continue" puts an error item in its place', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: oneIsUnknown,
			items: itemsOf(3),
			onError: 'continueRegularOutput',
		});

		expect(output.map(({ json }) => json['userId'] ?? json['errorCategory'])).toEqual(['user-0', 'notFound', 'user-2']);
		expect(output[1]).toMatchObject({
			json: {
				error: expect.stringContaining('no-such-bot'),
				errorCategory: 'notFound',
				audit: { operation: 'triggerFlow', botId: 'no-such-bot', status: 'error', httpStatus: 404, attempts: 1 },
			},
			pairedItem: { item: 1 },
		});
	});

	it('goes to the error output with "Continue (using error output)"', async () => {
		const { output, errorOutput } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: oneIsUnknown,
			items: itemsOf(3),
			onError: 'continueErrorOutput',
		});

		expect(output.map(({ json }) => json['userId'])).toEqual(['user-0', 'user-2']);
		expect(errorOutput.map(({ json }) => json['errorCategory'])).toEqual(['notFound']);
	});

	it('stops the workflow with an error that says what, which item, and what to do', async () => {
		const { error, run } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: oneIsUnknown,
			items: itemsOf(3),
		});

		expect(run.status).toBe('error');
		expect(error?.name).toBe('NodeApiError');
		expect(error?.message).toBe('Cognigy knows no bot "no-such-bot" with a flow "main" (404)');
		expect(error?.description).toContain('Check Bot ID');
		expect(error?.httpCode).toBe('404');
		expect(error?.context).toMatchObject({ itemIndex: 1 });
	});

	it('that is wrong before anything is sent keeps all items from being sent', async () => {
		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, userId: '={{ $json.user === "user-2" ? " " : $json.user }}' },
			items: itemsOf(3),
		});

		expect(error?.name).toBe('NodeOperationError');
		expect(error?.message).toBe('User ID is empty');
		expect(error?.context).toMatchObject({ itemIndex: 2 });
		expect(sandbox.stats()).toMatchObject({ logins: 0, starts: 0 });
	});

	it('keeps its own message when an id looks like an error code of Node', async () => {
		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, botId: 'approvePermissions' },
			items: itemsOf(1),
		});

		expect(error?.message).toBe('Cognigy knows no bot "approvePermissions" with a flow "main" (404)');
	});

	it('with an expression that fails becomes an error item too', async () => {
		const { output } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: {
				...startOrderBot,
				userId: '={{ $json.user === "user-0" ? $("Nowhere").item.json.user : $json.user }}',
			},
			items: itemsOf(2),
			onError: 'continueRegularOutput',
		});

		expect(output[0]?.json).toMatchObject({ errorCategory: 'invalidInput', audit: { status: 'error', attempts: 0 } });
		expect(output[1]?.json['userId']).toBe('user-1');
	});
});

it('a bad Concurrency makes error items where failing items are to go on', async () => {
	const { output } = await runNode({
		type,
		credential: credentialFor(sandbox),
		parameters: { ...startOrderBot, options: { concurrency: 0 } },
		items: itemsOf(2),
		onError: 'continueRegularOutput',
	});

	expect(output.map(({ json }) => json['error'])).toEqual(
		Array(2).fill('Concurrency must be a whole number from 1 to 50'),
	);
});

describe('bad input is refused unsent, with the name of the parameter (guarantee 9)', () => {
	it.each([
		['blank bot id', { botId: '  ' }, 'Bot ID is empty'],
		['empty flow id', { flowId: '={{ "" }}' }, 'Flow ID is empty'],
		['empty user id', { userId: '={{ "" }}' }, 'User ID is empty'],
		['missing user id', { userId: '={{ $json.nobody }}' }, 'User ID is empty'],
		['object as user id', { userId: '={{ $json }}' }, 'User ID must be text'],
		['dots as bot id', { botId: '..' }, 'Bot ID must not be "." or ".."'],
		['line break in session id', { sessionId: 'a\nb' }, 'Session ID must not contain line breaks'],
		['context that is a list', { context: '[1]' }, 'Context must be a JSON object'],
		['context that is text', { context: '"hello"' }, 'Context must be a JSON object'],
		['context that is null', { context: 'null' }, 'Context must be a JSON object'],
		['context that is a time', { context: '={{ $now }}' }, 'Context must be a JSON object, and is a DateTime'],
		['context that is a date', { context: '={{ new Date() }}' }, 'Context must be a JSON object, and is a Date'],
		['context that is a Map', { context: '={{ new Map([["a", 1]]) }}' }, 'Context holds a Map'],
		['context that is a list of items', { context: '={{ [$json] }}' }, 'Context must be a JSON object, and is a list'],
		[
			'payload that is a time',
			{ contextMode: 'webhook', orderId: '1', payload: '={{ $today }}' },
			'Payload must be a JSON object, and is a DateTime',
		],
		['context that is not JSON', { context: '{oops' }, 'Context is not valid JSON'],
		['event without an order', { contextMode: 'webhook', orderId: '={{ null }}' }, 'Order ID is empty'],
		['event without a source', { contextMode: 'webhook', orderId: '1', source: ' ' }, 'Source is empty'],
		[
			'payload that is a list',
			{ contextMode: 'webhook', orderId: '1', payload: '[]' },
			'Payload must be a JSON object',
		],
		['empty environment', { validateBefore: true, targetEnvironment: '={{ "" }}' }, 'Target Environment is empty'],
		['no time at all', { options: { timeoutSeconds: 0 } }, 'Timeout (Seconds) must be a number from 1 to 3600'],
		['too many retries', { options: { retries: 11 } }, 'Retries must be a number from 0 to 10'],
		['half a retry', { options: { retries: 1.5 } }, 'Retries must be a whole number'],
		['concurrency 0', { options: { concurrency: 0 } }, 'Concurrency must be a whole number from 1 to 50'],
		['concurrency 51', { options: { concurrency: 51 } }, 'Concurrency must be a whole number from 1 to 50'],
		['no lifetime', { options: { sessionTtlMinutes: 0 } }, 'Session Lifetime (Minutes) must be more than 0'],
	])('%s', async (_case, parameters, message) => {
		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox),
			parameters: { ...startOrderBot, ...parameters },
			items: itemsOf(1),
		});

		expect(error?.name).toBe('NodeOperationError');
		expect(error?.message).toContain(message);
		expect(sandbox.stats()).toMatchObject({ logins: 0, starts: 0 });
	});

	it.each([
		[
			'plain http to another machine',
			{ baseUrl: 'http://cognigy.example.com' },
			'Base URL in the credential must begin with https://',
		],
		['no address', { baseUrl: '' }, 'Base URL in the credential is empty'],
		['no URL', { baseUrl: 'cognigy' }, 'Base URL in the credential is not a valid address'],
		['another scheme', { baseUrl: 'ftp://127.0.0.1' }, 'Base URL in the credential must begin with https://'],
		[
			'plain ws to another machine',
			{ webSocketUrl: 'ws://cognigy.example.com' },
			'WebSocket URL in the credential must begin with wss://',
		],
		['no user', { username: ' ' }, 'Username in the credential is empty'],
		['no password', { password: '' }, 'Password in the credential is empty'],
	])('credential with %s', async (_case, fields, message) => {
		const { error } = await runNode({
			type,
			credential: credentialFor(sandbox, fields),
			parameters: startOrderBot,
			items: itemsOf(1),
		});

		expect(error?.message).toContain(message);
		expect(sandbox.stats().logins).toBe(0);
	});
});
