import { cognigyErrorOf } from '../../../support/errors';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { inject } from '../../../support/sandboxFaults';
import { callOptions, startInput, v1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

const UUID_V4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

afterEach(closeSetups);

describe('a start', () => {
	it('tells what was started', async () => {
		const { client } = await v1Setup();

		expect(await client.triggerFlow(startInput, callOptions)).toEqual({
			sessionId: 'session-1',
			status: 'started',
			botId: 'order-status',
			flowId: 'main',
			userId: 'user-1',
			session: {
				id: 'session-1',
				createdAt: '2026-01-31T12:00:00.000Z',
				expiresAt: '2026-01-31T12:30:00.000Z',
				ttlSeconds: 1_800,
			},
			audit: expect.anything() as unknown,
		});
	});

	it('is sent as the contract says, and nothing else is in it', async () => {
		const { client, transport, sandbox } = await v1Setup();
		await client.triggerFlow(startInput, callOptions);

		const request = transport.requests.at(-1);
		expect(request).toMatchObject({
			method: 'POST',
			url: `${sandbox.url}/api/v1/bots/order-status/flows/main/sessions`,
			headers: {
				Accept: 'application/json',
				'Content-Type': 'application/json',
				Authorization: expect.stringMatching(/^Bearer \S+$/) as string,
			},
		});
		expect(request?.body).toBe(
			'{"userId":"user-1","sessionId":"session-1","context":{"metadata":{"orderId":"A-1001"}},' +
				'"input":"Where is my order?"}',
		);
	});

	it.each([200, 201])('succeeds with status %d', async (code) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'start', { kind: 'status', status: code, body: { sessionId: 's', status: 'queued', extra: 1 } });

		const result = await client.triggerFlow(startInput, callOptions);
		expect(result).toMatchObject({ status: 'queued', audit: { httpStatus: code } });
		expect(result).not.toHaveProperty('extra');
	});

	it('may say nothing: the input is empty', async () => {
		const { sandbox, client } = await v1Setup();
		await client.triggerFlow({ ...startInput, input: '' }, callOptions);

		expect(sandbox.sessions[0]?.input).toBe('');
	});

	it('carries text of all languages, line breaks and quotes', async () => {
		const { sandbox, client } = await v1Setup();
		const input = 'Größe?\n"日本語" \\ 🚀\u2028\u0000';
		await client.triggerFlow({ ...startInput, input, userId: 'Jürgen "J" O’Neill' }, callOptions);

		expect(sandbox.sessions[0]).toMatchObject({ input, userId: 'Jürgen "J" O’Neill' });
	});

	it('says when the service has answered, before that is written down', async () => {
		const registry = new MemoryRegistry();
		const { client } = await v1Setup({ dependencies: { registry } });
		const written: string[][] = [];
		const onAnswered = () => written.push([...registry.calls]);
		await client.triggerFlow(startInput, { ...callOptions, onAnswered });

		expect(written).toEqual([['record session-1', 'prune']]);
		expect(registry.calls).toContain('confirm session-1');
	});

	it('does not say so while it waits for a reply, nor when it fails', async () => {
		const { sandbox, client } = await v1Setup();
		const onAnswered = jest.fn();
		await client.triggerFlow(
			{ ...startInput, reply: { quietMs: 100, maxWaitSeconds: 1 } },
			{ ...callOptions, onAnswered },
		);
		inject(sandbox, 'start', { kind: 'status', status: 400, body: {} });
		await cognigyErrorOf(client.triggerFlow(startInput, { ...callOptions, onAnswered }));

		expect(onAnswered).not.toHaveBeenCalled();
	});

	it('with a user who may not start flows says which permission is missing', async () => {
		const { client } = await v1Setup({ fields: { username: 'reader', password: 'reader-password' } });

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));
		expect(error).toMatchObject({ category: 'permission', httpStatus: 403 });
		expect(`${error.message} ${error.advice}`).toContain('bot:execute');
	});

	it.each([
		['bot', { botId: 'no-such-bot' }],
		['flow', { flowId: 'no-such-flow' }],
	])('of a %s that does not exist is not found', async (_, changes) => {
		const { client } = await v1Setup();

		const error = await cognigyErrorOf(client.triggerFlow({ ...startInput, ...changes }, callOptions));
		expect(error).toMatchObject({ category: 'notFound', httpStatus: 404 });
		expect(error.message).toContain(Object.values(changes)[0]);
	});

	it('of a bot that is not published is refused', async () => {
		const { client } = await v1Setup();

		const error = await cognigyErrorOf(client.triggerFlow({ ...startInput, botId: 'returns-draft' }, callOptions));
		expect(error).toMatchObject({ category: 'notPublished', httpStatus: 502 });
	});
});

describe('the session', () => {
	it.each([{ sessionId: '' }, { sessionId: undefined }, {}])(
		'gets a UUID v4 of ours without an id (%j)',
		async (id) => {
			const { sandbox, client, transport } = await v1Setup();
			const { sessionId: _, ...rest } = startInput;
			const results = [await client.triggerFlow({ ...rest, ...id }, callOptions)];
			results.push(await client.triggerFlow({ ...rest, ...id }, callOptions));

			const ids = results.map(({ sessionId }) => sessionId);
			expect(ids[0]).toMatch(UUID_V4);
			expect(ids[1]).toMatch(UUID_V4);
			expect(ids[0]).not.toBe(ids[1]);
			expect(sandbox.sessions.map(({ sessionId }) => sessionId)).toEqual(ids);
			expect(transport.requests.at(-1)?.body).toContain(`"sessionId":"${ids[1]}"`);
			expect(results[0]?.audit.sessionId).toBe(ids[0]);
		},
	);

	it('keeps the id that it is given', async () => {
		const { sandbox, client } = await v1Setup();
		const sessionId = 'Sitzung 1 / "ü"';
		const result = await client.triggerFlow({ ...startInput, sessionId }, callOptions);

		expect(result).toMatchObject({ sessionId, session: { id: sessionId } });
		expect(sandbox.sessions[0]?.sessionId).toBe(sessionId);
	});

	it('has the id that the service says, should it differ', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'start', { kind: 'wrongShape', body: { sessionId: 'other', status: 'started' } });

		const result = await client.triggerFlow(startInput, callOptions);
		expect(result).toMatchObject({ sessionId: 'other', session: { id: 'other' } });
	});

	it.each([
		[30, '2026-01-31T12:30:00.000Z', 1_800],
		[0.5, '2026-01-31T12:00:30.000Z', 30],
		[24 * 60, '2026-02-01T12:00:00.000Z', 86_400],
	])('lives as long as is said (%d min)', async (sessionTtlMinutes, expiresAt, ttlSeconds) => {
		const { client } = await v1Setup();

		expect(await client.triggerFlow({ ...startInput, sessionTtlMinutes }, callOptions)).toMatchObject({
			session: { createdAt: '2026-01-31T12:00:00.000Z', expiresAt, ttlSeconds },
		});
	});
});

describe('the context', () => {
	it.each([
		'{}',
		'{"a":{"b":[1,[2,[3,{"c":null}]],"x"]},"t":true,"n":-1.5e-7,"s":""}',
		'{"__proto__":{"isAdmin":true},"constructor":{"prototype":{}},"toString":"x","a":{"__proto__":1}}',
		'{"2":"b","1":"a","":"empty","ключ 🔑":"значение","with \\"quotes\\"":"\\\\"}',
		'{"html":"<script>&amp;</script>","line":"\\u2028\\n","big":9007199254740991}',
	])('arrives unchanged: %s', async (json) => {
		const { sandbox, client, transport } = await v1Setup();
		const context = JSON.parse(json) as Record<string, unknown>;
		await client.triggerFlow({ ...startInput, context }, callOptions);

		const { context: arrived } = sandbox.requests.at(-1)?.body as { context: unknown };
		expect(JSON.stringify(arrived)).toBe(JSON.stringify(context));
		expect(transport.requests.at(-1)?.body).toContain(`"context":${JSON.stringify(context)},"input"`);
	});

	it('is not changed by the call', async () => {
		const { client } = await v1Setup();
		const context = { list: [1, { a: 1 }] };
		await client.triggerFlow({ ...startInput, context }, { ...callOptions, auditInput: 'full' });

		expect(context).toEqual({ list: [1, { a: 1 }] });
	});

	it('may be large', async () => {
		const { sandbox, client } = await v1Setup();
		const context = { text: 'ü'.repeat(400_000) };
		await client.triggerFlow({ ...startInput, context }, callOptions);

		expect(sandbox.sessions[0]?.context).toEqual(context);
	});
});

describe('the check before the start', () => {
	it('comes first, and then the flow is started', async () => {
		const { sandbox, client } = await v1Setup();
		const result = await client.triggerFlow({ ...startInput, targetEnvironment: 'production' }, callOptions);

		expect(sandbox.requests.map(({ operation }) => operation)).toEqual(['login', 'versions', 'start']);
		expect(result.audit).toMatchObject({ operation: 'triggerFlow', attempts: 1, httpStatus: 201 });
	});

	it('sends no start when the environment has no published version', async () => {
		const { sandbox, client } = await v1Setup();

		const error = await cognigyErrorOf(
			client.triggerFlow({ ...startInput, targetEnvironment: 'staging' }, callOptions),
		);

		expect(error).toMatchObject({ category: 'notPublished', mayHaveRun: false });
		expect(error.message).toContain('staging (draft)');
		expect(error.audit).toMatchObject({ operation: 'triggerFlow', sessionId: 'session-1', attempts: 0 });
		expect(sandbox.stats()).toMatchObject({ versions: 1, starts: 0 });
	});

	it('is not made when nobody asks for it', async () => {
		const { sandbox, client } = await v1Setup();
		await client.triggerFlow(startInput, callOptions);

		expect(sandbox.stats()).toMatchObject({ versions: 0, starts: 1 });
	});
});
