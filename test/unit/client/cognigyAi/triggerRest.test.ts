import { inspect } from 'node:util';

import type { CognigyAiTriggerFlowInput } from '../../../../client/cognigyAi/inputs';
import { callOptions, cognigyAiSetup, triggerInput } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { closeServers, httpServer } from '../../../support/servers';
import { until } from '../../../support/until';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);
afterEach(closeServers);

const token = 'beef'.repeat(16);

/** A REST endpoint that answers what a test says. */
async function endpointThat(status: number, body: string, headers: Record<string, string> = {}) {
	const server = await httpServer((response) => response.writeHead(status, headers).end(body));
	return { server, endpoint: `${server.url}/${token}` };
}

describe('a REST endpoint', () => {
	it('answers with what the bot said', async () => {
		const { sandbox, client, transport } = await cognigyAiSetup();
		const { url } = sandbox.endpoint('Showcase REST');
		const input = triggerInput({ endpoint: url, text: 'several', data: { k: 1 } });
		const { audit, messages = [], reply, session, ...result } = await client.triggerFlow(input, callOptions);

		expect(messages.map(({ text, type }) => [text, type])).toEqual([
			['One.', 'bot'],
			['Two.', 'bot'],
			['Three.', 'bot'],
		]);
		expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(3);
		expect(reply).toBe('One.\nTwo.\nThree.');
		expect(result).toEqual({
			sessionId: 'session-1',
			status: 'COMPLETED',
			botId: sandbox.projectId,
			flowId: expect.stringMatching(/^endpoint-[0-9a-f]{12}$/) as string,
			userId: 'user-1',
		});
		expect(session).toMatchObject({ id: 'session-1', ttlSeconds: 1800 });
		expect(audit).toMatchObject({ status: 'success', attempts: 1, httpStatus: 200, sessionId: 'session-1' });
		expect(transport.requests.map(({ body = '' }) => JSON.parse(body) as unknown)).toEqual([
			{ userId: 'user-1', sessionId: 'session-1', text: 'several', data: { k: 1 } },
		]);
		expect(transport.requests[0]?.headers).not.toHaveProperty('X-API-Key');
	});

	it('makes a session id, and sends data alone', async () => {
		const { sandbox, client } = await cognigyAiSetup();
		const { url } = sandbox.endpoint('Orders REST');
		const input = triggerInput({ endpoint: url, sessionId: '', text: '', data: { orderId: 'A-1001' } });
		const { sessionId, reply } = await client.triggerFlow(input, callOptions);
		expect(sessionId).toMatch(/^[0-9a-f]{8}-/);
		expect(reply).toContain('A-1001');
		expect(sandbox.session(sessionId)?.userId).toBe('user-1');
	});

	it('keeps rich outputs in data and sums them up; leaves out what says nothing', async () => {
		const { sandbox, client } = await cognigyAiSetup();
		const { url: endpoint } = sandbox.endpoint('Showcase REST');
		const say = async (text: string) => await client.triggerFlow(triggerInput({ endpoint, text }), callOptions);
		const { messages = [], reply } = await say('quick replies');
		expect(reply).toBe('Which colour do you like?\n[Red] [Blue]');
		expect(messages[0]?.data).toHaveProperty('_cognigy._default._quickReplies');
		expect((await say('nested')).reply).toBe(reply);
		expect((await say('agent')).messages).toEqual([
			expect.objectContaining({ text: 'I looked it up.', messageId: 'message-1' }),
		]);
		expect(await say('silent')).toMatchObject({ messages: [], reply: '' });
	});

	it('marks tests as such', async () => {
		const { sandbox, client } = await cognigyAiSetup();
		const { url } = sandbox.endpoint('Orders REST');
		await client.triggerFlow(triggerInput({ endpoint: url, testMode: true }), callOptions);
		await client.triggerFlow(triggerInput({ endpoint: url.replace(/\/([^/]+)$/, '/test/$1') }), callOptions);
		await client.triggerFlow(triggerInput({ endpoint: url }), callOptions);
		expect(sandbox.requests.map(({ path }) => path)).toEqual(['/test/{URLToken}', '/test/{URLToken}', '/{URLToken}']);
	});

	it('is liberal about answers: the top level alone, missing and odd fields', async () => {
		const { client } = await cognigyAiSetup();
		const replyTo = async (body: string) => {
			const { endpoint } = await endpointThat(200, body);
			return (await client.triggerFlow(triggerInput({ endpoint }), callOptions)).reply;
		};
		expect(await replyTo('{"text":"Hi","data":null}')).toBe('Hi');
		expect(await replyTo('{"text":"a b","outputStack":[{"text":"a"},{"text":"b","data":7,"source":null},{}]}')).toBe(
			'a\nb',
		);
		expect(await replyTo('{"outputStack":null,"text":"Hi"}')).toBe('Hi');
		expect(await replyTo('{"outputStack":[{"text":"a"},null,"b",7,["c"],{"text":"d"}]}')).toBe('a\nd');
		for (const nothing of ['{"text":null}', '{"data":{}}', '{"outputStack":[]}']) {
			expect(await replyTo(nothing)).toBe('');
		}
	});

	it('checks first what is deployed, if asked to', async () => {
		const { sandbox, client, transport } = await cognigyAiSetup();
		const { url } = sandbox.endpoint('Showcase REST');
		const input = triggerInput({ endpoint: url, text: 'version', deployment: { kind: 'snapshot', name: 'v1.1' } });
		const { reply, audit } = await client.triggerFlow(input, callOptions);
		expect(reply).toBe('This is v1.1.');
		expect(audit.attempts).toBe(1);

		transport.requests.length = 0;
		const error = await cognigyErrorOf(client.triggerFlow({ ...input, deployment: { kind: 'live' } }, callOptions));
		expect(error.category).toBe('notPublished');
		expect(transport.requests.every(({ method }) => method === 'GET')).toBe(true);
	});
});

describe('a start that may have run is not sent again (guarantee 1)', () => {
	it.each([
		[500, '{"error":"boom"}', 'server'],
		[200, '{"text":"Hi","outputSt', 'protocol'],
		[400, '{"message":"No such order"}', 'invalidInput'],
	])('after %i %s', async (status, body, category) => {
		const registry = new MemoryRegistry();
		const { client } = await cognigyAiSetup({ dependencies: { registry } });
		const { server, endpoint } = await endpointThat(status, body);
		const error = await cognigyErrorOf(client.triggerFlow(triggerInput({ endpoint }), callOptions));
		expect(error).toMatchObject({ category, mayHaveRun: true });
		expect(error.message).toContain('The flow may have run, with session "session-1"');
		expect(server.requests).toHaveLength(1);
		expect(registry.count('confirm')).toBe(1);
	});
});

describe('a start that certainly did not run', () => {
	it.each([
		[400, '', 'invalidInput'],
		[404, `No: ${token}`, 'notFound'],
	])('is final after %i %s, and is not recorded', async (status, body, category) => {
		const registry = new MemoryRegistry();
		const { client } = await cognigyAiSetup({ dependencies: { registry } });
		const { server, endpoint } = await endpointThat(status, body, { Location: '/' });
		const error = await cognigyErrorOf(client.triggerFlow(triggerInput({ endpoint }), callOptions));
		expect(error).toMatchObject({ category, mayHaveRun: false });
		expect(server.requests).toHaveLength(1);
		expect(registry.count('forget')).toBe(1);
		expect(registry.count('confirm')).toBe(0);
	});

	it('tells of an endpoint that is not active', async () => {
		const { sandbox, client } = await cognigyAiSetup();
		const error = await cognigyErrorOf(
			client.triggerFlow(triggerInput({ endpoint: sandbox.endpoint('Retired REST').url }), callOptions),
		);
		expect(error.mayHaveRun).toBe(false);
		expect(error.advice).toContain('enabled');
	});
});

it('records the session under the name of its endpoint', async () => {
	const registry = new MemoryRegistry();
	const record = jest.spyOn(registry, 'record');
	const { sandbox, client } = await cognigyAiSetup({ dependencies: { registry } });
	const { flowId } = await client.triggerFlow(
		triggerInput({ endpoint: sandbox.endpoint('Orders REST').url, data: { k: 1 } }),
		callOptions,
	);
	expect(record).toHaveBeenCalledWith(
		expect.objectContaining({
			botId: sandbox.projectId,
			flowId,
			sessionId: 'session-1',
			userId: 'user-1',
			context: { k: 1 },
		}),
	);
	expect(registry.count('confirm')).toBe(1);
});

it('shows no token, webhook key or API key, whatever the service says (guarantee 6)', async () => {
	const { sandbox, client } = await cognigyAiSetup();
	const webhookKey = 'webhook-key-1234';
	const secrets = [token, webhookKey, sandbox.apiKey];
	for (const body of [JSON.stringify({ error: secrets.join(' ') }), secrets.join(' ')]) {
		const { endpoint } = await endpointThat(500, body);
		const input = triggerInput({ endpoint, channel: 'webhook', webhookKey });
		const error = await cognigyErrorOf(client.triggerFlow(input, { ...callOptions, auditInput: 'full' }));
		const shown = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + String(error.stack);
		for (const secret of secrets) expect(shown).not.toContain(secret);
	}
	expect(inspect(client, { depth: 3 })).not.toContain(sandbox.apiKey);
});

it('shows no token as it stands in the URL either (guarantee 6)', async () => {
	const { client } = await cognigyAiSetup();
	const inUrl = encodeURIComponent('a token/with=signs');
	const server = await httpServer((response, { path }) => void response.writeHead(500).end(`Failed: ${path}`));
	const error = await cognigyErrorOf(
		client.triggerFlow(triggerInput({ endpoint: `${server.url}/${inUrl}` }), callOptions),
	);
	expect(error.message).toContain('Failed: /***');
	expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(inUrl);
});

describe('bad input is refused before anything is sent (guarantee 9)', () => {
	const endpoint = `https://endpoint-trial.cognigy.ai/${token}`;

	it.each<[string, Partial<CognigyAiTriggerFlowInput>, string]>([
		['no endpoint', {}, 'endpoint'],
		['no address', { endpoint: 'nonsense' }, 'endpoint'],
		['neither text nor data', { endpoint, text: ' ' }, 'text'],
		['no user', { endpoint, userId: '' }, 'userId'],
		['an odd channel', { endpoint, channel: 'mail' as 'rest' }, 'channel'],
		['data that is no object', { endpoint, data: [] as unknown as Record<string, unknown> }, 'data'],
		['a key with a line break', { endpoint, webhookKey: 'a\r\nb' }, 'webhookKey'],
		['a circle', { endpoint, data: circle() }, 'data'],
		['more than 60 kB', { endpoint, data: { long: 'x'.repeat(60_000) } }, 'data'],
		['more than 60 kB of UTF-8', { endpoint, data: { long: 'ü'.repeat(30_000) } }, 'data'],
		['a text of more than 10,000 characters', { endpoint, text: 'x'.repeat(10_001) }, 'text'],
		['a text of more than 10,000 emojis', { endpoint, text: '😀'.repeat(10_001) }, 'text'],
		['a user ID of more than 256 characters', { endpoint, userId: 'ü'.repeat(257) }, 'userId'],
		['a session ID of more than 256 characters', { endpoint, sessionId: 's'.repeat(257) }, 'sessionId'],
	])('%s', async (_what, changes, parameter) => {
		const { client, transport } = await cognigyAiSetup();
		const input = triggerInput(changes);
		const error = await cognigyErrorOf(client.triggerFlow(input, callOptions));
		expect(error).toMatchObject({ category: 'invalidInput', parameter });
		expect(error.message).not.toContain(token);
		expect(() => client.check('triggerFlow', input, callOptions)).toThrow(error.message);
		expect(transport.requests).toHaveLength(0);
	});
});

it('takes the longest ids and texts; an emoji is one character', async () => {
	const { endpoint, server } = await endpointThat(200, '{"text":"Hi"}');
	const { client } = await cognigyAiSetup();
	for (const one of ['x', 'ü', '😀']) {
		const sent = { userId: one.repeat(256), sessionId: one.repeat(256), text: one.repeat(10_000) };
		await client.triggerFlow(triggerInput({ endpoint, ...sent }), callOptions);
		expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toEqual(sent);
	}
});

function circle(): Record<string, unknown> {
	const data: Record<string, unknown> = {};
	data.self = data;
	return data;
}

describe('a Webhook endpoint', () => {
	it('takes a message with its key, and says nothing', async () => {
		const { sandbox, client } = await cognigyAiSetup();
		const { url: endpoint, webhookKeys } = sandbox.endpoint('Showcase Webhook');
		const input = triggerInput({ endpoint, channel: 'webhook', text: 'text', webhookKey: webhookKeys?.[0] ?? '' });
		const result = await client.triggerFlow(input, callOptions);
		expect(result.status).toBe('SENT');
		expect(result).not.toHaveProperty('messages');
		expect(sandbox.session('session-1')?.turns).toBe(1);

		const error = await cognigyErrorOf(client.triggerFlow({ ...input, webhookKey: '' }, callOptions));
		expect(error.category).toBe('authentication');
		expect(error.advice).toContain('Webhook Key');
	});

	it.each(['{"error":"The session is closed"}', '{"error":{"message":"The session is closed"}}'])(
		'may answer that something went wrong: %s',
		async (body) => {
			const { client } = await cognigyAiSetup();
			const { endpoint, server } = await endpointThat(200, body);
			const error = await cognigyErrorOf(
				client.triggerFlow(triggerInput({ endpoint, channel: 'webhook' }), callOptions),
			);
			expect(error).toMatchObject({ category: 'server', mayHaveRun: true });
			expect(error.message).toContain('The session is closed');
			expect(server.requests).toHaveLength(1);
		},
	);

	it.each(['', 'OK', '<html></html>', '{"any":"thing"}', '{"error":null}'])('may answer %j', async (body) => {
		const { client } = await cognigyAiSetup();
		const { endpoint } = await endpointThat(202, body);
		const result = await client.triggerFlow(triggerInput({ endpoint, channel: 'webhook' }), callOptions);
		expect(result.status).toBe('SENT');
	});
});

it.each(['inject', 'notify'] as const)('delivers as %s, into a session that runs', async (deliverAs) => {
	const registry = new MemoryRegistry();
	const { sandbox, client } = await cognigyAiSetup({ dependencies: { registry } });
	const { url: endpoint } = sandbox.endpoint('Orders Webhook');
	const input = triggerInput({ endpoint, channel: 'webhook' });
	await client.triggerFlow(input, callOptions);
	const result = await client.triggerFlow({ ...input, deliverAs, text: 'Order A-1001' }, callOptions);
	expect(result.status).toBe('SENT');
	expect(sandbox.requests.at(-1)).toMatchObject({ path: `/${deliverAs}/{URLToken}`, ran: true });
	expect(registry.count('record')).toBe(1);

	const { endpoint: failing, server } = await endpointThat(500, '');
	const error = await cognigyErrorOf(client.triggerFlow({ ...input, endpoint: failing, deliverAs }, callOptions));
	expect(error.mayHaveRun).toBe(true);
	expect(server.requests).toHaveLength(1);
});

it('ends at once when it is cancelled or the client closes (guarantee 7)', async () => {
	for (const stop of ['cancel', 'close'] as const) {
		const { client } = await cognigyAiSetup();
		const server = await httpServer(() => {});
		const caller = new AbortController();
		const options = { ...callOptions, signal: caller.signal };
		const waiting = cognigyErrorOf(client.triggerFlow(triggerInput({ endpoint: `${server.url}/${token}` }), options));
		await until(() => server.requests.length === 1);
		if (stop === 'cancel') caller.abort();
		else client.close();
		expect(await waiting).toMatchObject({ category: 'cancelled', mayHaveRun: true });
	}
});
