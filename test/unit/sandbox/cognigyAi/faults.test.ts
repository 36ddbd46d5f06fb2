import type { CognigyAiFaultRequest, CognigyAiSandbox } from '../../../../sandbox';
import { api, closeAll, message, readySocket, sandboxFor, socketFor } from './support';

afterEach(closeAll);

let sandbox: CognigyAiSandbox;

beforeEach(async () => {
	sandbox = await sandboxFor({ ackTimeoutMs: 50 });
});

describe('faults of HTTP calls', () => {
	it.each([
		[
			{ kind: 'status', status: 503 },
			{ status: 503, json: { error: expect.any(String) } },
		],
		[
			{ kind: 'status', status: 429, headers: { 'retry-after': '7' } },
			{ status: 429, headers: { 'retry-after': '7' } },
		],
		[
			{ kind: 'status', status: 500, body: { message: 'Oops' } },
			{ status: 500, json: { message: 'Oops' } },
		],
		[
			{ kind: 'htmlError' },
			{ status: 502, headers: { 'content-type': 'text/html' }, text: expect.stringContaining('502 Bad Gateway') },
		],
		[
			{ kind: 'textError', status: 404, text: 'Nope' },
			{ status: 404, text: 'Nope' },
		],
	])('%j: the flow does not run', async (fault, expected) => {
		sandbox.faults.inject({ operation: 'message', ...fault } as CognigyAiFaultRequest);

		expect(await message(sandbox, 'Orders REST')).toMatchObject(expected);
		expect(sandbox.stats().turns).toBe(0);
		expect(await message(sandbox, 'Orders REST')).toMatchObject({ status: 200 });
	});

	it('status: of the management API as a problem', async () => {
		sandbox.faults.inject({ operation: 'readMe', kind: 'status', status: 503 });
		expect(await api(sandbox, '/users/me')).toMatchObject({ status: 503, json: { type: 'about:blank', code: 503 } });
	});

	it.each([
		['dropBefore', 0],
		['resetBefore', 0],
		['dropAfter', 1],
		['resetAfter', 1],
		['truncate', 1],
	])('%s: the flow runs %i times', async (kind, turns) => {
		sandbox.faults.inject({ operation: 'message', kind } as CognigyAiFaultRequest);

		await expect(message(sandbox, 'Orders REST')).rejects.toThrow();
		expect(sandbox.stats().turns).toBe(turns);
	});

	it.each([
		[{ kind: 'badJson' }, { status: 200, json: {} }],
		[{ kind: 'wrongShape' }, { status: 200, text: expect.stringContaining('not') }],
		[{ kind: 'wrongContentType' }, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } }],
		[
			{ kind: 'latency', ms: 5 },
			{ status: 200, json: { userId: 'user-1' } },
		],
		[
			{ kind: 'slowBody', chunkBytes: 100, intervalMs: 1 },
			{ status: 200, json: { userId: 'user-1' } },
		],
		[
			{ kind: 'hugeBody', bytes: 100_000 },
			{ status: 200, json: { userId: 'user-1', padding: expect.any(String) } },
		],
	])('%j: the flow runs', async (fault, expected) => {
		sandbox.faults.inject({ operation: 'message', ...fault } as CognigyAiFaultRequest);

		expect(await message(sandbox, 'Orders REST')).toMatchObject(expected);
		expect(sandbox.stats().turns).toBe(1);
		expect(sandbox.requests.at(-1)).toMatchObject({ fault: fault.kind, ran: true });
	});

	it('hang: until the client goes away', async () => {
		sandbox.faults.inject({ operation: 'message', kind: 'hang' });
		const client = new AbortController();
		const reply = expect(message(sandbox, 'Orders REST', {}, { signal: client.signal })).rejects.toThrow('aborted');
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'hang');
		client.abort();
		await reply;
		await sandbox.when(() => sandbox.stats().inFlight === 0);
	});

	it('can be for one endpoint, session, user or key only, later, and several times', async () => {
		const status = async (endpoint: string, said = {}) => (await message(sandbox, endpoint, said)).status;
		sandbox.faults.inject({
			operation: 'message',
			kind: 'textError',
			match: { endpoint: 'Orders REST' },
			after: 1,
			times: 2,
		});
		expect(await status('Showcase REST')).toBe(200);
		const statuses = [];
		for (let i = 0; i < 4; i += 1) statuses.push(await status('Orders REST'));
		expect(statuses).toEqual([200, 500, 500, 200]);

		sandbox.faults.inject({ operation: 'any', kind: 'textError', match: { sessionId: 's-9', userId: 'user-9' } });
		expect(await status('Orders REST', { sessionId: 's-9' })).toBe(200);
		expect(await status('Orders REST', { sessionId: 's-9', userId: 'user-9' })).toBe(500);
		sandbox.faults.inject({ operation: 'readMe', kind: 'textError', match: { key: 'outsider' } });
		expect(await api(sandbox, '/users/me')).toMatchObject({ status: 200 });
		expect(sandbox.faults.clear()).toBe(1);
	});
});

describe('faults of sockets', () => {
	it.each([
		[{ kind: 'status', status: 502 }, 502],
		[{ kind: 'htmlError' }, 502],
		[{ kind: 'dropBefore' }, null],
		[{ kind: 'resetBefore' }, null],
	])('connect: %j', async (fault, status) => {
		sandbox.faults.inject({ operation: 'connect', ...fault } as CognigyAiFaultRequest);
		const client = socketFor(sandbox, 'Showcase Socket');

		await client.got('connect_error');
		expect(sandbox.requests[0]).toMatchObject({ operation: 'connect', status, fault: fault.kind, ran: false });
		await readySocket(sandbox, 'Showcase Socket');
	});

	it.each(['dropAfter', 'resetAfter'] as const)('connect: %s', async (kind) => {
		sandbox.faults.inject({ operation: 'connect', kind, match: { endpoint: 'Showcase Socket' } });
		const client = socketFor(sandbox, 'Showcase Socket');
		await Promise.race([client.got('disconnect'), client.got('connect_error')]);
		expect(client.received.map(({ event }) => event)).not.toContain('endpoint-ready');
	});

	it('ready: never, or late', async () => {
		sandbox.faults.inject({ operation: 'ready', kind: 'never' });
		const never = socketFor(sandbox, 'Showcase Socket', { sessionId: 's-2' });
		sandbox.faults.inject({ operation: 'ready', kind: 'latency', ms: 30, match: { sessionId: 's-1' } });
		await readySocket(sandbox, 'Showcase Socket');

		expect(never.socket.connected).toBe(true);
		expect(never.received).toEqual([]);
	});

	it('processInput: dropMidTurn cuts the connection; the rest comes at the next one', async () => {
		sandbox.faults.inject({ operation: 'processInput', kind: 'dropMidTurn', outputs: 1 });
		const before = await readySocket(sandbox, 'Showcase Socket');
		before.say('several');
		await before.got('disconnect');
		await sandbox.when(() => sandbox.stats().outputs.kept === 2);

		const after = await readySocket(sandbox, 'Showcase Socket');
		await after.got('finalPing');

		expect(before.texts()).toEqual(['One.']);
		expect(after.texts()).toEqual(['Two.', 'Three.']);
		await sandbox.when(() => sandbox.stats().outputs.acknowledged === 3);
		expect(sandbox.stats()).toMatchObject({ turns: 1, outputs: { total: 3, redelivered: 2, lost: 0 } });
	});

	it('processInput: dropMidTurn before the final ping', async () => {
		sandbox.faults.inject({ operation: 'processInput', kind: 'dropMidTurn', outputs: 1 });
		const before = await readySocket(sandbox, 'Showcase Socket');
		before.say('text');
		await before.got('disconnect');

		expect(before.texts()).toEqual(['Plain text.']);
		expect(before.received.map(({ event }) => event)).not.toContain('finalPing');
	});

	it.each(['dropBefore', 'resetBefore'] as const)('processInput: %s loses the message', async (kind) => {
		sandbox.faults.inject({ operation: 'processInput', kind });
		const client = await readySocket(sandbox, 'Showcase Socket');
		client.say('text');
		await client.got('disconnect');
		expect(sandbox.stats().turns).toBe(0);
		expect(sandbox.requests.at(-1)).toMatchObject({ operation: 'processInput', fault: kind, ran: false });
	});

	it.each([
		[{ kind: 'errorOutput', message: 'boom' }, 'output', { type: 'error', data: { error: { message: 'boom' } } }],
		[{ kind: 'exception', code: 7 }, 'exception', { data: { error: { code: 7 } } }],
		[{ kind: 'errorEvent' }, 'error', { data: { error: { message: expect.any(String) } } }],
	])('processInput: %j', async (fault, event, payload) => {
		sandbox.faults.inject({ operation: 'processInput', ...fault } as CognigyAiFaultRequest);
		const client = await readySocket(sandbox, 'Showcase Socket');
		client.say('text');

		expect(await client.got(event)).toMatchObject(payload);
		expect(sandbox.stats().turns).toBe(0);
	});

	it('processInput: hang, latency and noFinalPing', async () => {
		sandbox.faults.inject({ operation: 'processInput', kind: 'hang' });
		sandbox.faults.inject({ operation: 'processInput', kind: 'noFinalPing' });
		sandbox.faults.inject({ operation: 'processInput', kind: 'latency', ms: 5 });
		const client = await readySocket(sandbox, 'Showcase Socket');
		for (const text of ['turn', 'turn', 'turn']) client.say(text);
		await client.got('finalPing');

		expect(client.texts()).toEqual(['This is turn 1.', 'This is turn 2.']);
		expect(client.received.filter(({ event }) => event === 'finalPing')).toHaveLength(1);
	});

	it('output: ackLost is sent again at the next connection, though it was acknowledged', async () => {
		sandbox.faults.inject({ operation: 'output', kind: 'ackLost' });
		const before = await readySocket(sandbox, 'Showcase Socket');
		before.say('several');
		await before.got('finalPing');
		await sandbox.when(() => sandbox.stats().outputs.kept === 1);
		before.socket.disconnect();

		const after = await readySocket(sandbox, 'Showcase Socket');
		await after.got('output');
		expect(before.texts()).toEqual(['One.', 'Two.', 'Three.']);
		expect(after.texts()).toEqual(['One.']);
		expect(after.received.at(-1)?.payload).toEqual(before.received[2]?.payload);
	});

	it('output: lost, and twice; finalPing: lost', async () => {
		sandbox.faults.inject({ operation: 'output', kind: 'lost' });
		sandbox.faults.inject({ operation: 'output', kind: 'twice' });
		sandbox.faults.inject({ operation: 'finalPing', kind: 'lost' });
		const client = await readySocket(sandbox, 'Showcase Socket');
		client.say('several');
		await client.got('typingStatus', 2);
		expect(client.texts()).toEqual(['Two.', 'Two.', 'Three.']);
		await sandbox.when(() => sandbox.stats().outputs.kept === 1);
		expect(client.received.map(({ event }) => event)).not.toContain('finalPing');
	});

	it('all are cut at once', async () => {
		const client = await readySocket(sandbox, 'Showcase Socket');
		expect(sandbox.dropSockets()).toBe(1);
		expect(await client.got('disconnect')).toEqual({ reason: 'transport close' });
		await sandbox.when(() => sandbox.stats().sockets.open === 0);
	});
});

it.each([
	['an unknown kind', { operation: 'message', kind: 'nonsense' }, /kind/],
	[
		'a kind that the operation cannot have',
		{ operation: 'output', kind: 'status', status: 500 },
		/output cannot have the fault status, only lost/,
	],
	['an unknown operation', { operation: 'start', kind: 'hang' }, /operation/],
	['an unknown match', { operation: 'message', kind: 'hang', match: { botId: 'x' } }, /botId/],
])('a fault with %s is refused and the reason named', (_case, fault, reason) => {
	expect(() => sandbox.faults.inject(fault as CognigyAiFaultRequest)).toThrow(reason);
	expect(sandbox.faults.clear()).toBe(0);
});
