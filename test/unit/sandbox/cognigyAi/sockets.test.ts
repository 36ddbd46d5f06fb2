import { call } from '../support';
import { closeAll, rawSocket, readySocket, sandboxFor, socketFor } from './support';

afterEach(closeAll);

describe('a Socket.IO endpoint', () => {
	it('takes a message, answers it and tells when the turn is over', async () => {
		const sandbox = await sandboxFor();
		const client = await readySocket(sandbox, 'Showcase Socket');

		client.say('several');
		await client.got('finalPing');

		expect(client.received.map(({ event }) => event)).toEqual([
			'endpoint-ready',
			'typingStatus',
			'output',
			'output',
			'output',
			'typingStatus',
			'finalPing',
		]);
		expect(client.received[1]?.payload).toEqual({ status: 'typingOn' });
		expect(client.received[2]?.payload).toEqual({
			type: 'output',
			data: {
				text: 'One.',
				data: {},
				traceId: expect.stringMatching(/^endpoint-/),
				disableSensitiveLogging: false,
				source: 'bot',
			},
		});
		expect(client.received[6]?.payload).toEqual({ type: 'regular' });
		await sandbox.when(() => sandbox.stats().outputs.acknowledged === 3);
		expect(sandbox.session('s-1')?.conversation[1]?.delivery).toEqual({ sent: 1, state: 'acknowledged' });
	});

	it('takes data without text, and knows test mode', async () => {
		const sandbox = await sandboxFor();
		const { urlToken } = sandbox.endpoint('Orders Socket');
		const query = { urlToken, userId: 'user-1', sessionId: 's-1', testMode: 'true', emitWithAck: 'true' };
		const client = await readySocket(sandbox, 'Orders Socket', { query });

		client.say(undefined, { data: { metadata: { orderId: 'A-1003' } } });

		expect(await client.got('output')).toMatchObject({ data: { text: expect.stringContaining('Monday') } });
		expect(sandbox.session('s-1')?.conversation[0]).toMatchObject({ testMode: true });
	});

	it('is told who it is only once it is connected, when that is wished', async () => {
		const sandbox = await sandboxFor();
		const client = await readySocket(sandbox, 'Showcase Socket', { inner: true });

		client.say('text');
		await client.got('finalPing');

		expect(client.texts()).toEqual(['Plain text.']);
		expect(sandbox.requests[0]).toMatchObject({
			operation: 'connect',
			status: 101,
			queryNames: expect.not.arrayContaining(['urlToken', 'sessionId', 'userId']),
		});
		expect(sandbox.stats().sockets).toMatchObject({ opened: 1, innerHandshakes: 1, eio3: 0 });
	});

	it('decodes what is in its query once more than Socket.IO', async () => {
		const sandbox = await sandboxFor();
		const { urlToken } = sandbox.endpoint('Showcase Socket');
		const query = { urlToken, userId: 'user%201', sessionId: 's%2F1', emitWithAck: 'true' };
		const client = await readySocket(sandbox, 'Showcase Socket', { query, userId: 'user 1', sessionId: 's/1' });

		client.say('text');
		await client.got('finalPing');

		expect(sandbox.session('s/1', 'user 1')).toBeDefined();
	});

	it('says something later, without being asked', async () => {
		const sandbox = await sandboxFor();
		const client = await readySocket(sandbox, 'Showcase Socket');

		client.say('later');
		await client.got('output', 2);
		sandbox.say({ userId: 'user-1', sessionId: 's-1' }, { text: 'Are you there?', data: { a: 1 } });
		await client.got('output', 3);

		expect(client.texts()).toEqual(['I come back to you.', 'Here I am again.', 'Are you there?']);
		expect(client.received.map(({ event }) => event).indexOf('finalPing')).toBeLessThan(6);
		expect(() => sandbox.say({ userId: 'nobody', sessionId: 's-1' }, { text: 'x' })).toThrow('no session');
	});

	it('passes on what is injected and notified', async () => {
		const sandbox = await sandboxFor();
		const client = await readySocket(sandbox, 'Showcase Socket');
		const { urlToken } = sandbox.endpoint('Showcase Socket');
		const body = { userId: 'user-1', sessionId: 's-1', text: 'turn' };

		await call(`${sandbox.endpointUrl}/inject/${urlToken}`, { body });
		await client.got('finalPing');
		await call(`${sandbox.endpointUrl}/notify/${urlToken}`, { body });
		await client.got('output', 2);

		expect(client.texts()).toEqual(['This is turn 1.', 'turn']);
	});

	it('has turns that are stopped, and turns that fail', async () => {
		const sandbox = await sandboxFor();
		const client = await readySocket(sandbox, 'Showcase Socket');

		client.say('stop');
		expect(await client.got('finalPing')).toEqual({ type: 'cognigyStopFlow' });
		client.say('error');
		await client.got('finalPing', 2);

		expect(client.received.filter(({ event }) => event === 'output').at(-1)?.payload).toEqual({
			type: 'error',
			data: { error: { message: 'The flow has failed.', code: 1000 } },
		});
	});

	it('restarts the flow on resetFlow only where that is not switched off', async () => {
		for (const [resetFlow, expected] of [
			[false, 'This is turn 2.'],
			[true, 'This is turn 1.'],
		] as const) {
			const sandbox = await sandboxFor({ resetFlow });
			const client = await readySocket(sandbox, 'Showcase Socket');
			client.say('turn');
			client.say('turn', { resetFlow: true });
			await client.got('finalPing', 2);
			expect(client.texts()[1]).toBe(expected);
		}
	});

	it.each([
		[{ sessionId: 'other' }, 'not for the session'],
		[{ URLToken: 'other' }, 'not for the session'],
		[{ URLToken: undefined }, 'URLToken'],
		[{ text: undefined }, 'Either text or data'],
	])('answers a message with %j with an error', async (change, problem) => {
		const sandbox = await sandboxFor();
		const client = await readySocket(sandbox, 'Showcase Socket');

		client.say('text', change);

		expect(await client.got('output')).toMatchObject({
			type: 'error',
			data: { error: { message: expect.stringContaining(problem) } },
		});
		expect(sandbox.stats().turns).toBe(0);
	});

	it('sends to all sockets of a session, and only to those', async () => {
		const sandbox = await sandboxFor();
		const one = await readySocket(sandbox, 'Showcase Socket');
		const two = await readySocket(sandbox, 'Showcase Socket');
		const other = await readySocket(sandbox, 'Showcase Socket', { sessionId: 's-2' });

		one.say('text');
		await Promise.all([one.got('finalPing'), two.got('finalPing')]);

		expect(other.texts()).toEqual([]);
		expect(sandbox.stats().sockets).toMatchObject({ open: 3, maxOpen: 3 });
		other.socket.disconnect();
		await sandbox.when(() => sandbox.stats().sockets.open === 2);
	});

	it.each([
		['output', 'output', { type: 'finalPing', data: { type: 'regular' } }],
		['none', 'typingStatus', { status: 'typingOff' }],
	] as const)('may tell the end of a turn otherwise: %s', async (finalPing, event, payload) => {
		const sandbox = await sandboxFor({ finalPing });
		const client = await readySocket(sandbox, 'Showcase Socket');
		client.say('text');
		await client.got('typingStatus', 2);
		await sandbox.when(() => sandbox.stats().outputs.acknowledged === 1);
		if (finalPing === 'output') await client.got('output', 2);

		expect(client.received.at(-1)).toEqual({ event, payload });
	});

	it('may end a turn that fails without telling', async () => {
		const sandbox = await sandboxFor({ finalPingAfterError: false });
		const client = await readySocket(sandbox, 'Showcase Socket');
		client.say('error');
		await client.got('typingStatus', 2);
		client.say('text');
		await client.got('finalPing');

		expect(client.received.filter(({ event }) => event === 'finalPing')).toHaveLength(1);
	});

	it('may be an old one that never says it is ready, and works', async () => {
		const sandbox = await sandboxFor({ endpointReady: false });
		const client = socketFor(sandbox, 'Showcase Socket');

		client.say('text');
		await client.got('finalPing');

		expect(client.received.map(({ event }) => event)).not.toContain('endpoint-ready');
	});
});

describe('a socket that is not let in', () => {
	it.each([
		['exception', 'exception', { data: { error: { message: 'Endpoint not found', code: 1002 } } }],
		['error', 'error', { data: { error: { message: 'Endpoint not found' } } }],
		['output', 'output', { type: 'error', data: { error: { message: 'Endpoint not found' } } }],
		['disconnect', 'disconnect', { reason: 'io server disconnect' }],
	] as const)('gets %s', async (socketRefusal, event, payload) => {
		const sandbox = await sandboxFor({ socketRefusal });
		const client = socketFor(sandbox, 'Showcase Socket', { urlToken: 'nonsense' });

		expect(await client.got(event)).toMatchObject(payload);
		await client.got('disconnect');
		expect(sandbox.stats().sockets).toMatchObject({ refused: 1, open: 0 });
	});

	it('may get nothing at all', async () => {
		const sandbox = await sandboxFor({ socketRefusal: 'silence' });
		const client = socketFor(sandbox, 'Retired Socket');
		await sandbox.when(() => sandbox.stats().sockets.refused === 1);

		client.say('text');
		await new Promise((resolve) => setTimeout(resolve, 20));

		expect(client.received).toEqual([]);
		expect(client.socket.connected).toBe(true);
		expect(sandbox.stats().turns).toBe(0);
	});

	it.each([
		['an endpoint that is switched off', 'Retired Socket', {}, 'not active'],
		['an endpoint of another kind', 'Orders REST', {}, 'no Socket.IO'],
		['no session', 'Orders Socket', { query: { urlToken: 'x' } }, 'must be sent'],
	])('has named %s', async (_case, endpoint, options, problem) => {
		const sandbox = await sandboxFor();
		const client = socketFor(sandbox, endpoint, options);

		expect(await client.got('exception')).toMatchObject({
			data: { error: { message: expect.stringContaining(problem) } },
		});
	});
});

describe('the event buffer', () => {
	/** What comes later comes when the one who asked is certainly gone. */
	const slowMs = 300;

	it('keeps what is said while nobody is connected, for the same session', async () => {
		const sandbox = await sandboxFor({ slowMs });
		const before = await readySocket(sandbox, 'Showcase Socket');
		before.say('later');
		await before.got('finalPing');
		before.socket.disconnect();
		await sandbox.when(() => sandbox.stats().outputs.kept === 1);

		const other = await readySocket(sandbox, 'Showcase Socket', { sessionId: 's-2' });
		const after = await readySocket(sandbox, 'Showcase Socket');
		await after.got('output');

		expect(after.texts()).toEqual(['Here I am again.']);
		expect(other.texts()).toEqual([]);
		expect(sandbox.stats().outputs).toMatchObject({ kept: 1, redelivered: 1, lost: 0 });
	});

	it('keeps what is not acknowledged in time, and sends it again at the next connection, in order', async () => {
		// Long enough for the second one to acknowledge on a busy machine.
		const sandbox = await sandboxFor({ ackTimeoutMs: 1_000 });
		const deaf = await readySocket(sandbox, 'Showcase Socket', { silent: true });
		deaf.say('several');
		await sandbox.when(() => sandbox.stats().outputs.kept === 3);
		deaf.socket.disconnect();

		const client = await readySocket(sandbox, 'Showcase Socket');
		await client.got('finalPing');

		expect(deaf.texts()).toEqual(['One.', 'Two.', 'Three.']);
		expect(client.texts()).toEqual(['One.', 'Two.', 'Three.']);
		await sandbox.when(() => sandbox.stats().outputs.acknowledged === 3);
		expect(sandbox.session('s-1')?.conversation[1]?.delivery).toEqual({ sent: 2, state: 'acknowledged' });
	});

	it('sends what an old socket has not acknowledged to the new one that is there already', async () => {
		const sandbox = await sandboxFor({ ackTimeoutMs: 100 });
		const deaf = await readySocket(sandbox, 'Showcase Socket', { silent: true });
		deaf.say('text');
		await deaf.got('finalPing');
		const client = await readySocket(sandbox, 'Showcase Socket');

		await client.got('finalPing');

		expect(client.texts()).toEqual(['Plain text.']);
	});

	it('is for sockets that acknowledge', async () => {
		const sandbox = await sandboxFor({ slowMs });
		const client = await readySocket(sandbox, 'Showcase Socket', { emitWithAck: false });
		client.say('later');
		await client.got('finalPing');
		client.socket.disconnect();

		await sandbox.when(() => sandbox.stats().outputs.lost === 1);
		expect(sandbox.stats().outputs).toMatchObject({ acknowledged: 0, kept: 0 });
		expect(sandbox.session('s-1')?.conversation[1]?.delivery).toEqual({ sent: 1, state: 'delivered' });
	});

	it('can be switched off', async () => {
		const sandbox = await sandboxFor({ eventBuffer: false, slowMs });
		const client = await readySocket(sandbox, 'Showcase Socket');
		client.say('later');
		await client.got('finalPing');
		client.socket.disconnect();

		await sandbox.when(() => sandbox.stats().outputs.lost === 1);
		expect(sandbox.stats().outputs).toMatchObject({ acknowledged: 0, kept: 0 });
	});
});

describe('the frames on the wire', () => {
	const identity = (sandbox: Awaited<ReturnType<typeof sandboxFor>>) => ({
		urlToken: sandbox.endpoint('Showcase Socket').urlToken,
		userId: 'user-1',
		sessionId: 's-1',
		emitWithAck: 'true',
	});
	const input = (sandbox: Awaited<ReturnType<typeof sandboxFor>>) => {
		const { urlToken: URLToken, userId, sessionId } = identity(sandbox);
		return `42${JSON.stringify(['processInput', { URLToken, userId, sessionId, resetFlow: false, text: 'text' }])}`;
	};

	it('are those of Engine.IO 3 for old clients', async () => {
		const sandbox = await sandboxFor();
		const { frames, frame, send } = await rawSocket(sandbox, { EIO: '3', ...identity(sandbox) });

		await frame(/endpoint-ready/);
		expect(frames).toEqual([expect.stringMatching(/^0\{"sid"/), '40', '42["endpoint-ready"]']);
		send(input(sandbox));
		const output = await frame(/^42\d+\["output",\{"type":"output"/);
		send(`43${/^42(\d+)/.exec(output)?.[1]}[]`);
		await sandbox.when(() => sandbox.stats().outputs.acknowledged === 1);
		await frame(/^42\d+\["finalPing",\{"type":"regular"\}\]$/);
		send('2');
		await frame(/^3$/);
		expect(sandbox.stats().sockets.eio3).toBe(1);
	});

	it('ask for who it is in Engine.IO 3 too', async () => {
		const sandbox = await sandboxFor();
		const { frame, send } = await rawSocket(sandbox, { EIO: '3', handshake: 'true' });
		const [, number] = /^42(\d+)\["handshake"\]$/.exec(await frame(/handshake/)) ?? [];

		send(`43${number}${JSON.stringify([{ ...identity(sandbox), testMode: false, emitWithAck: false }])}`);
		await frame(/endpoint-ready/);
		send(input(sandbox));

		await frame(/^42\["output",/);
	});

	it('are those of Engine.IO 4 for new clients', async () => {
		const sandbox = await sandboxFor({ pingIntervalMs: 20 });
		const { frame, send } = await rawSocket(sandbox, { EIO: '4', ...identity(sandbox) });
		await frame(/^0/);
		send('40');
		await frame(/^40\{"sid"/);
		await frame(/^2$/);
		send('3');
	});

	it('of an old server are those of Engine.IO 3 for everybody, which new clients refuse', async () => {
		const sandbox = await sandboxFor({ socketProtocol: 'v2' });
		const client = socketFor(sandbox, 'Showcase Socket');

		expect(await client.got('connect_error')).toMatchObject({ reason: expect.stringContaining('v2.x') });
		const { frame } = await rawSocket(sandbox, { EIO: '3', ...identity(sandbox) });
		await frame(/endpoint-ready/);
	});

	it('are not for old clients when that is wished', async () => {
		const sandbox = await sandboxFor({ socketProtocol: 'v4' });

		const { frames, closed } = await rawSocket(sandbox, { EIO: '3', ...identity(sandbox) });
		await closed;
		expect(frames).toEqual([]);
		expect(sandbox.requests[0]).toMatchObject({ operation: 'connect', status: 400, ran: false });
		await readySocket(sandbox, 'Showcase Socket');
	});

	it('do not come by polling', async () => {
		const sandbox = await sandboxFor();
		expect(await call(`${sandbox.endpointUrl}/socket.io/?EIO=4&transport=polling`)).toMatchObject({
			status: 400,
			json: { code: 0 },
		});
	});
});

it('works over TLS', async () => {
	const sandbox = await sandboxFor({ tls: true });
	const client = await readySocket(sandbox, 'Showcase Socket', { inner: true });
	client.say('text');
	await client.got('finalPing');
});
