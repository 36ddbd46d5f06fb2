import type { Sandbox } from '../../../sandbox';
import { until } from '../../support/until';
import { call, closeSandboxes, logIn, manualClock, sandboxFor, startBody, startUrl } from './support';

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

describe('start of a flow (docs/protocol-v1.md#start)', () => {
	let sandbox: Sandbox;
	let token: string;

	beforeAll(async () => {
		sandbox = await sandboxFor({ slowStartMs: 1 });
		token = await logIn(sandbox);
	});
	afterAll(closeSandboxes);

	it('makes a session id when none is sent', async () => {
		const { status, json } = await call(startUrl(sandbox), { token, body: startBody });

		expect(status).toBe(201);
		expect(json).toMatchObject({ sessionId: expect.stringMatching(uuid), status: 'started' });
		expect(Object.keys(json).length).toBeGreaterThan(2);
	});

	it('takes the session id that is sent', async () => {
		const body = { ...startBody, sessionId: '2b0f2a6c-5d3c-4f57-9d1c-0c8f7a9a1b11' };

		const { json } = await call(startUrl(sandbox), { token, body });

		expect(json.sessionId).toBe(body.sessionId);
	});

	it.each([
		['order-status', 'main', 201],
		['slow-support', 'main', 200],
		['Größe/Test "1" ✓', 'Fluß 100%/ä?#1', 200],
	])('answers a start of %s / %s with %i, as the contract allows both', async (botId, flowId, status) => {
		expect(await call(startUrl(sandbox, botId, flowId), { token, body: startBody })).toMatchObject({ status });
	});

	it.each([
		['no JSON', 'hello'],
		['an array', [startBody]],
		['null', 'null'],
		['no userId', { ...startBody, userId: undefined }],
		['a blank userId', { ...startBody, userId: '  ' }],
		['a userId that is no string', { ...startBody, userId: 7 }],
		['no context', { ...startBody, context: undefined }],
		['a context that is a string', { ...startBody, context: '{}' }],
		['a context that is an array', { ...startBody, context: [] }],
		['a context that is null', { ...startBody, context: null }],
		['no input', { ...startBody, input: undefined }],
		['an input that is no string', { ...startBody, input: { text: 'Hello' } }],
		['a blank session id', { ...startBody, sessionId: '' }],
		['a session id that is null', { ...startBody, sessionId: null }],
	])('answers 400 to a body with %s and starts nothing', async (_case, body) => {
		const before = sandbox.stats().flowsStarted;

		const reply = await call(startUrl(sandbox), { token, body });

		expect(reply).toMatchObject({ status: 400, json: { error: 'bad_request', message: expect.any(String) } });
		expect(sandbox.stats().flowsStarted).toBe(before);
	});

	it('names the field that is wrong', async () => {
		const { json } = await call(startUrl(sandbox), { token, body: { ...startBody, userId: '' } });

		expect(json.message).toContain('userId');
	});

	it('ignores fields that it does not know', async () => {
		const reply = await call(startUrl(sandbox), { token, body: { ...startBody, somethingElse: true } });

		expect(reply).toMatchObject({ status: 201 });
	});

	it.each([
		['the bot', 'nobody', 'main', 404],
		['the flow', 'order-status', 'nothing', 404],
		['a published version', 'returns-draft', 'main', 502],
	])('refuses when there is no such thing as %s', async (_case, botId, flowId, status) => {
		const reply = await call(startUrl(sandbox, botId, flowId), { token, body: startBody });

		expect(reply).toMatchObject({ status, json: { error: expect.any(String), message: expect.any(String) } });
	});

	it('answers 400 to malformed ids, 401 without a token, 403 without bot:execute', async () => {
		const reader = await logIn(sandbox, 'reader');

		expect(await call(startUrl(sandbox, ' '), { token, body: startBody })).toMatchObject({ status: 400 });
		expect(await call(startUrl(sandbox, 'order-status', ' '), { token, body: startBody })).toMatchObject({
			status: 400,
		});
		expect(await call(startUrl(sandbox), { body: startBody })).toMatchObject({ status: 401 });
		expect(await call(startUrl(sandbox), { token: reader, body: startBody })).toMatchObject({
			status: 403,
			json: { message: expect.stringContaining('bot:execute') },
		});
	});

	it('refuses a body past 1 MiB with 413', async () => {
		const reply = await call(startUrl(sandbox), { token, body: { ...startBody, input: 'x'.repeat(1024 * 1024) } });

		expect(reply).toMatchObject({ status: 413, json: { error: 'bad_request' } });
	});

	it('refuses a session id that is in use and does not run the flow again', async () => {
		const body = { ...startBody, sessionId: 'in-use' };
		await call(startUrl(sandbox), { token, body });
		const before = sandbox.stats().flowsStarted;

		const reply = await call(startUrl(sandbox), { token, body });

		expect(reply).toMatchObject({ status: 409, json: { error: 'session_in_use' } });
		expect(sandbox.stats().flowsStarted).toBe(before);
	});

	it('runs the flow of a slow bot at once, also for a client that gives up waiting', async () => {
		const slow = await sandboxFor({ slowStartMs: 3_600_000 });
		const client = new AbortController();
		const body = { ...startBody, sessionId: 'given-up' };

		const reply = call(startUrl(slow, 'slow-support'), { token: await logIn(slow), body, signal: client.signal });
		const failure = expect(reply).rejects.toThrow('aborted');
		await until(() => slow.sessions.length === 1);
		client.abort();
		await failure;

		await until(() => slow.requests.at(-1)?.durationMs !== null);
		expect(slow.requests.at(-1)).toMatchObject({ sessionId: 'given-up', status: null, ran: true });
	});
});

describe('sessions (docs/protocol-v1.md#sessions)', () => {
	afterEach(closeSandboxes);

	it('hold what was sent and what was said', async () => {
		const clock = manualClock();
		const sandbox = await sandboxFor({ now: clock.now });
		const context = { metadata: { orderId: 'A-1001' } };

		await call(startUrl(sandbox), {
			token: await logIn(sandbox),
			body: { userId: 'user-1', sessionId: 'session-1', context, input: 'Where is it?' },
		});

		expect(sandbox.sessions).toEqual([
			{
				sessionId: 'session-1',
				botId: 'order-status',
				flowId: 'main',
				userId: 'user-1',
				startedBy: 'demo',
				context,
				input: 'Where is it?',
				createdAt: '2026-01-31T12:00:00.000Z',
				expiresAt: '2026-01-31T12:30:00.000Z',
				transcript: [
					{
						messageId: expect.stringMatching(uuid),
						type: 'user',
						text: 'Where is it?',
						timestamp: '2026-01-31T12:00:00.000Z',
					},
					{
						messageId: expect.stringMatching(uuid),
						type: 'bot',
						text: 'Order A-1001 has been shipped and arrives on Friday.',
						timestamp: '2026-01-31T12:00:00.000Z',
					},
				],
			},
		]);
	});

	it('end 30 minutes after they were created; then their id is free again', async () => {
		const clock = manualClock();
		const sandbox = await sandboxFor({ now: clock.now, tokenTtlMinutes: 60 });
		const start = { token: await logIn(sandbox), body: { ...startBody, sessionId: 'session-1' } };
		await call(startUrl(sandbox), start);

		clock.advance(30 * 60_000 - 1);
		expect(await call(startUrl(sandbox), start)).toMatchObject({ status: 409 });
		expect(sandbox.sessions).toHaveLength(1);

		clock.advance(1);
		expect(sandbox.sessions).toEqual([]);
		expect(await call(startUrl(sandbox), start)).toMatchObject({ status: 201 });
	});
});
