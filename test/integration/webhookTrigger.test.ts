import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';

import { clientFor, closeAllClients, readOutput, unrestrictedEgress } from '../../client';
import { endpointName } from '../../client/cognigyAi/endpointAddress';
import { PostedAnswers } from '../../client/cognigyAi/postedAnswers';
import { edition } from '../../client/edition';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../sandbox';
import { callOptions, triggerInput } from '../support/cognigyAi';
import { differs, itUnless } from '../support/edition';
import { restoreEnvironment, withoutProxies } from '../support/environment';
import { FakeClock } from '../support/fakeClock';
import { until } from '../support/until';
import { allThatShows } from '../support/secrets';
import { call, type CallOptions } from '../unit/sandbox/support';
import { WebhookHost, type HostOptions } from './support/webhookHost';

// A pause after which an answer counts as over, shortened.
jest.mock('../../client/streams/answerStream', () => ({
	...jest.requireActual<object>('../../client/streams/answerStream'),
	ANSWER_PAUSE_MS: 2_000,
}));

const USER = 'cognigy';
const PASSWORD = 'pa:ss wörd-7261';
const SECRET = 'header-secret-9917';
const basicAuth = { user: USER, password: PASSWORD };
const headerAuth = { name: 'X-Cognigy-Secret', value: SECRET };
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const open: Array<{ close: () => Promise<void> }> = [];

beforeEach(withoutProxies);
afterEach(async () => {
	closeAllClients();
	for (const one of open.splice(0).reverse()) await one.close();
	restoreEnvironment();
});

async function sandboxFor(options: CognigyAiSandboxOptions = {}): Promise<CognigyAiSandbox> {
	const sandbox = await startCognigyAiSandbox({ slowMs: 20, ...options });
	open.push(sandbox);
	return sandbox;
}

async function hostFor(options: HostOptions = {}): Promise<WebhookHost> {
	const host = await new WebhookHost(options).listen();
	open.push(host);
	return host;
}

const openHost = (options: IDataObject = {}) => hostFor({ parameters: { incomingAuthentication: 'none', options } });

/** A user says something to a Webhook endpoint of the sandbox. */
async function say(sandbox: CognigyAiSandbox, endpoint: string, text: string, sessionId = 's-1'): Promise<void> {
	const headers = { 'x-webhook-key': 'demo-webhook-key' };
	const body = { userId: 'user-1', sessionId, text };
	expect(await call(sandbox.endpoint(endpoint).url, { body, headers })).toMatchObject({ status: 200 });
}

/** Resolves once so many calls of the sandbox are answered. */
async function calledBack(sandbox: CognigyAiSandbox, count: number): Promise<number[]> {
	const answers = () =>
		sandbox.requests
			.filter(({ via, status }) => via === 'callback' && status !== null)
			.map(({ status }) => Number(status));
	await sandbox.when(() => answers().length >= count);
	return answers();
}

/** n8n starts anew: what its process remembered is gone. */
async function restartN8n(): Promise<void> {
	jest.resetModules();
	// What outlives an update of the package does not outlive n8n.
	for (const key of Object.getOwnPropertySymbols(globalThis)) {
		if (key.description?.startsWith('n8n-nodes-cognigy/')) Reflect.deleteProperty(globalThis, key);
	}
	const client = await import('../../client');
	open.push({ close: async () => await Promise.resolve(client.closeAllClients()) });
}

/** What it fails with. */
async function rejection(call: Promise<unknown>): Promise<Error> {
	const outcome = await call.then(() => undefined).catch((error: unknown) => error);
	if (outcome instanceof Error) return outcome;
	throw new Error('Was to fail, but did not');
}

const post = (text: string, more: object = {}) => ({
	userId: 'user-1',
	sessionId: 's-1',
	AIOutput: { text, data: {}, traceId: 'trace-1', disableSensitiveLogging: false, source: 'bot', ...more },
});

/** What a Socket.IO endpoint with the same flow answers to a text. */
async function saidOverSocket(sandbox: CognigyAiSandbox, text: string, sessionId: string): Promise<IDataObject[]> {
	const { apiUrl: apiBaseUrl, apiKey, projectId } = sandbox;
	const stateFolder = await mkdtemp(join(tmpdir(), 'cognigy-webhook-trigger-'));
	open.push({ close: async () => await rm(stateFolder, { recursive: true, force: true }) });
	const client = clientFor(
		{ type: 'cognigyAiApi', fields: { apiBaseUrl, apiKey, projectId } },
		{ egress: unrestrictedEgress, stateFolder, onWarning: () => {} },
	);
	const reply = { maxWaitSeconds: 5 };
	const endpoint = sandbox.endpoint('Showcase Socket').url;
	const input = triggerInput({ channel: 'socketio', endpoint, text, sessionId, reply });
	const { messages = [] } = await client.triggerFlow(input, callOptions);
	return messages.map((message) => ({ ...message }));
}

/** What a message says, without what differs from turn to turn; its own id stays. */
function contentOf({ messageId, text, type, data }: IDataObject) {
	return { text, type, data, messageId: /^[0-9a-f]{32}$/.test(String(messageId)) ? 'derived' : messageId };
}

const textsOf = (host: WebhookHost) => host.executions.map((items) => items.map(({ json }) => json['text']));

describe('what a Webhook endpoint posts', () => {
	it('starts the workflow with one item for each output, in order, and is answered at once', async () => {
		const host = await openHost();
		const sandbox = await sandboxFor({ webhookUrl: host.productionUrl });
		await say(sandbox, 'Showcase Webhook', 'several');

		expect(await calledBack(sandbox, 3)).toEqual([200, 200, 200]);
		expect(textsOf(host)).toEqual([['One.'], ['Two.'], ['Three.']]);
		const ids = host.executions.flat().map(({ json }) => json['messageId']);
		expect(new Set(ids).size).toBe(3);
		expect(host.executions[0]?.[0]?.json).toEqual({
			messageId: expect.stringMatching(/^[0-9a-f]{32}$/),
			text: 'One.',
			type: 'bot',
			timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
			sessionId: 's-1',
			botId: '',
			flowId: '',
			userId: 'user-1',
			audit: {
				timestamp: expect.any(String),
				operation: 'streamMessages',
				botId: '',
				sessionId: 's-1',
				userId: 'user-1',
				status: 'success',
				latencyMs: expect.any(Number),
				attempts: 1,
			},
		});
		expect(host.log.filter(([level]) => level === 'info')).toHaveLength(3);
		expect(host.log[0]?.[1]).toMatch(/^Cognigy audit \{"timestamp"/);
	});

	it.each([
		...['text', 'quick replies', 'buttons', 'gallery', 'list', 'adaptive card'],
		...['image', 'audio', 'video', 'nested', 'several', 'agent'],
	])('is the same as what comes over a socket: %s', async (text) => {
		const host = await openHost();
		const sandbox = await sandboxFor({ webhookUrl: host.productionUrl });
		const overSocket = await saidOverSocket(sandbox, text, `socket ${text}`);
		await say(sandbox, 'Showcase Webhook', text, `webhook ${text}`);
		await sandbox.when(() => host.executions.length >= overSocket.length);

		const posted = host.executions.flat().map(({ json }) => contentOf(json));
		expect(posted).toEqual(overSocket.map(contentOf));
		for (const { text: words } of posted) expect(words).toEqual(expect.stringMatching(/\w/));
	});

	it("takes the output's own id, and leaves out what says nothing", async () => {
		const host = await openHost();
		const sandbox = await sandboxFor({ webhookUrl: host.productionUrl });
		await say(sandbox, 'Showcase Webhook', 'agent');

		expect(await calledBack(sandbox, 3)).toEqual([200, 200, 200]);
		expect(host.executions.flat().map(({ json }) => [json['messageId'], json['text']])).toEqual([
			['message-1', 'I looked it up.'],
		]);
	});

	it('takes several outputs in one call, and several calls in one', async () => {
		const host = await openHost();
		const outputs = [
			{ text: 'One.', traceId: 't' },
			{ text: 'Again.', traceId: 't' },
			{ text: 'Again.', traceId: 't' },
		];
		const several = { userId: 'user-1', sessionId: 's-1', AIOutput: outputs };
		await call(host.productionUrl, { body: several });
		await call(host.productionUrl, { body: several });
		await call(host.productionUrl, { body: [post('Two.'), { ...post('Three.'), sessionId: 's-2' }] });

		expect(textsOf(host)).toEqual([
			['One.', 'Again.', 'Again.'],
			['Two.', 'Three.'],
		]);
		expect(host.executions[1]?.map(({ json }) => json['sessionId'])).toEqual(['s-1', 's-2']);
	});

	it('lists files, and tells events in fields of their own', async () => {
		const host = await openHost();
		const sandbox = await sandboxFor({ webhookUrl: host.productionUrl });
		await say(sandbox, 'Showcase Webhook', 'queue-position');
		await say(sandbox, 'Showcase Webhook', 'agent-files');
		await calledBack(sandbox, 2);
		expect(host.executions.map(([item]) => item?.json)).toMatchObject([
			{ type: 'bot', text: '', event: { name: 'queueUpdate', position: 3, estimatedWaitMs: 120_000 } },
			{ type: 'agent', attachments: [{ name: 'contract.pdf', size: 4711 }, { name: 'signed.png' }] },
		]);
	});

	it('takes odd data for none: what is said still counts', async () => {
		const host = await openHost();
		await call(host.productionUrl, { body: post('Hello.', { data: 'odd' }) });
		await call(host.productionUrl, { body: post('Hello again.', { data: ['odd'] }) });
		expect(textsOf(host)).toEqual([['Hello.'], ['Hello again.']]);
		expect(host.executions.flat().some(({ json }) => 'data' in json)).toBe(false);
	});

	it('starts a test run as well, whatever production has seen', async () => {
		const host = await openHost();
		await call(host.productionUrl, { body: post('Hello.') });
		await call(host.testUrl, { body: post('Hello.') });
		expect(textsOf(host)).toEqual([['Hello.'], ['Hello.']]);
	});
});

describe('a streamed answer', () => {
	const chunk = (text: string, notes: object = {}, sessionId = 's-1') => ({
		...post(text, { data: { _cognigy: { _messageId: 'm-1', ...notes } } }),
		sessionId,
	});
	const end = (sessionId?: string) => chunk('', { _finishReason: 'stop' }, sessionId);
	const sayAll = async (host: WebhookHost, ...bodies: object[]) => {
		for (const body of bodies) expect(await call(host.productionUrl, { body })).toMatchObject({ status: 200 });
	};
	const executed = async (host: WebhookHost, count = 1) => {
		await until(() => host.executions.length >= count, 15_000);
		return textsOf(host);
	};

	it('is one message: one execution with one item, once its end is posted', async () => {
		const host = await openHost();
		const pieces = ['| ', '2', ' |\n', '| ', '2', ' |\n'];
		await sayAll(host, ...pieces.map((text) => chunk(text)));
		expect(host.executions).toEqual([]);
		await sayAll(host, end());
		expect(textsOf(host)).toEqual([[pieces.join('').trim()]]);
		expect(host.executions[0]?.[0]?.json).toMatchObject({ messageId: 'm-1', sessionId: 's-1', userId: 'user-1' });
	});

	it('is put out with what comes next, ahead of it, or when another answer begins', async () => {
		const host = await openHost();
		await sayAll(host, chunk('One '), chunk('answer'), post('By the way.'));
		expect(textsOf(host)).toEqual([['One answer', 'By the way.']]);
		await sayAll(host, chunk('Other ', { _messageId: 'm-2' }), chunk('answer', { _messageId: 'm-2' }));
		await sayAll(host, chunk('Third.', { _messageId: 'm-3' }));
		expect((await executed(host, 2))[1]).toEqual(['Other answer']);
	});

	it('is put out as it is after a pause', async () => {
		const host = await openHost();
		await sayAll(host, chunk('No '), chunk('end'));
		expect(await executed(host)).toEqual([['No end']]);
	}, 20_000);

	it('that ends with a pause is kept when n8n cannot start the workflow, and put out later', async () => {
		const host = await openHost();
		host.failsToStart = true;
		await sayAll(host, chunk('Not '), chunk('lost.'));
		await until(() => host.failedStarts === 1);
		host.failsToStart = false;
		expect(await executed(host)).toEqual([['Not lost.']]);
	}, 30_000);

	it('of one session does not mix with that of another', async () => {
		const host = await openHost();
		await sayAll(host, chunk('A ', {}, 'a'), chunk('B ', {}, 'b'), chunk('1', {}, 'a'), chunk('2', {}, 'b'));
		await sayAll(host, end('b'), end('a'));
		expect(textsOf(host)).toEqual([['B 2'], ['A 1']]);
	});

	it('that comes again as a whole starts nothing', async () => {
		const host = await openHost();
		const answer = [chunk('Only '), chunk('once.'), end()];
		await sayAll(host, ...answer, ...answer);
		expect(textsOf(host)).toEqual([['Only once.']]);
	});

	it('is kept when n8n cannot start the workflow, and put out later', async () => {
		const host = await openHost();
		await sayAll(host, chunk('Not '), chunk('lost.'));
		host.failsToStart = true;
		expect(await call(host.productionUrl, { body: end() })).toMatchObject({ status: 500 });
		host.failsToStart = false;
		expect(await call(host.productionUrl, { body: end() })).toMatchObject({ status: 200 });
		expect(textsOf(host).flat()).toEqual(['Not lost.']);
	});

	it('over a crash of n8n: the rest comes to the next process', async () => {
		const nodeId = `crash-${Date.now()}`;
		const options = { parameters: { incomingAuthentication: 'none' }, nodeId };
		const host = await hostFor(options);
		await sayAll(host, chunk('One '), chunk('two '));
		await restartN8n();
		const { WebhookHost: NextHost } = await import('./support/webhookHost');
		const next = await new NextHost(options).listen();
		open.push(next);
		expect(await call(next.productionUrl, { body: chunk('three.') })).toMatchObject({ status: 200 });
		expect(await call(next.productionUrl, { body: end() })).toMatchObject({ status: 200 });
		const text = differs('ends-with-process') ? 'three.' : 'One two three.';
		expect(textsOf(next)).toEqual([[text]]);
	});

	itUnless('ends-with-process')(
		'survives a crash of n8n: what is there is put out although nobody calls any more',
		async () => {
			const nodeId = `crash-alone-${Date.now()}`;
			const folder = join(process.env['N8N_USER_FOLDER'] ?? '', '.n8n');
			const registry = edition.openRegistry({ stateStore: 'local', redisUrl: '' }, folder, () => {});
			// Of a process in which no time passes any more.
			const crashed = new PostedAnswers({ registry, clock: new FakeClock(), onWarning: () => {} });
			const outputs = ['One ', 'two '].map((text) => readOutput(chunk(text).AIOutput));
			await crashed.take(`workflow-1:${nodeId}:webhook`, { userId: 'user-1', sessionId: 's-1', outputs });

			const host = await hostFor({ parameters: { incomingAuthentication: 'none' }, nodeId });
			await host.publish('init');
			expect(await executed(host)).toEqual([['One two']]);
		},
		30_000,
	);

	it('is put out for nobody who only pretends to be n8n itself', async () => {
		const host = await openHost();
		await sayAll(host, chunk('A secret '));
		const headers = { 'x-cognigy-left-over': 'guessed' };
		host.parameters = { ...host.parameters, incomingAuthentication: 'basicAuth' };
		expect(await call(host.productionUrl, { body: {}, headers })).toMatchObject({ status: 500 });
	});

	it('in a test is one message as well, and leaves nothing to the next test', async () => {
		const host = await openHost();
		await host.startTest();
		for (const body of [chunk('In '), chunk('a test.'), end()]) await call(host.testUrl, { body });
		expect(textsOf(host)).toEqual([['In a test.']]);
	});
});

describe('a call that comes again', () => {
	it('starts nothing, and is answered as well', async () => {
		const host = await openHost();
		const sandbox = await sandboxFor({ webhookUrl: host.productionUrl });
		sandbox.faults.inject({ operation: 'callback', kind: 'twice' });
		await say(sandbox, 'Orders Webhook', 'Where is A-1?');
		await sandbox.when(
			() => sandbox.requests.at(-1)?.via === 'callback' && sandbox.requests.at(-1)?.durationMs !== null,
		);

		expect(sandbox.session('s-1')?.conversation[1]?.delivery).toEqual({ sent: 2, state: 'delivered' });
		expect(host.executions).toHaveLength(1);
	});

	it('may be let through', async () => {
		const host = await openHost({ dropDuplicatesMinutes: 0 });
		await call(host.productionUrl, { body: post('Hello.') });
		await call(host.productionUrl, { body: post('Hello.') });
		expect(host.executions).toHaveLength(2);
		const [first, second] = host.executions.flat();
		expect(first?.json['messageId']).toBe(second?.json['messageId']);
	});

	it('is another message in another turn, session or workflow, or when nobody knows its turn', async () => {
		const host = await openHost();
		await call(host.productionUrl, { body: post('Hello.') });
		await call(host.productionUrl, { body: post('Hello.', { traceId: 'trace-2' }) });
		await call(host.productionUrl, { body: { ...post('Hello.'), sessionId: 's-2' } });
		await call(host.productionUrl, { body: post('Hello.', { traceId: undefined }) });
		await call(host.productionUrl, { body: post('Hello.', { traceId: undefined }) });
		expect(host.executions).toHaveLength(5);
		const other = await openHost();
		await call(other.productionUrl, { body: post('Hello.') });
		expect(other.executions).toHaveLength(1);
	});

	it('is another message when it says something else under the same id', async () => {
		const host = await openHost();
		const data = { _messageId: 'm-1' };
		for (const text of ['One.', 'Two.', 'One.', 'Two.']) await call(host.productionUrl, { body: post(text, { data }) });
		expect(host.executions.flat().map(({ json }) => json['messageId'])).toEqual([
			'm-1',
			expect.stringMatching(/^m-1-[0-9a-f]{8}$/),
		]);
	});

	it('starts the workflow when n8n could not start it the first time', async () => {
		const host = await openHost();
		host.failsToStart = true;
		expect(await call(host.productionUrl, { body: post('Hello.') })).toMatchObject({ status: 500 });
		host.failsToStart = false;
		expect(await call(host.productionUrl, { body: post('Hello.') })).toMatchObject({ status: 200 });
		expect(host.executions).toHaveLength(1);
	});
});

describe('who calls', () => {
	const userOnly = { parameters: { incomingAuthentication: 'basicAuth' }, credentials: { httpBasicAuth: basicAuth } };
	const headerOnly = {
		parameters: { incomingAuthentication: 'headerAuth' },
		credentials: { httpHeaderAuth: headerAuth },
	};
	const both = {
		parameters: { incomingAuthentication: 'basicAndHeaderAuth' },
		credentials: { httpBasicAuth: basicAuth, httpHeaderAuth: headerAuth },
	};
	const right = { authorization: basic(USER, PASSWORD), 'x-cognigy-secret': SECRET };

	it('is let in with the user and password of the endpoint', async () => {
		const host = await hostFor(userOnly);
		const sandbox = await sandboxFor();
		const settings = { webhookUrl: host.productionUrl, basicAuthUser: USER, basicAuthPassword: PASSWORD };
		sandbox.changeEndpoint('Orders Webhook', settings);
		await say(sandbox, 'Orders Webhook', 'Where is A-1?');
		expect(await calledBack(sandbox, 1)).toEqual([200]);

		sandbox.changeEndpoint('Orders Webhook', { basicAuthPassword: 'another' });
		await say(sandbox, 'Orders Webhook', 'Where is A-2?');
		expect(await calledBack(sandbox, 2)).toEqual([200, 401]);
		expect(host.executions).toHaveLength(1);
	});

	it.each([
		['user and password', userOnly],
		['the secret', headerOnly],
		['both', both],
	])('is let in with %s', async (_what, options) => {
		const host = await hostFor(options);
		expect(await call(host.productionUrl, { body: post('Hello.'), headers: right })).toMatchObject({ status: 200 });
		expect(host.executions).toHaveLength(1);
	});

	it.each<[string, HostOptions, NonNullable<CallOptions['headers']>, number]>([
		['no user', userOnly, {}, 401],
		['a wrong password', userOnly, { authorization: basic(USER, 'pa:ss wörd-7262') }, 401],
		['a part of the password', userOnly, { authorization: basic(USER, 'pa') }, 401],
		['no password', userOnly, { authorization: basic(USER, '') }, 401],
		['a wrong user', userOnly, { authorization: basic('cognigx', PASSWORD) }, 401],
		['another scheme', userOnly, { authorization: `Bearer ${PASSWORD}` }, 401],
		['nonsense', userOnly, { authorization: 'Basic %%%' }, 401],
		['no secret', headerOnly, {}, 403],
		['a wrong secret', headerOnly, { 'x-cognigy-secret': 'header-secret-9918' }, 403],
		['a longer secret', headerOnly, { 'x-cognigy-secret': `${SECRET}1` }, 403],
		['an empty secret', headerOnly, { 'x-cognigy-secret': '' }, 403],
		['the user only', both, { authorization: right.authorization }, 403],
		['the secret only', both, { 'x-cognigy-secret': SECRET }, 401],
	])('with %s is refused, starts nothing, and is logged without a secret', async (_what, options, headers, status) => {
		const host = await hostFor(options);
		const reply = await call(host.productionUrl, { body: post('Hello.'), headers });

		expect(reply.status).toBe(status);
		expect(reply.headers['www-authenticate']).toEqual(status === 401 ? expect.stringMatching(/^Basic /) : undefined);
		expect(host.executions).toEqual([]);
		expect(host.log).toEqual([['warn', expect.stringContaining(`a call was refused, as it`)]]);
		const shown = allThatShows([reply.text, host.log]);
		for (const secret of [PASSWORD, SECRET, 'pa:ss', 'header-secret', ...Object.values(headers).filter(Boolean)]) {
			expect(shown).not.toContain(secret);
		}
	});

	it('is not told what a call should look like before', async () => {
		const host = await hostFor(userOnly);
		expect(await call(host.productionUrl, { body: { some: 'thing' } })).toMatchObject({ status: 401 });
		const headers = { 'content-type': 'text/plain' };
		expect(await call(host.productionUrl, { body: 'Hello.', headers })).toMatchObject({ status: 401 });
	});

	it.each<[string, HostOptions]>([
		['a missing credential', { parameters: { incomingAuthentication: 'basicAuth' } }],
		['nothing chosen', {}],
		['an unknown choice', { parameters: { incomingAuthentication: 'constructor' } }],
		['an empty password', { ...userOnly, credentials: { httpBasicAuth: { user: USER, password: '' } } }],
		['an empty secret', { ...headerOnly, credentials: { httpHeaderAuth: { name: 'x-cognigy-secret', value: '' } } }],
	])('is not let in with %s', async (_what, options) => {
		const host = await hostFor(options);
		const headers = { authorization: basic(USER, ''), 'x-cognigy-secret': '' };
		expect(await call(host.productionUrl, { body: post('Hello.'), headers })).toMatchObject({ status: 500 });
		expect(host.executions).toEqual([]);
	});
});

describe('a body that cannot be used', () => {
	const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

	it.each<[string, CallOptions, number, string]>([
		['too large', { body: post('x'.repeat(2 * 1024 * 1024)) }, 413, 'more than 2097152 bytes'],
		['wrong JSON', { body: '{"userId":' }, 422, 'Failed to parse'],
		['empty', { body: '', method: 'POST' }, 400, 'body is not a JSON object'],
		['text', { body: 'Hello.', headers: { 'content-type': 'text/plain' } }, 415, 'not application/json'],
		[
			'a form',
			{ body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
			415,
			'not application/json',
		],
		['a number', { body: 7 }, 400, 'body is not a JSON object'],
		['null', { body: 'null' }, 400, 'body is not a JSON object'],
		['an empty list', { body: [] }, 400, 'list is empty'],
		['without user', { body: { ...post('Hello.'), userId: undefined } }, 400, 'userId must be text'],
		['with an odd user', { body: { ...post('Hello.'), userId: {} } }, 400, 'userId must be text'],
		['with an empty session', { body: { ...post('Hello.'), sessionId: ' ' } }, 400, 'sessionId must be text'],
		[
			'with a session that lost digits',
			{ body: '{"userId":"u","sessionId":720575940379279361,"AIOutput":{"text":"a"}}' },
			400,
			'sessionId is a number beyond 2^53',
		],
		['without output', { body: { userId: 'u', sessionId: 's' } }, 400, 'AIOutput must be a JSON object'],
		['with a text as output', { body: { ...post(''), AIOutput: 'Hello.' } }, 400, 'AIOutput must be a JSON object'],
		['with an odd text', { body: [post('Hello.'), post('', { text: {} })] }, 400, '[1].AIOutput.text must be text'],
		[
			'with too many outputs',
			{ body: { ...post(''), AIOutput: Array(1001).fill({ text: 'x' }) } },
			413,
			'1000 outputs',
		],
		['with too many posts', { body: Array(1001).fill(post('x')) }, 413, '1000 outputs'],
		[
			'with too many outputs in all its posts',
			{ body: Array(11).fill({ ...post(''), AIOutput: Array(100).fill({ text: 'x' }) }) },
			413,
			'1000 outputs',
		],
		[
			'with an empty list of outputs',
			{ body: [post('Hello.'), { ...post(''), AIOutput: [] }] },
			400,
			'[1].AIOutput must not be an empty list',
		],
		['a list of posts that say nothing', { body: Array(46_000).fill({ AIOutput: [] }) }, 413, '1000 outputs'],
		[
			'nested without end',
			{ body: `{"userId":"u","sessionId":"s","AIOutput":{"text":"x","data":{"x":${deep}}}}` },
			400,
			'AIOutput is nested too deeply',
		],
	])('(%s) is refused in plain words and starts nothing', async (_what, options, status, words) => {
		const host = await openHost();
		const reply = await call(host.productionUrl, options);
		expect(reply).toMatchObject({ status, json: { message: expect.stringContaining(words) } });
		expect(host.executions).toEqual([]);
		if (status !== 422) expect(host.log).toEqual([['warn', expect.stringContaining(words)]]);
	});
});

describe('the webhook URL in Cognigy', () => {
	const OLD = 'https://old.example.com/hook?token=old-1';
	const NAME = 'Orders Webhook';

	async function setup(options: CognigyAiSandboxOptions = {}, fields: IDataObject = {}, parameters: IDataObject = {}) {
		const sandbox = await sandboxFor({ webhookUrl: OLD, ...options });
		const { apiUrl, apiKey, projectId } = sandbox;
		const credential = { apiBaseUrl: apiUrl, apiKey, projectId, ...fields } as Record<string, string>;
		const hostOptions = {
			parameters: {
				incomingAuthentication: 'none',
				setWebhookUrl: true,
				endpoint: { __rl: true, mode: 'id', value: sandbox.endpoint(NAME).id },
				...parameters,
			},
			credentials: {
				httpBasicAuth: basicAuth,
				cognigyAiApi: credential,
			},
		};
		const host = await hostFor(hostOptions);
		return { sandbox, host, hostOptions, credential, urlNow: () => sandbox.endpoint(NAME).webhookUrl };
	}

	const readFails = (sandbox: CognigyAiSandbox, status: number) =>
		sandbox.faults.inject({ operation: 'readEndpoint', kind: 'status', status });

	it('is ours while the workflow is published, and the old one afterwards', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.publish();
		expect(urlNow()).toBe(host.productionUrl);

		await say(sandbox, NAME, 'Where is A-1?');
		expect(await calledBack(sandbox, 1)).toEqual([200]);
		expect(host.executions).toHaveLength(1);

		await host.unpublish();
		expect(urlNow()).toBe(OLD);
		expect(host.staticData).toEqual({ 'node:Cognigy': {} });
	});

	it('tells messages their project and endpoint, published and in a test, without a look at the credential', async () => {
		const { sandbox, host } = await setup();
		const source = { botId: sandbox.projectId, flowId: endpointName(sandbox.endpoint(NAME).urlToken) };
		await host.publish();
		await host.startTest();
		host.credentialReads.length = 0;
		await call(host.productionUrl, { body: post('Hello.') });
		await call(host.testUrl, { body: post('Hello.') });

		expect(host.executions.flat().map(({ json }) => json)).toEqual([
			expect.objectContaining({ ...source, audit: expect.objectContaining(source) }),
			expect.objectContaining({ ...source, audit: expect.objectContaining(source) }),
		]);
		expect(host.credentialReads).toEqual([]);
	});

	it('tells messages of the project that the credential says by now', async () => {
		const { host, credential } = await setup();
		await host.publish();
		credential['projectId'] = 'another-project';
		await host.publish('init');
		await call(host.productionUrl, { body: post('Hello.') });
		expect(host.executions[0]?.[0]?.json).toMatchObject({ botId: 'another-project' });
	});

	it.each(['https://api-trial.cognigy.ai', 'https://10.0.0.7/api'])(
		'is refused while n8n calls itself localhost and Cognigy (%s) is elsewhere, naming WEBHOOK_URL',
		async (apiBaseUrl) => {
			const { sandbox, host, urlNow } = await setup({}, { apiBaseUrl });
			for (const begin of [() => host.publish(), () => host.startTest()]) {
				const error = await rejection(begin());
				expect(error).toMatchObject({ name: 'NodeOperationError' });
				expect(error.message).toMatch(
					/^Set Webhook URL in Cognigy cannot work: n8n calls its own address http:\/\/127\.0\.0\.1:\d+,/,
				);
				expect(error).toMatchObject({ description: expect.stringContaining('WEBHOOK_URL') });
			}
			await host.publish('init');
			expect(host.log).toContainEqual(['warn', expect.stringContaining('WEBHOOK_URL')]);
			expect(urlNow()).toBe(OLD);
			expect(sandbox.requests).toEqual([]);
		},
	);

	it('is not touched unless that is asked for', async () => {
		const { sandbox, host } = await setup({}, {}, { setWebhookUrl: false });
		await host.publish();
		await host.unpublish();
		expect(sandbox.requests).toEqual([]);
	});

	it.each(['merge', 'replace'] as const)(
		'changes nothing else of the endpoint (settings: %s)',
		async (settingsPatch) => {
			const { sandbox, host } = await setup({ settingsPatch });
			sandbox.changeEndpoint(NAME, { basicAuthUser: USER, basicAuthPassword: PASSWORD });
			await host.publish();
			await host.unpublish();
			sandbox.changeEndpoint(NAME, { webhookUrl: host.productionUrl });
			host.parameters = { incomingAuthentication: 'basicAuth' };
			await say(sandbox, NAME, 'Where is A-1?');
			expect(await calledBack(sandbox, 1)).toEqual([200]);
		},
	);

	it('stays as it is when somebody set another one in the meantime', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.publish();
		sandbox.changeEndpoint(NAME, { webhookUrl: 'https://new.example.com/' });
		await host.unpublish();
		expect(urlNow()).toBe('https://new.example.com/');
	});

	it('is set once: restarts of n8n change nothing, and forget nothing', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.publish();
		await host.publish('init');
		await host.publish('update');
		expect(sandbox.requests.filter(({ operation }) => operation === 'updateEndpoint')).toHaveLength(1);
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('stays published when n8n starts before Cognigy can be reached', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.publish();
		sandbox.faults.inject({ operation: 'readEndpoint', kind: 'status', status: 503, times: 3 });
		await host.publish('init');
		expect(host.log).toEqual([['warn', expect.stringContaining('may not be set')]]);
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it.each<[string, (sandbox: CognigyAiSandbox, host: WebhookHost, credential: Record<string, string>) => unknown]>([
		['an expired key', (sandbox) => sandbox.setKeyState('demo', 'expired')],
		['no licence', (sandbox) => readFails(sandbox, 402)],
		['a key without rights', (sandbox) => readFails(sandbox, 403)],
		['an endpoint that is not found', (sandbox) => readFails(sandbox, 404)],
		['an incomplete credential', (_sandbox, _host, credential) => (credential['apiKey'] = '')],
		['an endpoint without user', (_sandbox, host) => (host.parameters['incomingAuthentication'] = 'basicAuth')],
	])('stays published when n8n starts with %s, as taking calls needs no Cognigy', async (_what, spoil) => {
		const { sandbox, host, credential, urlNow } = await setup();
		await host.publish();
		const saved = { parameters: { ...host.parameters }, credential: { ...credential } };
		await restartN8n();
		spoil(sandbox, host, credential);
		await host.publish('init');
		expect(host.log).toEqual([['warn', expect.stringContaining('goes on taking calls')]]);

		host.parameters = saved.parameters;
		Object.assign(credential, saved.credential);
		sandbox.setKeyState('demo', 'valid');
		sandbox.faults.clear();
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('stays published when n8n starts, its base URL is another one, and that cannot be set', async () => {
		const { sandbox, host } = await setup();
		const n8n = await hostFor();
		await host.publish();
		await restartN8n();
		host.besides(n8n);
		sandbox.setKeyState('demo', 'expired');
		await host.publish('init');
		expect(host.log).toEqual([['warn', expect.stringContaining('goes on taking calls')]]);
	});

	it('is set again when n8n starts and its base URL is another one', async () => {
		const { host, urlNow } = await setup();
		const n8n = await hostFor();
		await host.publish();
		await restartN8n();
		host.besides(n8n);
		await host.publish('init');
		expect(urlNow()).toBe(host.productionUrl);
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('stays as somebody set it when n8n starts', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.publish();
		sandbox.changeEndpoint(NAME, { webhookUrl: 'https://new.example.com/' });
		await restartN8n();
		await host.publish('init');
		expect(urlNow()).toBe('https://new.example.com/');
		expect(host.log).toEqual([['warn', expect.stringContaining('has another webhook URL by now')]]);
		await host.unpublish();
		expect(urlNow()).toBe('https://new.example.com/');
	});

	it('is set again when n8n starts after a test that did not end', async () => {
		const { host, urlNow } = await setup();
		await host.publish();
		await host.startTest();
		await restartN8n();
		await host.publish('init');
		expect(urlNow()).toBe(host.productionUrl);
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('is left to the workflow of this n8n that has it, by others that are published or tested', async () => {
		const { sandbox, host, hostOptions, urlNow } = await setup();
		const other = new WebhookHost(hostOptions).besides(host);
		await host.publish();
		for (const start of [async () => await other.publish(), async () => await other.startTest()]) {
			const error = await rejection(start());
			expect(error).toMatchObject({
				message: `Endpoint "${NAME}" already calls another Cognigy Webhook Trigger of this n8n`,
				description: expect.stringContaining('Unpublish that workflow'),
			});
			expect(urlNow()).toBe(host.productionUrl);
		}
		await restartN8n();
		await other.publish('init');
		expect(other.log).toEqual([['warn', expect.stringContaining('already calls another')]]);
		await other.unpublish();
		expect(urlNow()).toBe(host.productionUrl);
		await host.unpublish();
		expect(urlNow()).toBe(OLD);

		await other.publish();
		expect(urlNow()).toBe(other.productionUrl);
		await other.unpublish();
		expect(urlNow()).toBe(OLD);
		expect(sandbox.requests.filter(({ operation }) => operation === 'updateEndpoint')).toHaveLength(4);
	});

	it('may take the place of another webhook of this n8n, which comes back afterwards', async () => {
		const { sandbox, host, urlNow } = await setup();
		const plain = new URL('/webhook/crm', host.productionUrl).href;
		sandbox.changeEndpoint(NAME, { webhookUrl: plain });
		await host.publish();
		expect(urlNow()).toBe(host.productionUrl);
		await host.unpublish();
		expect(urlNow()).toBe(plain);
	});

	it.each(['activate', 'init'] as const)(
		'is put back when another node of the workflow cannot be published (%s)',
		async (activation) => {
			const { host, urlNow } = await setup();
			const fails = async () => await Promise.reject(new Error('Another node failed'));
			await expect(host.publish(activation, fails)).rejects.toThrow('Another node failed');
			expect(urlNow()).toBe(OLD);
			await host.publish(activation);
			expect(urlNow()).toBe(host.productionUrl);
			await host.unpublish();
			expect(urlNow()).toBe(OLD);
		},
	);

	it('is set again when n8n tries once more to start a workflow of which another node failed', async () => {
		const { host, urlNow } = await setup();
		await host.publish();
		const asLoaded = structuredClone(host.staticData);
		await restartN8n();
		const fails = async () => await Promise.reject(new Error('Another node failed'));
		await expect(host.publish('init', fails)).rejects.toThrow('Another node failed');
		expect(urlNow()).toBe(OLD);
		host.staticData = asLoaded;
		await host.publish('init');
		expect(urlNow()).toBe(host.productionUrl);
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('is not replaced by the bullets under which Cognigy.AI hides it', async () => {
		const { host, urlNow, sandbox } = await setup({ hiddenSettings: ['webhookUrl'] });
		await host.publish();
		expect(urlNow()).toBe(host.productionUrl);
		await restartN8n();
		await host.publish('init');
		await host.unpublish();
		expect(urlNow()).toBe(host.productionUrl);
		expect(host.log).toEqual([['warn', expect.stringContaining('it is not known')]]);
		for (const { body } of sandbox.requests) expect(JSON.stringify(body ?? null)).not.toContain('•');
	});

	it('is not replaced by nothing where a crash made the old one unknown', async () => {
		const { host, urlNow } = await setup();
		await host.publish();
		host.staticData = {};
		await restartN8n();
		await host.publish('init');
		await host.publish('init');
		expect(host.log).toEqual([]);
		await host.unpublish();
		expect(urlNow()).toBe(host.productionUrl);
		expect(host.log).toEqual([['warn', expect.stringContaining('it is not known')]]);
	});

	it('moves to another endpoint', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.publish();
		const other = sandbox.endpoint('Showcase Webhook');
		host.parameters = { ...host.parameters, endpoint: { __rl: true, mode: 'list', value: other.id } };
		await host.publish('update');
		expect(urlNow()).toBe(OLD);
		expect(sandbox.endpoint('Showcase Webhook').webhookUrl).toBe(host.productionUrl);
		await host.unpublish();
		expect(sandbox.endpoint('Showcase Webhook').webhookUrl).toBe(OLD);
	});

	it('is put back later into an endpoint that the workflow left', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.publish();
		const first = host.parameters;
		const showcase = () => sandbox.endpoint('Showcase Webhook');
		readFails(sandbox, 403);
		host.parameters = { ...first, endpoint: { __rl: true, mode: 'list', value: showcase().id } };
		await host.publish('update');
		expect([urlNow(), showcase().webhookUrl]).toEqual([host.productionUrl, host.productionUrl]);
		expect(host.log).toEqual([['warn', expect.stringContaining('could not be put back')]]);
		await call(host.productionUrl, { body: post('Hello.') });
		expect(host.executions[0]?.[0]?.json).toMatchObject({ flowId: endpointName(showcase().urlToken) });

		await restartN8n();
		await host.publish('init');
		expect([urlNow(), showcase().webhookUrl]).toEqual([OLD, host.productionUrl]);
		await host.unpublish();
		expect([urlNow(), showcase().webhookUrl]).toEqual([OLD, OLD]);
		expect(host.staticData).toEqual({ 'node:Cognigy': {} });
		expect(allThatShows(host.log)).not.toContain('old-1');
	});

	it('is set and put back in spite of passing faults', async () => {
		const { sandbox, host, urlNow } = await setup();
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'status', status: 503 });
		sandbox.faults.inject({ operation: 'readEndpoint', kind: 'dropBefore' });
		await host.publish();
		expect(urlNow()).toBe(host.productionUrl);
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'htmlError' });
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('is put back later when that was not possible at once', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.publish();
		sandbox.setKeyState('demo', 'expired');
		await host.unpublish();
		expect(urlNow()).toBe(host.productionUrl);
		expect(host.log).toEqual([['warn', expect.stringContaining('could not be put back')]]);
		expect(allThatShows(host.log)).not.toContain('old-1');

		sandbox.setKeyState('demo', 'valid');
		await host.publish();
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('is forgotten with an endpoint that is gone, with a warning', async () => {
		const { sandbox, host } = await setup();
		await host.publish();
		sandbox.faults.inject({ operation: 'readEndpoint', kind: 'status', status: 404 });
		await host.unpublish();
		expect(host.log).toEqual([['warn', expect.stringMatching(/could not be put back into endpoint .* is forgotten/)]]);
		expect(allThatShows(host.log)).not.toContain('old-1');
		expect(host.staticData).toEqual({ 'node:Cognigy': {} });
	});

	it('is that of the test during a test, published or not', async () => {
		const { sandbox, host, urlNow } = await setup();
		await host.startTest();
		expect(urlNow()).toBe(host.testUrl);
		await say(sandbox, NAME, 'Where is A-1?');
		expect(await calledBack(sandbox, 1)).toEqual([200]);
		await host.endTest();
		expect(urlNow()).toBe(OLD);

		await host.publish();
		await host.startTest();
		expect(urlNow()).toBe(host.testUrl);
		await host.endTest();
		expect(urlNow()).toBe(host.productionUrl);
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('ends as the old one when the workflow is unpublished during a test', async () => {
		const { host, urlNow } = await setup();
		await host.publish();
		await host.startTest();
		await host.unpublish();
		expect(urlNow()).toBe(host.testUrl);
		await host.endTest();
		expect(urlNow()).toBe(OLD);
	});

	it('ends as the old one when the workflow is published during a test', async () => {
		const { host, urlNow } = await setup();
		await host.startTest();
		await host.publish();
		await host.endTest();
		expect(urlNow()).toBe(host.productionUrl);
		await host.unpublish();
		expect(urlNow()).toBe(OLD);
	});

	it('does not put back the test URL that a crash left there', async () => {
		const { sandbox, host, urlNow } = await setup();
		sandbox.changeEndpoint(NAME, { webhookUrl: host.testUrl });
		await host.publish();
		await host.unpublish();
		expect(urlNow()).toBe(host.productionUrl);
		expect(host.log).toEqual([['warn', expect.stringContaining('it is not known')]]);
	});

	it.each<[string, CognigyAiSandboxOptions, IDataObject, IDataObject, RegExp]>([
		['a wrong key', {}, { apiKey: 'wrong-key-51234' }, {}, /did not accept the API key \(401\)/],
		[
			'an unknown endpoint',
			{},
			{},
			{ endpoint: { __rl: true, mode: 'id', value: 'f'.repeat(24) } },
			/no endpoint "f+" \(404\)/,
		],
		['no endpoint', {}, {}, { endpoint: { __rl: true, mode: 'list', value: '' } }, /^Endpoint is empty/],
		[
			'a path as endpoint',
			{},
			{},
			{ endpoint: { __rl: true, mode: 'id', value: '../users/me' } },
			/^Endpoint is not the ID/,
		],
		['plain http', {}, { apiBaseUrl: 'http://192.0.2.1' }, {}, /API Base URL in the credential must begin with https/],
		['nobody there', {}, { apiBaseUrl: 'http://127.0.0.1:2' }, {}, /nothing accepts connections/],
		[
			'no user in the endpoint',
			{},
			{},
			{ incomingAuthentication: 'basicAuth' },
			/^Endpoint "Orders Webhook" has no user/,
		],
	])('with %s is not set, and the reason told in plain words', async (_what, options, fields, parameters, words) => {
		const { sandbox, host, urlNow } = await setup(options, fields, parameters);
		const error = await rejection(host.publish());
		expect(error).toMatchObject({ message: expect.stringMatching(words), description: expect.stringMatching(/\w/) });
		expect(urlNow()).toBe(OLD);
		const shown = allThatShows([error, host.log]);
		for (const secret of [sandbox.apiKey, 'wrong-key-51234']) expect(shown).not.toContain(secret);
	});

	it('is not set in an endpoint of another kind', async () => {
		const { sandbox, host } = await setup();
		host.parameters = {
			...host.parameters,
			endpoint: { __rl: true, mode: 'id', value: sandbox.endpoint('Orders REST').id },
		};
		await expect(host.publish()).rejects.toThrow('"Orders REST" is a REST endpoint, not a Webhook endpoint');
	});

	it('is set in an endpoint that is switched off, with a warning', async () => {
		const { sandbox, host, urlNow } = await setup();
		sandbox.changeEndpoint(NAME, { active: false });
		await host.publish();
		expect(urlNow()).toBe(host.productionUrl);
		expect(host.log).toEqual([['warn', expect.stringContaining('is not active')]]);
	});

	it.each([400, 503])('shows in no error and no log when the service repeats it (%i)', async (status) => {
		const { sandbox, host, urlNow } = await setup();
		sandbox.changeEndpoint(NAME, { basicAuthUser: USER, basicAuthPassword: PASSWORD });
		const detail = `No: ${OLD} ${PASSWORD} ${sandbox.apiKey}`;
		const fault = { operation: 'updateEndpoint', kind: 'status', status, body: { detail } } as const;
		sandbox.faults.inject({ ...fault, times: 3 });
		const error = await rejection(host.publish());
		sandbox.faults.clear();
		await host.publish();
		sandbox.faults.inject({ ...fault, times: 3 });
		await host.unpublish();

		expect(urlNow()).toBe(host.productionUrl);
		expect(error.message).toContain(`Setting the webhook URL of endpoint "${NAME}" failed`);
		expect(host.log).toEqual([['warn', expect.stringContaining('could not be put back')]]);
		const shown = allThatShows([error, host.log]);
		for (const secret of ['old-1', PASSWORD, sandbox.apiKey]) expect(shown).not.toContain(secret);
	});

	it('is told that it was not taken', async () => {
		const { sandbox, host } = await setup();
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'status', status: 200, body: {} });
		const error = await rejection(host.publish());
		expect(error.message).toMatch(/did not change it/);
	});

	it.each<[string, CognigyAiSandboxOptions]>([
		['beyond the first page', { fillers: 130 }],
		['on several pages', { maxPageSize: 4 }],
	])('is looked for among the Webhook endpoints of the project, %s', async (_what, options) => {
		const { sandbox, host } = await setup(options);
		expect((await host.searchEndpoints()).results.map(({ name }) => name)).toEqual([
			'Orders Webhook',
			'Showcase Webhook',
			'Retired Webhook',
		]);
		expect((await host.searchEndpoints('orders')).results).toEqual([
			{ name: 'Orders Webhook', value: sandbox.endpoint(NAME).id },
		]);
	});
});
