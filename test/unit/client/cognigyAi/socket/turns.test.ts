import { inspect } from 'node:util';

import type { CognigyAiSandboxOptions } from '../../../../../sandbox';
import type { CognigyAiTriggerFlowInput } from '../../../../../client/cognigyAi/inputs';
import { systemClock } from '../../../../../client/time/systemClock';
import { callOptions, cognigyAiSetup, triggerInput } from '../../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../../support/errors';
import { FakeClock, settle } from '../../../../support/fakeClock';
import { MemoryRegistry } from '../../../../support/memoryRegistry';
import { closeSetups } from '../../../../support/setups';

afterEach(closeSetups);

const reply = { maxWaitSeconds: 20 };

interface Options {
	sandbox?: CognigyAiSandboxOptions;
	clock?: FakeClock | typeof systemClock;
	fields?: Record<string, unknown>;
	registry?: MemoryRegistry;
}

async function showcase({ sandbox: options = {}, clock, registry, fields = {} }: Options = {}) {
	const setup = await cognigyAiSetup({
		sandbox: { slowMs: 50, ...options },
		fields,
		...(clock ? { clock } : {}),
		...(registry ? { dependencies: { registry } } : {}),
	});
	const { client, sandbox } = setup;
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const input = (changes: Partial<CognigyAiTriggerFlowInput>) =>
		triggerInput({ endpoint, channel: 'socketio', reply, ...changes });
	return {
		...setup,
		say: async (text: string, changes: Partial<CognigyAiTriggerFlowInput> = {}) =>
			await client.triggerFlow(input({ text, ...changes }), callOptions),
		inputs: () => sandbox.requests.filter(({ operation }) => operation === 'processInput'),
	};
}

it('collects what the bot says until its turn is over', async () => {
	const { sandbox, say, inputs } = await showcase();
	const { audit, messages = [], ...result } = await say('several');
	expect(messages.map(({ text, type }) => [text, type])).toEqual([
		['One.', 'bot'],
		['Two.', 'bot'],
		['Three.', 'bot'],
	]);
	expect(result).toMatchObject({ status: 'COMPLETED', reply: 'One.\nTwo.\nThree.' });
	expect(result).not.toHaveProperty('warnings');
	expect(audit).toMatchObject({ status: 'success', attempts: 1 });
	expect(inputs()).toHaveLength(1);
	await sandbox.when(() => sandbox.stats().sockets.open === 0);
});

it('tells who it is on the connection: no URL holds a token (guarantee 6)', async () => {
	const { sandbox, say } = await showcase();
	await say('text', { testMode: true });
	const { sockets } = sandbox.stats();
	expect(sockets).toMatchObject({ opened: 1, innerHandshakes: 1, eio3: 0 });
	await sandbox.when(() => sandbox.stats().outputs.acknowledged === 1);
	const [connect] = sandbox.requests;
	expect(connect).toMatchObject({ operation: 'connect', queryNames: ['handshake', 'EIO', 'transport'] });
	expect(sandbox.session('session-1')?.conversation.every(({ testMode }) => testMode)).toBe(true);
});

it.each<[string, CognigyAiSandboxOptions]>([
	['an output says that the turn is over', { finalPing: 'output' }],
	['nothing is acknowledged', { eventBuffer: false }],
])('works where %s', async (_what, options) => {
	const { say } = await showcase({ sandbox: options });
	expect(await say('several')).toMatchObject({ status: 'COMPLETED', reply: 'One.\nTwo.\nThree.' });
});

it('keeps rich outputs, and leaves out what says nothing', async () => {
	const { say } = await showcase();
	const { messages = [], reply: text } = await say('buttons');
	expect(text).toContain('How do you want to go on?\n[Track my order]');
	expect(messages[0]?.data).toHaveProperty('_cognigy._default._buttons');
	expect((await say('agent')).messages?.map(({ messageId }) => messageId)).toEqual(['message-1']);
	expect(await say('silent')).toMatchObject({ messages: [], status: 'COMPLETED' });
});

it('waits as long as it may, and says that more may come', async () => {
	const clock = new FakeClock({ skipsUpToMs: 900 });
	const { sandbox, say } = await showcase({ clock, sandbox: { finalPing: 'none' } });
	const waiting = say('text');
	await sandbox.when(() => sandbox.stats().outputs.acknowledged === 1);
	await clock.advance(19_999);
	await clock.advance(1);
	const { status, reply: text, warnings } = await waiting;
	expect([status, text]).toEqual(['SENT', 'Plain text.']);
	expect(warnings).toEqual([expect.stringContaining('did not end its turn within 20 s')]);
});

it('ends the reply where it has room for no more, and says so; the message is not sent again', async () => {
	const { sandbox, say, inputs } = await showcase({ clock: systemClock, sandbox: { slowMs: 60_000 } });
	const answer = say('slow', { reply: { ...reply, maxWaitSeconds: 3_600 } });
	await sandbox.when(() => inputs().length === 1);
	for (let index = 0; index < 1_100; index++) {
		sandbox.say({ userId: 'user-1', sessionId: 'session-1' }, { text: `${index}` });
	}
	const { status, messages = [], warnings } = await answer;
	expect(status).toBe('SENT');
	expect(messages.map(({ text }) => Number(text))).toEqual([...Array(1_000).keys()]);
	expect(warnings).toEqual(['The bot said more than 1,000 messages; the reply has the first 1,000.']);
	expect(inputs()).toHaveLength(1);
	await sandbox.when(() => sandbox.stats().sockets.open === 0);
});

it('does not wait for the reply when nobody wants it', async () => {
	const { sandbox, client, say } = await showcase();
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const { reply: _reply, ...input } = triggerInput({ endpoint, channel: 'socketio', text: 'slow' });
	const result = await client.triggerFlow(input, callOptions);
	expect(result.status).toBe('SENT');
	expect(result).not.toHaveProperty('messages');
	expect((await say('turn', { sessionId: 'another' })).reply).toBe('This is turn 1.');
});

it('lets a turn that nobody waits for end before the next one', async () => {
	const { sandbox, client, say } = await showcase({ clock: systemClock });
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const { reply: _reply, ...input } = triggerInput({ endpoint, channel: 'socketio', text: 'slow' });
	await client.triggerFlow(input, callOptions);
	expect((await say('turn')).reply).toBe('This is turn 2.');
	await sandbox.when(() => sandbox.stats().sockets.open === 0);
	expect(sandbox.stats().sockets.opened).toBe(1);
});

it.each(['finalPing', 'drop', 'time', 'close'] as const)(
	'stops listening after a turn that nobody waits for: %s',
	async (how) => {
		const clock = new FakeClock({ skipsUpToMs: 900 });
		const { sandbox, client } = await showcase({ clock, sandbox: how === 'finalPing' ? {} : { slowMs: 60_000 } });
		const { url: endpoint } = sandbox.endpoint('Showcase Socket');
		const { reply: _reply, ...input } = triggerInput({ endpoint, channel: 'socketio', text: 'slow' });
		expect((await client.triggerFlow(input, callOptions)).status).toBe('SENT');
		if (how !== 'finalPing') {
			expect(sandbox.stats().sockets.open).toBe(1);
			if (how === 'drop') sandbox.dropSockets();
			if (how === 'time') await clock.advance(20_000);
			if (how === 'close') client.close();
		}
		await sandbox.when(() => sandbox.stats().sockets.open === 0);
		expect(sandbox.stats().sockets.opened).toBe(1);
		await settle();
		expect(clock.pendingTimers).toBe(0);
	},
);

describe('where streams may run in another process', () => {
	/** As in queue mode. Nothing in here asks Redis. */
	const fields = { stateStore: 'redis', redisUrl: 'redis://127.0.0.1:6379' };

	it('what nobody waits for is left to them, and does not pass for the next reply', async () => {
		const { sandbox, client, say } = await showcase({ clock: systemClock, fields });
		const { url: endpoint } = sandbox.endpoint('Showcase Socket');
		const { reply: _reply, ...input } = triggerInput({ endpoint, channel: 'socketio', text: 'several' });
		await client.triggerFlow(input, callOptions);
		await sandbox.when(() => sandbox.stats().sockets.open === 0);
		await sandbox.when(() => sandbox.stats().outputs.kept === 3);
		expect(sandbox.stats().outputs.acknowledged).toBe(0);
		expect((await say('turn')).reply).toBe('This is turn 2.');
	});
});

it('lets the turns of one session come one after the other, over one connection', async () => {
	const { sandbox, say } = await showcase();
	const replies = await Promise.all(['turn', 'several', 'turn'].map(async (text) => (await say(text)).reply));
	expect(replies).toEqual(['This is turn 1.', 'One.\nTwo.\nThree.', 'This is turn 3.']);
	expect(sandbox.stats().sockets.opened).toBe(1);
});

it('injects on the same connection, and gets the reply', async () => {
	const { say } = await showcase();
	await say('text');
	const { reply: text, status } = await say('turn', { deliverAs: 'inject' });
	expect([status, text]).toEqual(['COMPLETED', 'This is turn 2.']);
});

describe('a message that may have run is not sent again (guarantee 1)', () => {
	it.each(['dropBefore', 'resetBefore'] as const)('after %s', async (kind) => {
		const registry = new MemoryRegistry();
		const { sandbox, say, inputs } = await showcase({ registry });
		sandbox.faults.inject({ operation: 'processInput', kind });
		const error = await cognigyErrorOf(say('text'));
		expect(error).toMatchObject({ category: 'network', mayHaveRun: true });
		expect(error.message).toContain('may have run, with session "session-1"');
		expect(inputs()).toHaveLength(1);
		expect(registry.count('confirm')).toBe(1);
	});

	it.each(['errorOutput', 'exception', 'errorEvent'] as const)('after %s', async (kind) => {
		const { sandbox, say, inputs } = await showcase();
		sandbox.faults.inject({ operation: 'processInput', kind, message: 'It hurts' });
		const error = await cognigyErrorOf(say('text'));
		expect(error).toMatchObject({ category: 'rejected', mayHaveRun: true });
		expect(error.message).toContain('It hurts');
		expect(inputs()).toHaveLength(1);
	});

	it('when it is cancelled', async () => {
		const { sandbox, client } = await showcase();
		sandbox.faults.inject({ operation: 'processInput', kind: 'hang' });
		const { url: endpoint } = sandbox.endpoint('Showcase Socket');
		const caller = new AbortController();
		const waiting = cognigyErrorOf(
			client.triggerFlow(triggerInput({ endpoint, channel: 'socketio', reply }), {
				...callOptions,
				signal: caller.signal,
			}),
		);
		await sandbox.when(() => sandbox.stats().calls.processInput === 1);
		caller.abort();
		expect(await waiting).toMatchObject({ category: 'cancelled', mayHaveRun: true });
		await sandbox.when(() => sandbox.stats().sockets.open === 0);
	});
});

it.each([0, 1, 2])('goes on listening when the connection drops after %i outputs', async (outputs) => {
	const { sandbox, say, inputs } = await showcase();
	sandbox.faults.inject({ operation: 'processInput', kind: 'dropMidTurn', outputs });
	const { reply: text, status } = await say('several');
	expect([status, text]).toEqual(['COMPLETED', 'One.\nTwo.\nThree.']);
	expect(inputs()).toHaveLength(1);
	expect(sandbox.stats().sockets.opened).toBe(2);
});

it('takes what is delivered again after a drop for one message', async () => {
	const { sandbox, say } = await showcase({ sandbox: { ackTimeoutMs: 1_500 } });
	sandbox.faults.inject({ operation: 'output', kind: 'ackLost', times: 2 });
	sandbox.faults.inject({ operation: 'processInput', kind: 'dropMidTurn', outputs: 2 });
	expect((await say('several')).reply).toBe('One.\nTwo.\nThree.');
	expect(sandbox.stats().outputs.redelivered).toBeGreaterThanOrEqual(2);
});

describe('a connection that does not come about', () => {
	it.each([
		{ operation: 'connect', kind: 'htmlError', status: 502 },
		{ operation: 'connect', kind: 'textError', status: 503 },
		{ operation: 'connect', kind: 'status', status: 429 },
		{ operation: 'connect', kind: 'dropBefore' },
		{ operation: 'connect', kind: 'dropAfter' },
	] as const)('is dialled again: %j', async (fault) => {
		const { sandbox, say, inputs } = await showcase();
		sandbox.faults.inject(fault);
		expect((await say('text')).reply).toBe('Plain text.');
		expect(inputs()).toHaveLength(1);
	});

	it.each(['exception', 'error', 'output', 'disconnect'] as const)(
		'tells of a bad token: %s',
		async (socketRefusal) => {
			const registry = new MemoryRegistry();
			const { sandbox, say } = await showcase({ sandbox: { socketRefusal }, registry });
			const token = 'abcd'.repeat(16);
			const error = await cognigyErrorOf(say('text', { endpoint: `${sandbox.endpointUrl}/${token}` }));
			expect(error).toMatchObject({ category: 'rejected', mayHaveRun: false });
			expect(error.message).toContain('Connecting to endpoint-');
			expect(inspect(error, { depth: 10 })).not.toContain(token);
			expect(registry.count('forget')).toBe(1);
			expect(registry.count('confirm')).toBe(0);
		},
	);

	it('gives up on an endpoint that never says that it is ready', async () => {
		const clock = new FakeClock({ skipsUpToMs: 900 });
		const { sandbox, client, inputs } = await showcase({ clock, sandbox: { endpointReady: false } });
		const { url: endpoint } = sandbox.endpoint('Showcase Socket');
		const input = triggerInput({ endpoint, channel: 'socketio', reply });
		const waiting = cognigyErrorOf(client.triggerFlow(input, { ...callOptions, retries: 0 }));
		await sandbox.when(() => sandbox.stats().sockets.innerHandshakes === 1);
		// The answer to the handshake is under way.
		await new Promise((resolve) => setTimeout(resolve, 50));
		await clock.advance(15_000);
		const error = await waiting;
		expect(error).toMatchObject({ category: 'timeout', mayHaveRun: false });
		expect(error.message).toContain('never said that it is ready');
		expect(inputs()).toHaveLength(0);
		await sandbox.when(() => sandbox.stats().sockets.open === 0);
	});

	it('is dialled again when the endpoint was not ready in time', async () => {
		const clock = new FakeClock({ skipsUpToMs: 900 });
		const { sandbox, say } = await showcase({ clock });
		sandbox.faults.inject({ operation: 'ready', kind: 'never' });
		const waiting = say('text');
		await sandbox.when(() => sandbox.stats().sockets.innerHandshakes === 1);
		// The answer to the handshake is under way.
		await new Promise((resolve) => setTimeout(resolve, 50));
		await clock.advance(15_000);
		expect(await waiting).toMatchObject({ reply: 'Plain text.', audit: { attempts: 1 } });
	});

	it('says plainly that the server speaks only EIO 3', async () => {
		const { say, inputs } = await showcase({ sandbox: { socketProtocol: 'v2' } });
		const error = await cognigyErrorOf(say('text'));
		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: false });
		expect(error.message).toContain('does not speak the protocol of Socket.IO 3 and 4');
		expect(inputs()).toHaveLength(0);
	});

	it('names the endpoint that is not there', async () => {
		const { sandbox, say } = await showcase();
		const error = await cognigyErrorOf(say('text', { endpoint: sandbox.endpoint('Orders REST').url }));
		expect(error.advice).toContain('Socket.IO endpoint');
	});
});
