import { once } from 'node:events';
import { checkFrame, dial, hangUp, openChannel, refusalOf, resetFrame } from './channelClient';
import { call, closeSandboxes, logIn, sandboxFor, startBody, startUrl } from './support';

afterEach(() => {
	hangUp();
	return closeSandboxes();
});

it('the journal has upgrades and frames with what was recognised in them, but no token', async () => {
	const sandbox = await sandboxFor();
	const token = await logIn(sandbox);
	const channel = await openChannel(sandbox, { token });
	await channel.ask(resetFrame('s-1'));
	await channel.ask(checkFrame('s-1'));
	await channel.askInVain({ type: 'SING', sessionId: 's-1' });

	const frame = { method: 'WS', path: '/ws/v1', status: null, user: 'demo', botId: 'order-status', sessionId: 's-1' };
	expect(sandbox.requests.slice(1)).toMatchObject([
		{ operation: 'connect', path: '/ws/v1', status: 101, sessionId: null, body: undefined },
		{
			...frame,
			operation: 'reset',
			answered: true,
			ran: true,
			body: resetFrame('s-1'),
			durationMs: expect.any(Number),
		},
		{ ...frame, operation: 'stateCheck', answered: true, ran: true, body: checkFrame('s-1'), reusedConnection: true },
		{ ...frame, operation: 'other', answered: false, ran: false, closeCode: 1008, refusal: expect.any(String) },
	]);
	expect(JSON.stringify(sandbox.requests)).not.toContain(token);
});

it('the log has one line per upgrade and frame, without the token', async () => {
	const lines: string[] = [];
	const sandbox = await sandboxFor({ log: (line) => lines.push(line) });
	const token = await logIn(sandbox);
	await refusalOf(sandbox, { token: 'nonsense' });
	const channel = await openChannel(sandbox, { token });
	sandbox.faults.inject({ operation: 'stateCheck', kind: 'dropAfter' });
	await channel.ask(resetFrame('s\n1'));
	await channel.askInVain(checkFrame('s-1'));
	const other = await openChannel(sandbox, { token });
	await other.askInVain('nonsense\n');
	await sandbox.when(() => lines.length === 7);

	expect(lines.slice(1).map((line) => line.replace(/^\S+ {2}/, '').replace(/\d+ ms/, '_ ms'))).toEqual([
		expect.stringMatching(/^GET {3}\/ws\/v1 {2}401 {2}_ ms {2}bot=order-status {2}The token is missing/),
		'GET   /ws/v1  101  _ ms  user=demo  bot=order-status',
		'WS    /ws/v1  answered  _ ms  user=demo  bot=order-status  session="s\\n1"',
		'WS    /ws/v1  no answer  _ ms  user=demo  bot=order-status  session=s-1  fault=dropAfter (the call ran)',
		'GET   /ws/v1  101  _ ms  user=demo  bot=order-status',
		'WS    /ws/v1  closed with 1003  _ ms  user=demo  bot=order-status  The frame is not JSON.',
	]);
	expect(lines.join()).not.toContain(token);
	expect(lines.join()).not.toContain('nonsense');
});

describe('the stats', () => {
	it('count calls, channels and connections', async () => {
		const sandbox = await sandboxFor();
		const token = await logIn(sandbox);
		await sandbox.when(() => sandbox.stats().connectionsOpen === 0);
		sandbox.resetStats();
		const first = await openChannel(sandbox, { token });
		const second = await openChannel(sandbox, { token });
		await first.ask(resetFrame('s-1'));
		await first.ask(resetFrame('s-1'));
		await second.ask(checkFrame('s-1'));
		await second.ping();
		second.webSocket.close();
		await sandbox.when(() => sandbox.stats().channel.open === 1 && sandbox.stats().connectionsOpen === 1);

		const channel = { opened: 2, open: 1, maxOpen: 2, pings: 1, overlaps: 0 };
		expect(sandbox.stats()).toMatchObject({ connects: 2, resets: 2, stateChecks: 1, inFlight: 0, inFlightMax: 1 });
		expect(sandbox.stats()).toMatchObject({ connectionsOpened: 2, connectionsOpen: 1, connectionsMax: 2, channel });

		sandbox.resetStats();
		expect(sandbox.stats()).toMatchObject({
			connects: 0,
			resets: 0,
			connectionsOpen: 1,
			channel: { opened: 0, open: 1, maxOpen: 1, pings: 0 },
		});
		first.webSocket.close();
		await sandbox.when(() => sandbox.stats().connectionsOpen === 0);
		expect(sandbox.stats().channel).toMatchObject({ open: 0, maxOpen: 1 });
	});

	it('are a picture of the moment', async () => {
		const sandbox = await sandboxFor();
		const before = sandbox.stats();
		await openChannel(sandbox, { token: await logIn(sandbox) });

		expect(before).toMatchObject({ connects: 0, channel: { opened: 0 } });
		expect((await call(`${sandbox.url}/sandbox/stats`)).json).toEqual(sandbox.stats());
	});
});

describe('the control routes', () => {
	it('show the state of a session and how often it was reset', async () => {
		const sandbox = await sandboxFor();
		const token = await logIn(sandbox);
		const show = async (sessionId: string) => await call(`${sandbox.url}/sandbox/sessions/${sessionId}`);
		await call(startUrl(sandbox), { token, body: { ...startBody, context: { colour: 'red' }, sessionId: 's-1' } });
		expect(await show('s-1')).toMatchObject({
			status: 200,
			json: {
				sessionId: 's-1',
				input: 'Hello',
				runtime: { flowState: 'RUNNING', variables: { colour: 'red' }, history: [{}, {}], resets: 0 },
			},
		});

		const channel = await openChannel(sandbox, { token });
		for (const sessionId of ['s-1', 's-1', 's-2']) await channel.ask(resetFrame(sessionId));

		expect(await show('s-1')).toMatchObject({
			json: { transcript: [{}, {}], runtime: { flowState: 'RESET', variables: {}, history: [], resets: 2 } },
		});
		expect((await show('s-2')).json).toMatchObject({ runtime: { sessionId: 's-2', flowState: 'RESET', resets: 1 } });
		expect(await show('s-3')).toMatchObject({ status: 404 });
	});

	it('inject faults of the runtime channel, and say what cannot be', async () => {
		const sandbox = await sandboxFor();
		const inject = async (body: object) => await call(`${sandbox.url}/sandbox/faults`, { body });

		expect(await inject({ operation: 'stateCheck', kind: 'busy' })).toMatchObject({
			status: 201,
			json: { injected: { flowState: 'WAITING', variables: {}, times: 1 } },
		});
		expect(await inject({ operation: 'start', kind: 'busy' })).toMatchObject({
			status: 400,
			json: { message: expect.stringContaining('start cannot have the fault busy') },
		});
	});
});

describe('with TLS', () => {
	it('the channel is encrypted', async () => {
		const sandbox = await sandboxFor({ tls: true });
		expect(sandbox.webSocketUrl).toBe(`wss://127.0.0.1:${sandbox.port}`);
		const token = await logIn(sandbox);
		const channel = await openChannel(sandbox, { token });

		expect(await channel.ask(resetFrame('s-1'))).toMatchObject({ status: 'RESET_COMPLETE' });
		expect(await refusalOf(sandbox, { token: 'nonsense' })).toMatchObject({
			status: 401,
			json: { error: 'unauthorized' },
		});
		const origin = sandbox.url.replace('https:', 'http:');
		expect(await refusalOf(sandbox, { token, origin })).toMatchObject({ status: 400 });
	});

	it('it is refused by a client that does not trust it', async () => {
		const sandbox = await sandboxFor({ tls: true });
		const [error] = await once(dial(sandbox, { ca: undefined }), 'error');

		expect(error).toMatchObject({ code: expect.stringMatching(/CERT|SIGN/) });
		expect(sandbox.requests).toEqual([]);
	});

	it.each(['dropBefore', 'resetBefore', 'dropAfter', 'resetAfter'] as const)('it can be cut: %s', async (kind) => {
		const sandbox = await sandboxFor({ tls: true });
		const token = await logIn(sandbox);
		sandbox.faults.inject({ operation: 'reset', kind });
		const channel = await openChannel(sandbox, { token });

		expect(await channel.askInVain(resetFrame('s-1'))).toMatchObject({ code: 1006 });
		expect(sandbox.runtimeState('s-1')?.resets).toBe(kind.endsWith('After') ? 1 : undefined);
		await sandbox.when(() => sandbox.stats().connectionsOpen === 0);
	});

	it.each(['dropAfter', 'resetAfter'] as const)('it can be cut once it is open: %s', async (kind) => {
		const sandbox = await sandboxFor({ tls: true });
		const token = await logIn(sandbox);
		sandbox.faults.inject({ operation: 'connect', kind });
		const channel = await openChannel(sandbox, { token });

		expect(await channel.closed).toMatchObject({ code: 1006 });
	});

	it('it can be frozen, and ends with the sandbox', async () => {
		const sandbox = await sandboxFor({ tls: true });
		const token = await logIn(sandbox);
		sandbox.faults.inject({ operation: 'connect', kind: 'freeze' });
		const frozen = await openChannel(sandbox, { token });
		frozen.webSocket.ping();
		const other = await openChannel(sandbox, { token });
		await other.ping();
		expect(frozen.pongs).toBe(0);

		await sandbox.close();

		expect(await frozen.closed).toMatchObject({ code: 1006 });
	});
});

describe('the latency of the sandbox', () => {
	it('holds back upgrades, refusals and answers to frames', async () => {
		const sandbox = await sandboxFor({ latencyMs: 30 });
		const token = await logIn(sandbox);
		const timed = async <T>(action: Promise<T>) => {
			const begin = performance.now();
			const result = await action;
			expect(performance.now() - begin).toBeGreaterThan(29);
			return result;
		};

		await timed(refusalOf(sandbox));
		const channel = await timed(openChannel(sandbox, { token }));
		expect(await timed(channel.ask(resetFrame('s-1')))).toMatchObject({ status: 'RESET_COMPLETE' });
		expect(await timed(channel.ask(checkFrame('s-1')))).toMatchObject({ flowState: 'RESET' });
	});
});

it('closing the sandbox ends all channels at once, also those that wait', async () => {
	const sandbox = await sandboxFor();
	const token = await logIn(sandbox);
	const idle = await openChannel(sandbox, { token });
	const waiting = await openChannel(sandbox, { token });
	sandbox.faults.inject({ operation: 'reset', kind: 'latency', ms: 3_600_000 });
	waiting.send(resetFrame('s-1'));
	await sandbox.when(() => sandbox.stats().inFlight === 1);

	await sandbox.close();

	expect(await Promise.all([idle.closed, waiting.closed])).toMatchObject([{ code: 1006 }, { code: 1006 }]);
	await sandbox.when(() => sandbox.stats().channel.open === 0);
	expect(sandbox.stats()).toMatchObject({ inFlight: 0, connectionsOpen: 0 });
});

describe('waiting', () => {
	it('ends at once when it is true already', async () => {
		const sandbox = await sandboxFor();

		await sandbox.when(() => true, 0);
	});

	it('is given up, telling what was waited for', async () => {
		const sandbox = await sandboxFor();

		await expect(sandbox.when(() => sandbox.stats().logins === 7, 1)).rejects.toThrow(
			/Did not become true in 1 ms: .*logins === 7/,
		);
	});

	it('is only for who is not served yet', async () => {
		const sandbox = await sandboxFor();
		const token = logIn(sandbox);
		let isServed = false;
		const second = sandbox.when(() => sandbox.stats().connects === 1).then(() => (isServed = true));
		await sandbox.when(() => sandbox.stats().tokensIssued === 1);
		expect(isServed).toBe(false);

		await openChannel(sandbox, { token: await token });
		await second;
	});
});
