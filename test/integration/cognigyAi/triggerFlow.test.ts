import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiSandbox } from '../../../sandbox';
import { DEMO_WEBHOOK_KEY } from '../../../sandbox/cognigyAi/seed';
import { auditOf } from '../support';
import { closeSandboxes, credentialFor, jsonOf, picked, run, sandboxFor, secretsOf, shownBy } from './support';

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	sandbox = await sandboxFor();
	credential = credentialFor(sandbox);
});
afterEach(closeSandboxes);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const trigger = async (parameters: IDataObject, more: Parameters<typeof run>[3] = {}) =>
	await run('cognigyTriggerFlow', credential, { userId: 'user-1', sessionId: 's-1', ...parameters }, more);

const endpoints = { rest: 'Showcase REST', socketio: 'Showcase Socket', webhook: 'Showcase Webhook' } as const;
const through = (channel: keyof typeof endpoints) => ({
	channel,
	endpoint: sandbox.endpoint(endpoints[channel]).url,
	...(channel === 'webhook' ? { webhookKey: DEMO_WEBHOOK_KEY } : {}),
});

it('puts out exactly the promised fields (docs/guarantees.md#outputs)', async () => {
	const { output } = await trigger({ ...through('rest'), input: 'several' });
	const message = (text: string) => ({
		messageId: expect.any(String),
		text,
		type: 'bot',
		timestamp: expect.any(String),
	});
	expect(output).toEqual([
		{
			json: {
				sessionId: 's-1',
				status: 'COMPLETED',
				botId: sandbox.projectId,
				flowId: expect.stringMatching(/^endpoint-[0-9a-f]{12}$/),
				userId: 'user-1',
				session: {
					id: 's-1',
					createdAt: expect.any(String),
					expiresAt: expect.any(String),
					ttlSeconds: 1800,
				},
				messages: [message('One.'), message('Two.'), message('Three.')],
				reply: 'One.\nTwo.\nThree.',
				audit: {
					timestamp: expect.any(String),
					operation: 'triggerFlow',
					botId: sandbox.projectId,
					flowId: expect.stringMatching(/^endpoint-/),
					sessionId: 's-1',
					userId: 'user-1',
					status: 'success',
					latencyMs: expect.any(Number),
					attempts: 1,
					httpStatus: 200,
					input: expect.stringMatching(/^sha256:/),
					contextHash: expect.stringMatching(/^sha256:/),
				},
			},
			pairedItem: { item: 0 },
		},
	]);
});

describe('an endpoint that was picked', () => {
	const inList = (name: string) => ({ endpointBy: 'list', endpointId: picked('list', sandbox.endpoint(name).id) });

	it.each(['rest', 'socketio'] as const)('gets the message, and shows its URL nowhere: %s', async (channel) => {
		const outcome = await trigger({ channel, ...inList(endpoints[channel]), input: 'text' });
		expect(jsonOf(outcome)).toMatchObject({ reply: 'Plain text.', flowId: expect.stringMatching(/^endpoint-/) });
		for (const secret of secretsOf(sandbox)) expect(shownBy(outcome)).not.toContain(secret);
	});

	it('is looked up once for all items, and may be another one for each', async () => {
		const names = Array.from({ length: 12 }, (_, index) => ['Orders REST', 'Showcase REST'][index % 2] ?? '');
		const items = names.map((name) => ({ json: { id: sandbox.endpoint(name).id } }));
		const { output, error } = await trigger(
			{
				endpointBy: 'list',
				endpointId: picked('id', '={{ $json.id }}'),
				sessionId: '={{ "s-" + $itemIndex }}',
				input: 'text',
			},
			{ items },
		);
		expect(error).toBeUndefined();
		expect(new Set(output.map(({ json }) => json['flowId'])).size).toBe(2);
		expect(sandbox.requests.filter(({ operation }) => operation === 'readEndpoint')).toHaveLength(2);
	});

	it('is asked for by its label, before anything is sent', async () => {
		const { error } = await trigger({ endpointBy: 'list', endpointId: picked('id', '={{ "" }}'), input: 'text' });
		expect(error).toMatchObject({ name: 'NodeOperationError', message: 'Endpoint is empty' });
		expect(sandbox.requests).toEqual([]);
	});

	it('of another kind is refused in words', async () => {
		const { error } = await trigger({ ...inList('Showcase Socket'), input: 'text' });
		expect(error?.message).toBe('Endpoint "Showcase Socket" is of the channel "socket", and not a REST endpoint');
	});

	it('needs an address of endpoints', async () => {
		credential = credentialFor(sandbox, { endpointBaseUrl: '' });
		const { error } = await trigger({ ...inList('Showcase REST'), input: 'text' });
		expect(error?.message).toContain('Endpoint Base URL is empty');
		expect(sandbox.requests).toEqual([]);
	});

	it('is started once with an idempotency key (guarantee 1)', async () => {
		const parameters = { ...inList('Showcase REST'), input: 'text', sessionId: '' };
		const options = { idempotencyKey: 'event-1' };
		const first = jsonOf(await trigger({ ...parameters, options }));
		const again = jsonOf(await trigger({ ...parameters, options }));
		expect(again).toMatchObject({ repeated: true, sessionId: first['sessionId'] });
	});
});

it('collects the reply of a Socket.IO endpoint', async () => {
	const item = jsonOf(await trigger({ ...through('socketio'), input: 'several' }));
	expect(item).toMatchObject({ status: 'COMPLETED', reply: 'One.\nTwo.\nThree.' });
	expect(item['messages']).toHaveLength(3);
});

it('does not wait for it when nobody wants it', async () => {
	const item = jsonOf(await trigger({ ...through('socketio'), input: 'slow', waitForReply: false }));
	expect(item).toMatchObject({ status: 'SENT' });
	expect(item).not.toHaveProperty('reply');
});

it('hands a message over to a Webhook endpoint, with its key', async () => {
	const item = jsonOf(await trigger({ ...through('webhook'), input: 'text' }));
	expect(item).toMatchObject({ status: 'SENT', sessionId: 's-1' });
	expect(item).not.toHaveProperty('messages');
	await sandbox.when(() => sandbox.session('s-1')?.conversation.length === 2);

	const { error } = await trigger({ ...through('webhook'), webhookKey: '', input: 'text' });
	expect(error?.name).toBe('NodeApiError');
});

it.each(['rest', 'socketio'] as const)('keeps rich outputs and sums them up: %s', async (channel) => {
	const texts = ['quick replies', 'buttons', 'gallery', 'list', 'adaptive card', 'image', 'audio', 'video'];
	const { output } = await trigger(
		{ ...through(channel), input: '={{ $json.input }}', sessionId: '={{ $json.input.replaceAll(" ", "-") }}' },
		{ items: texts.map((input) => ({ json: { input } })) },
	);
	for (const { json } of output) {
		const messages = json['messages'] as IDataObject[];
		expect(messages[0]?.['data']).toBeDefined();
		expect(json['reply']).toMatch(/\S/);
	}
	expect(output).toHaveLength(texts.length);
});

it('sends data, as JSON or made for an event', async () => {
	const item = jsonOf(await trigger({ ...through('rest'), input: 'echo', data: '{"k": [1, "ü"]}' }));
	expect(item['messages']).toMatchObject([{ data: { k: [1, 'ü'] } }]);

	const { url: endpoint } = sandbox.endpoint('Orders REST');
	const event = { contextMode: 'webhook', orderId: 'A-1001', source: 'crm', payload: '{"total": 3}' };
	jsonOf(await trigger({ endpoint, ...event, sessionId: 's-2' }));
	expect(sandbox.session('s-2')?.conversation[0]).toMatchObject({
		data: { userId: 'user-1', metadata: { orderId: 'A-1001', source: 'crm', payload: { total: 3 } } },
	});
});

it.each([
	['full', { input: 'echo', context: { k: 1 } }],
	['hash', { input: `sha256:${sha256('echo')}`, contextHash: `sha256:${sha256('{"k":1}')}` }],
	['none', {}],
])('shows in the audit what was said, and the data beside it: %s', async (auditInput, expected) => {
	const message = { ...through('rest'), input: 'echo', data: '{"k": 1}', options: { auditInput } };
	const { input, contextHash, context } = auditOf((await trigger(message)).output[0]);
	expect({ input, contextHash, context }).toEqual(expected);
});

it('goes on with a session', async () => {
	for (const turn of [1, 2]) {
		const item = jsonOf(await trigger({ ...through('rest'), input: 'turn' }));
		expect(item['reply']).toBe(`This is turn ${turn}.`);
	}
});

it('makes a session ID where none is given', async () => {
	const item = jsonOf(await trigger({ ...through('rest'), input: 'text', sessionId: '' }));
	expect(item['sessionId']).toMatch(/^[0-9a-f-]{36}$/);
});

it.each(['inject', 'notify'])('delivers as %s', async (deliverAs) => {
	jsonOf(await trigger({ ...through('webhook'), input: 'turn' }));
	const item = jsonOf(await trigger({ ...through('webhook'), input: 'turn', deliverAs }));
	expect(item).toMatchObject({ status: 'SENT' });
	expect(sandbox.requests.map(({ operation }) => operation)).toEqual(['message', deliverAs]);
});

it('collects what comes of an injected message', async () => {
	jsonOf(await trigger({ ...through('socketio'), input: 'turn' }));
	const item = jsonOf(await trigger({ ...through('socketio'), input: 'turn', deliverAs: 'inject' }));
	expect(item).toMatchObject({ status: 'COMPLETED', reply: 'This is turn 2.' });
});

it.each(['rest', 'socketio'] as const)('marks tests as such: %s', async (channel) => {
	jsonOf(await trigger({ ...through(channel), input: 'text', options: { testMode: true } }));
	jsonOf(await trigger({ ...through(channel), input: 'text', sessionId: 's-2' }));
	const isTest = (id: string) => sandbox.session(id)?.conversation.every(({ testMode }) => testMode);
	expect([isTest('s-1'), isTest('s-2')]).toEqual([true, false]);
});

it('checks first what is deployed', async () => {
	const v11 = { validateBefore: true, deployment: 'snapshot', snapshot: picked('name', 'v1.1') };
	expect(jsonOf(await trigger({ ...through('rest'), input: 'version', ...v11 }))['reply']).toBe('This is v1.1.');

	sandbox.resetStats();
	const { error } = await trigger({ ...through('rest'), input: 'version', validateBefore: true });
	expect(error?.message).toContain('does not run the live project. Deployed to it is snapshot "v1.1"');
	expect(sandbox.stats().turns).toBe(0);
});

/** n8n itself refuses required parameters that are empty, but it cannot know what comes out of an expression. */
const empty = '={{ "" }}';

it.each<[string, IDataObject, string]>([
	['no endpoint', { endpoint: empty }, 'Endpoint URL is empty'],
	['neither input nor data', { input: ' ' }, 'Input is empty'],
	['no user', { userId: empty }, 'User ID is empty'],
	['data that is a time', { data: '={{ $now.minus({ days: 1 }) }}' }, 'Data must be a JSON object, and is a DateTime'],
	['data that is a number', { data: '={{ 5 }}' }, 'Data must be a JSON object, and is a number'],
	['data that is no JSON', { data: '{' }, 'Data is not valid JSON'],
	['a key with a space', { channel: 'webhook', webhookKey: 'a b' }, 'Webhook Key must be printable text'],
	[
		'a snapshot without a name',
		{ validateBefore: true, deployment: 'snapshot', snapshot: picked('name', empty) },
		'Snapshot is empty',
	],
])('refuses bad input before anything is sent: %s', async (_what, parameters, words) => {
	const { error } = await trigger({ ...through('rest'), input: 'text', ...parameters });
	expect(error?.name).toBe('NodeOperationError');
	expect(error?.message).toContain(words);
	expect(sandbox.requests).toHaveLength(0);
});

it('waits no longer over a socket than it may, and says that more may come', async () => {
	sandbox = await sandboxFor({ finalPing: 'none' });
	credential = credentialFor(sandbox);
	const item = jsonOf(await trigger({ ...through('socketio'), input: 'text', options: { replyMaxWaitSeconds: 1 } }));
	expect(item).toMatchObject({
		status: 'SENT',
		reply: 'Plain text.',
		warnings: [expect.stringContaining('did not end its turn within 1 s')],
	});
});

describe('an idempotency key (guarantee 1)', () => {
	const key = (idempotencyKey: unknown) => ({ options: { idempotencyKey } as IDataObject });

	it.each(['rest', 'socketio', 'webhook'] as const)(
		'%s: the second start sends nothing, and comes out as the first',
		async (channel) => {
			const said = { ...through(channel), sessionId: '', input: 'several', ...key('={{ 42 }}') };
			const [first] = (await trigger(said)).output;
			const turns = sandbox.stats().turns;
			const [second] = (await trigger(said)).output;
			expect(turns).toBe(1);
			expect(sandbox.stats().turns).toBe(1);
			const { audit: _, ...result } = first?.json ?? {};
			expect(second?.json).toEqual({
				...result,
				repeated: true,
				audit: expect.objectContaining({ attempts: 0, repeated: true, sessionId: result['sessionId'] }),
			});
		},
	);

	it('one endpoint’s key is none of another', async () => {
		await trigger({ ...through('rest'), input: 'several', ...key('event-1') });
		const { output } = await trigger({ ...through('socketio'), input: 'several', ...key('event-1') });
		expect(output[0]?.json).not.toHaveProperty('repeated');
	});

	it.each([
		['another input', 'event-1', 'one', 'Idempotency Key "event-1" was used for something else'],
		['nothing in it', '={{ $json.missing }}', 'several', 'Idempotency Key is empty'],
		['spaces', '  ', 'several', 'Idempotency Key is empty'],
	])('is refused unsent with %s', async (_case, idempotencyKey, input, words) => {
		await trigger({ ...through('rest'), input: 'several', ...key('event-1') });
		const before = sandbox.stats().turns;
		const { error } = await trigger({ ...through('rest'), input, ...key(idempotencyKey) });
		expect(error?.message).toContain(words);
		expect(sandbox.stats().turns).toBe(before);
	});
});
