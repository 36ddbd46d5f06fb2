import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { FaultRequest, Sandbox } from '../../../sandbox';
import { type ChannelClient, checkFrame, dial, hangUp, openChannel, refusalOf, resetFrame } from './channelClient';
import { closeSandboxes, logIn, sandboxFor } from './support';

let sandbox: Sandbox;
let token: string;

beforeEach(async () => {
	sandbox = await sandboxFor();
	token = await logIn(sandbox);
});
afterEach(() => {
	hangUp();
	return closeSandboxes();
});

const inject = (fault: Record<string, unknown>) => sandbox.faults.inject(fault as FaultRequest);

function lastCall() {
	const { operation, fault, status, answered, ran, closeCode } = sandbox.requests.at(-1) ?? {};
	return { operation, fault, status, answered, ran, closeCode };
}

describe('faults of an upgrade', () => {
	const connect = { operation: 'connect' };
	/** Dials and returns the error that the client gets. */
	const failure = async () => {
		const webSocket = dial(sandbox, { token });
		const [error] = (await once(webSocket, 'error')) as [NodeJS.ErrnoException];
		return { message: error.message, code: error.code };
	};

	it('status: answers with it, its headers and its body', async () => {
		inject({ ...connect, kind: 'status', status: 429, headers: { 'Retry-After': '7' }, body: { wait: true } });
		expect(await refusalOf(sandbox, { token })).toMatchObject({
			status: 429,
			headers: { 'retry-after': '7', 'content-type': 'application/json; charset=utf-8' },
			json: { wait: true },
		});
		expect(lastCall()).toEqual({
			operation: 'connect',
			fault: 'status',
			status: 429,
			answered: true,
			ran: false,
			closeCode: null,
		});

		inject({ ...connect, kind: 'status', status: 503, headers: { 'Content-Type': 'text/html' }, body: '<p>Oops</p>' });
		expect(await refusalOf(sandbox)).toMatchObject({
			status: 503,
			headers: { 'content-type': 'text/html' },
			text: '<p>Oops</p>',
		});
		inject({ ...connect, kind: 'status', status: 204 });
		expect(await refusalOf(sandbox)).toMatchObject({ status: 204, text: '' });
		inject({ ...connect, kind: 'status', status: 200 });
		expect(await refusalOf(sandbox)).toMatchObject({ status: 200, json: { error: 'injected' } });
	});

	it('hang: never answers, until the client goes away', async () => {
		inject({ ...connect, kind: 'hang' });
		const webSocket = dial(sandbox, { token });
		webSocket.on('error', () => undefined);
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'hang');
		expect(sandbox.stats()).toMatchObject({ inFlight: 1, channel: { opened: 0 } });

		webSocket.terminate();

		await sandbox.when(() => sandbox.stats().inFlight === 0);
		expect(lastCall()).toMatchObject({ status: null, answered: false, ran: false });
	});

	it('hang: ends when the client resets the connection', async () => {
		inject({ ...connect, kind: 'hang' });
		const socket = connectTcp(sandbox.port, '127.0.0.1');
		socket.write('GET /ws/v1 HTTP/1.1\r\nHost: sandbox\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'hang');

		socket.resetAndDestroy();

		await sandbox.when(() => sandbox.stats().inFlight === 0);
	});

	it('hang: ends when the sandbox closes', async () => {
		inject({ ...connect, kind: 'hang' });
		const failed = failure();
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'hang');

		await sandbox.close();

		expect(await failed).toMatchObject({ message: 'socket hang up' });
	});

	it.each([
		['dropBefore', 'socket hang up'],
		['resetBefore', 'read ECONNRESET'],
	])('%s: cuts the connection before the upgrade', async (kind, message) => {
		inject({ ...connect, kind });

		expect(await failure()).toMatchObject({ message });
		expect(lastCall()).toMatchObject({ fault: kind, status: null, answered: false, ran: false });
		expect(sandbox.stats().channel).toMatchObject({ opened: 0 });
	});

	it('latency: answers late; a client that does not wait for it leaves nothing behind', async () => {
		inject({ ...connect, kind: 'latency', ms: 1 });
		await openChannel(sandbox, { token });
		expect(lastCall()).toMatchObject({ fault: 'latency', status: 101, ran: true });

		inject({ ...connect, kind: 'latency', ms: 3_600_000 });
		const webSocket = dial(sandbox, { token });
		webSocket.on('error', () => undefined);
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'latency' && sandbox.stats().inFlight === 1);
		webSocket.terminate();
		await sandbox.when(() => sandbox.stats().inFlight === 0);
		expect(lastCall()).toMatchObject({ status: null, ran: false });
	});

	it('latency: a client that has gone away is not answered once the time is over', async () => {
		inject({ ...connect, kind: 'latency', ms: 20, times: 2 });
		const webSocket = dial(sandbox, { token });
		webSocket.on('error', () => undefined);
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'latency');
		const { length } = sandbox.requests;
		webSocket.terminate();
		await sandbox.when(() => sandbox.stats().inFlight === 0);

		// Has to wait as long, from later on.
		await openChannel(sandbox, { token });

		expect(sandbox.requests[length - 1]).toMatchObject({ fault: 'latency', status: null, refusal: null });
	});

	it('latency: holds back a refusal too', async () => {
		inject({ ...connect, kind: 'latency', ms: 20 });
		const begin = performance.now();

		expect(await refusalOf(sandbox, { token: 'nonsense' })).toMatchObject({ status: 401 });
		expect(performance.now() - begin).toBeGreaterThan(19);
	});

	it.each(['dropAfter', 'resetAfter'])('%s: opens and cuts', async (kind) => {
		inject({ ...connect, kind });
		const channel = await openChannel(sandbox, { token });
		const tcpEnd = endOf(channel);

		expect(await channel.closed).toMatchObject({ code: 1006 });
		expect(await tcpEnd).toBe(kind === 'resetAfter' ? 'ECONNRESET' : 'end');
		await sandbox.when(() => sandbox.stats().channel.open === 0);
		expect(lastCall()).toMatchObject({ fault: kind, status: 101, ran: true, closeCode: 1006 });
	});

	it.each([
		['dropAfter', 'socket hang up'],
		['resetAfter', 'read ECONNRESET'],
	])('%s: cuts in the place of a refusal', async (kind, message) => {
		inject({ ...connect, kind });
		token = 'nonsense';

		expect(await failure()).toMatchObject({ message });
		expect(lastCall()).toMatchObject({ fault: kind, status: null, ran: false });
	});

	it('noSubprotocol: 101 without the subprotocol', async () => {
		inject({ ...connect, kind: 'noSubprotocol' });

		expect(await failure()).toMatchObject({ message: 'Server sent no subprotocol' });
		expect(lastCall()).toMatchObject({ fault: 'noSubprotocol', status: 101, ran: true });
	});

	it('freeze: opens, and is deaf and dumb from then on', async () => {
		inject({ ...connect, kind: 'freeze' });
		const channel = await openChannel(sandbox, { token });

		await expectFrozen(channel);
	});

	it('are for those upgrades that match', async () => {
		const match = { botId: 'slow-support', username: 'demo', reusedConnection: false };
		inject({ ...connect, kind: 'status', status: 503, match });

		await openChannel(sandbox, { token });
		expect(await refusalOf(sandbox, { token: 'nonsense', botId: 'slow-support' })).toMatchObject({ status: 401 });
		expect(await refusalOf(sandbox, { token, botId: 'slow-support' })).toMatchObject({ status: 503 });
		await openChannel(sandbox, { token, botId: 'slow-support' });
	});
});

describe.each([
	['reset', resetFrame('s-1')],
	['stateCheck', checkFrame('s-1')],
])('faults of a %s', (operation, frame) => {
	let channel: ChannelClient;
	const rightAnswer = { sessionId: 's-1', ...(operation === 'reset' && { status: 'RESET_COMPLETE' }) };
	const isReset = () => sandbox.runtimeState('s-1') !== undefined;

	/** Injects a fault for the next request. */
	const faulty = (fault: Record<string, unknown>) => inject({ operation, ...fault });

	beforeEach(async () => {
		channel = await openChannel(sandbox, { token });
	});

	/** Expects of the last call whether it ran, in the journal and in truth. */
	function expectRan(ran: boolean): void {
		expect(lastCall()).toMatchObject({ operation, status: null, ran });
		expect(isReset()).toBe(ran && operation === 'reset');
	}

	it('latency: runs at once and answers late', async () => {
		faulty({ kind: 'latency', ms: 20 });
		const begin = performance.now();
		const answer = channel.ask(frame);
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'latency');
		expect(lastCall()).toMatchObject({ answered: false });
		expectRan(true);

		expect(await answer).toMatchObject(rightAnswer);
		expect(performance.now() - begin).toBeGreaterThan(19);
		expect(lastCall()).toMatchObject({ fault: 'latency', answered: true });
	});

	it('latency: a client that does not wait for it leaves nothing behind', async () => {
		faulty({ kind: 'latency', ms: 3_600_000 });
		channel.send(frame);
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'latency');
		expect(sandbox.stats()).toMatchObject({ inFlight: 1 });

		channel.webSocket.terminate();

		await sandbox.when(() => sandbox.stats().inFlight === 0);
		expect(lastCall()).toMatchObject({ answered: false });
	});

	it.each([
		['hang', false],
		['lostAnswer', true],
	])('%s: no answer ever, and the connection stays', async (kind, ran) => {
		faulty({ kind });
		channel.send(frame);
		await channel.ping();

		expect(channel.unreadFrames).toBe(0);
		expect(channel.webSocket.readyState).toBe(channel.webSocket.OPEN);
		expect(lastCall()).toMatchObject({ fault: kind, answered: false, closeCode: null });
		expectRan(ran);
	});

	it.each([
		['dropBefore', false],
		['resetBefore', false],
		['dropAfter', true],
		['resetAfter', true],
	])('%s: cuts the connection', async (kind, ran) => {
		faulty({ kind });
		const tcpEnd = endOf(channel);

		expect(await channel.askInVain(frame)).toMatchObject({ code: 1006 });
		expect(await tcpEnd).toBe(kind.startsWith('reset') ? 'ECONNRESET' : 'end');
		await sandbox.when(() => sandbox.stats().channel.open === 0);
		expect(sandbox.stats()).toMatchObject({ inFlight: 0 });
		expect(lastCall()).toMatchObject({ fault: kind, answered: false });
		expectRan(ran);
	});

	it.each([
		[1000, ''],
		[1008, 'The directive was rejected.'],
		[1013, 'Try again later.'],
		[4000, 'x'.repeat(123)],
	])('close: closes with %p', async (code, reason) => {
		faulty({ kind: 'close', code, reason });

		expect(await channel.askInVain(frame)).toEqual({ code, reason });
		expect(lastCall()).toMatchObject({ fault: 'close', answered: false, closeCode: code });
		expectRan(false);
		await sandbox.when(() => sandbox.stats().channel.open === 0);
		expect(sandbox.requests.find((entry) => entry.operation === 'connect')).toMatchObject({ closeCode: code });
	});

	it('close: after the request has run', async () => {
		faulty({ kind: 'close', code: 1011, processed: true });

		expect(await channel.askInVain(frame)).toEqual({ code: 1011, reason: '' });
		expectRan(true);
	});

	it.each([
		[{ status: 'NO' }, '{"status":"NO"}'],
		['not { JSON', 'not { JSON'],
		['', ''],
		[null, 'null'],
		[undefined, '["not","what","the contract says"]'],
	])('answer: %p in the place of the right one', async (body, text) => {
		faulty({ kind: 'answer', body });
		channel.send(frame);

		expect(await channel.next()).toMatchObject({ text, isBinary: false });
		expect(lastCall()).toMatchObject({ fault: 'answer', answered: true });
		expectRan(true);
	});

	it('wrongSession: the right answer, naming another session', async () => {
		faulty({ kind: 'wrongSession' });

		const answer = await channel.ask(frame);

		expect(answer).toMatchObject({ ...rightAnswer, sessionId: expect.stringMatching(/^[\da-f-]{36}$/) });
		expectRan(true);
	});

	it('twice: the right answer, once more at once', async () => {
		faulty({ kind: 'twice' });
		const answer = await channel.ask(frame);

		expect(answer).toMatchObject(rightAnswer);
		expect(await channel.next()).toMatchObject({ json: answer });
		expectRan(true);
	});

	it('twice, late: the right answer, once more before the answer to the next request', async () => {
		faulty({ kind: 'twice', late: true });
		const answer = await channel.ask(frame);

		expect(await channel.ask(frame)).toEqual(answer);
		expect(await channel.next()).toMatchObject({ json: rightAnswer });
		expectRan(true);
	});

	it('binary: the right answer in a binary frame', async () => {
		faulty({ kind: 'binary' });
		channel.send(frame);

		expect(await channel.next()).toMatchObject({ isBinary: true, json: rightAnswer });
		expectRan(true);
	});

	it('hugeFrame: the right answer with padding', async () => {
		faulty({ kind: 'hugeFrame' });

		const { padding, ...answer } = await channel.ask(frame);

		expect(String(padding)).toHaveLength(8 * 1024 * 1024);
		expect(answer).toMatchObject(rightAnswer);

		faulty({ kind: 'hugeFrame', bytes: 5 });
		expect(await channel.ask(frame)).toMatchObject({ ...rightAnswer, padding: 'xxxxx' });
		expectRan(true);
	});

	it('freeze: deaf and dumb from this moment on', async () => {
		faulty({ kind: 'freeze' });
		channel.send(frame);
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'freeze');

		expectRan(false);
		await expectFrozen(channel);
	});

	it('freeze: ends when the client gives up', async () => {
		faulty({ kind: 'freeze' });
		channel.send(frame);
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'freeze');

		channel.webSocket.terminate();

		await sandbox.when(() => sandbox.stats().channel.open === 0);
		expect(sandbox.stats()).toMatchObject({ inFlight: 0, connectionsOpen: 0 });
	});

	it('freeze: what came together with the request is not looked at either', async () => {
		faulty({ kind: 'freeze' });
		// So that all three are in one packet.
		channel.socket.cork();
		channel.send(frame);
		channel.webSocket.ping();
		channel.send(frame);
		channel.socket.uncork();
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'freeze');

		await expectFrozen(channel);
		expect(sandbox.stats().channel).toMatchObject({ overlaps: 0, pings: 1 });
	});

	it('are for those requests that match', async () => {
		faulty({ kind: 'answer', body: { faulty: 'session' }, match: { sessionId: 's-2', botId: 'order-status' } });
		faulty({ kind: 'answer', body: { faulty: 'user' }, match: { username: 'reader' } });
		faulty({ kind: 'answer', body: { faulty: 'reused' }, match: { reusedConnection: true } });

		expect(await channel.ask(frame)).toMatchObject(rightAnswer);
		expect(await channel.ask(frame)).toEqual({ faulty: 'reused' });
		expect(await channel.ask({ ...frame, sessionId: 's-2' })).toEqual({ faulty: 'session' });
		expect(await channel.ask(frame)).toMatchObject(rightAnswer);
		expect(sandbox.requests.slice(-4).map(({ reusedConnection }) => reusedConnection)).toEqual([
			false,
			true,
			true,
			true,
		]);
	});

	it('are not used up by requests that the contract does not allow', async () => {
		faulty({ kind: 'answer', body: {} });

		expect(await channel.askInVain({ ...frame, sessionId: '' })).toMatchObject({ code: 1008 });
		expect(sandbox.faults.clear()).toBe(1);
	});
});

describe('the fault busy', () => {
	it('answers so many checks as if the session were so, and leaves it as it is', async () => {
		const channel = await openChannel(sandbox, { token });
		inject({ operation: 'stateCheck', kind: 'busy', times: 2 });
		inject({ operation: 'stateCheck', kind: 'busy', flowState: 'RESET', variables: { colour: 'red' } });
		await channel.ask(resetFrame('s-1'));

		const answers = [];
		for (let i = 0; i < 4; i += 1) answers.push(await channel.ask(checkFrame('s-1')));

		const rest = { sessionId: 's-1', dialogState: 'COLD', engineState: 'INITIALIZED' };
		expect(answers).toEqual([
			{ ...rest, flowState: 'WAITING', variables: {} },
			{ ...rest, flowState: 'WAITING', variables: {} },
			{ ...rest, flowState: 'RESET', variables: { colour: 'red' } },
			{ ...rest, flowState: 'RESET', variables: {} },
		]);
	});
});

describe('a fault for any operation', () => {
	it('is for those that can have it', async () => {
		inject({ operation: 'any', kind: 'binary' });
		const channel = await openChannel(sandbox, { token: await logIn(sandbox) });
		inject({ operation: 'any', kind: 'status', status: 503 });

		channel.send(resetFrame('s-1'));
		expect(await channel.next()).toMatchObject({ isBinary: true });
		channel.send(resetFrame('s-1'));
		expect(await channel.next()).toMatchObject({ isBinary: false });
		expect(await refusalOf(sandbox, { token })).toMatchObject({ status: 503 });
	});
});

it.each([
	['connect', { kind: 'truncate' }],
	['connect', { kind: 'lostAnswer' }],
	['connect', { kind: 'busy' }],
	['reset', { kind: 'status', status: 500 }],
	['reset', { kind: 'busy' }],
	['reset', { kind: 'hugeBody' }],
	['stateCheck', { kind: 'noSubprotocol' }],
	['stateCheck', { kind: 'badJson' }],
	['start', { kind: 'freeze' }],
	['login', { kind: 'close', code: 1000 }],
])('%s cannot have the fault %p, which is said', (operation, fault) => {
	expect(() => inject({ operation, ...fault })).toThrow(
		new RegExp(`kind: ${operation} cannot have the fault ${fault.kind}, only .*hang`),
	);
	expect(sandbox.faults.clear()).toBe(0);
});

it.each([
	['no code', { kind: 'close' }, /code: Required/],
	['a code that no close frame carries', { kind: 'close', code: 1006 }, /code: Must be/],
	['a code of nobody', { kind: 'close', code: 2000 }, /code: Must be/],
	['too long a reason', { kind: 'close', code: 1000, reason: 'ü'.repeat(62) }, /reason: .*123 bytes/],
	['too huge a frame', { kind: 'hugeFrame', bytes: 2 ** 40 }, /bytes: /],
	['a field of another kind', { kind: 'freeze', ms: 1 }, /'ms'/],
])('a fault with %s is refused', (_case, fault, reason) => {
	expect(() => inject({ operation: 'reset', ...fault })).toThrow(reason);
});

/** Expects that the peer looks as if it had lost its power: it neither answers nor closes, until the sandbox does. */
async function expectFrozen(channel: ChannelClient): Promise<void> {
	const calls = sandbox.requests.length;
	channel.webSocket.ping();
	channel.send(resetFrame('s-2'));
	channel.webSocket.close(1000);
	const { pings, open } = sandbox.stats().channel;
	// What another connection is asked and answers meanwhile would have reached this one too.
	const other = await openChannel(sandbox, { token });
	await other.ask(checkFrame('s-3'));
	await other.ping();

	expect(channel.pongs).toBe(0);
	expect(channel.unreadFrames).toBe(0);
	expect(channel.webSocket.readyState).toBe(channel.webSocket.CLOSING);
	expect(sandbox.requests).toHaveLength(calls + 2);
	expect(sandbox.stats().channel).toMatchObject({ pings: pings + 1, open: open + 1 });

	await sandbox.close();
	expect(await channel.closed).toMatchObject({ code: 1006 });
	expect(sandbox.stats().channel).toMatchObject({ pings: pings + 1, open: 0 });
}

/** How a TCP connection ends: with a FIN or with an error. */
async function endOf({ socket }: ChannelClient): Promise<string | undefined> {
	return await new Promise((resolve) => {
		socket.once('end', () => resolve('end'));
		socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
	});
}
