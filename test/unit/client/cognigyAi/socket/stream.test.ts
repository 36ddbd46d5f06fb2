import type { CognigyError } from '../../../../../client/errors';
import type { CognigyAiFollowInput, CognigyAiStreamMessagesInput } from '../../../../../client/cognigyAi/inputs';
import type { MessageBatch } from '../../../../../client/streams/types';
import { systemClock } from '../../../../../client/time/systemClock';
import type { Message } from '../../../../../client/types';
import type { CognigyAiSandboxOptions } from '../../../../../sandbox';
import { callOptions, cognigyAiSetup, triggerInput } from '../../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../../support/errors';
import { FakeClock } from '../../../../support/fakeClock';
import { MemoryRegistry } from '../../../../support/memoryRegistry';
import { until } from '../../../../support/until';
import { closeSetups } from '../../../../support/setups';

let stop: AbortController;
let troubles: string[];
let reading: Array<Promise<unknown>>;

beforeEach(() => {
	stop = new AbortController();
	troubles = [];
	reading = [];
});
afterEach(async () => {
	stop.abort();
	await Promise.all(reading);
	await closeSetups();
});

const address = { userId: 'user-1', sessionId: 'session-1' };

/** A client that follows sessions of the endpoint "Showcase Socket", with short pauses. */
async function streaming(options: CognigyAiSandboxOptions = {}, registry = new MemoryRegistry()) {
	const setup = await cognigyAiSetup({
		sandbox: { slowMs: 50, ...options },
		clock: systemClock,
		random: () => 0.02,
		dependencies: { registry },
	});
	const { sandbox, client } = setup;
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const listeners = {
		signal: stop.signal,
		onTrouble: ({ message }: CognigyError) => troubles.push(message),
		onRecovered: () => troubles.push('recovered'),
	};
	/** Messages of a session, as they come. */
	const read = (changes: Partial<CognigyAiStreamMessagesInput> = {}): Message[] => {
		const messages: Message[] = [];
		const input = { endpoint, ...address, ...changes };
		const all = async () => {
			for await (const batch of client.streamMessages(input, listeners)) messages.push(...batch);
		};
		reading.push(all());
		return messages;
	};
	/** Batches that were delivered. */
	const follow = (
		changes: Partial<CognigyAiFollowInput> = {},
		onBatch: (batch: MessageBatch) => Promise<void> = async () => {},
	) => {
		const batches: MessageBatch[] = [];
		const input = { endpoint, ...address, messageTypes: ['bot'], ...changes };
		const options = {
			...listeners,
			consumer: 'c',
			onBatch: async (batch: MessageBatch) => {
				await onBatch(batch);
				batches.push(batch);
			},
		};
		reading.push(client.follow(input, options));
		return batches;
	};
	const connected = async (sockets = 1) => {
		await sandbox.when(() => sandbox.stats().sockets.open === sockets);
		// The session begins with what is said first.
		await new Promise((resolve) => setTimeout(resolve, 100));
	};
	const say = async (text: string, sessionId = 'session-1') =>
		await client.triggerFlow(
			triggerInput({ endpoint, channel: 'socketio', text, sessionId, reply: { maxWaitSeconds: 10 } }),
			callOptions,
		);
	return { ...setup, endpoint, registry, read, follow, connected, say };
}

const texts = (messages: readonly Message[]) => messages.map(({ text }) => text);
const textsOf = (batches: readonly MessageBatch[]) => batches.flatMap(({ messages }) => texts(messages));

it('hears all that is said in a session, asked for or not, on one connection with its turns', async () => {
	const { sandbox, read, connected, say } = await streaming();
	const messages = read();
	await connected();
	expect((await say('several')).reply).toBe('One.\nTwo.\nThree.');
	sandbox.say(address, { text: 'By the way.', data: { k: 1 } });
	await until(() => messages.length === 4);
	expect(texts(messages)).toEqual(['One.', 'Two.', 'Three.', 'By the way.']);
	expect(messages[3]).toMatchObject({ type: 'bot', data: { k: 1 } });
	expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(4);
	expect(sandbox.stats().sockets.opened).toBe(1);
});

it('gives every reader every message, and to one that comes later what came before', async () => {
	const { sandbox, read, connected, say } = await streaming();
	const first = read();
	await connected();
	await say('text');
	await until(() => first.length === 1);
	const second = read();
	await until(() => second.length === 1);
	sandbox.say(address, { text: 'More.' });
	await until(() => first.length === 2 && second.length === 2);
	const known = read({ knownIds: first.map(({ messageId }) => messageId) });
	sandbox.say(address, { text: 'Even more.' });
	await until(() => known.length === 1);
	expect(texts(known)).toEqual(['Even more.']);
	expect(sandbox.stats().sockets.opened).toBe(1);
});

describe('no message is lost or emitted twice (guarantee 3)', () => {
	it('over dropped connections, while something is said', async () => {
		const { sandbox, read, connected, say } = await streaming();
		const messages = read();
		await connected();
		await say('text');
		for (let round = 1; round <= 5; round++) {
			sandbox.dropSockets();
			await sandbox.when(() => sandbox.stats().sockets.open === 0);
			sandbox.say(address, { text: `While away ${round}` });
			await sandbox.when(() => sandbox.stats().sockets.open === 1);
			sandbox.say(address, { text: `Back ${round}` });
		}
		await until(() => messages.length >= 11);
		expect(texts(messages).slice(1).sort()).toEqual(
			[1, 2, 3, 4, 5].flatMap((round) => [`Back ${round}`, `While away ${round}`]).sort(),
		);
		expect(troubles.filter((trouble) => trouble !== 'recovered').length).toBeGreaterThanOrEqual(5);
		expect(troubles.at(-1)).toBe('recovered');
	});

	it('when more comes than can be taken, and a turn is told the rest on a connection of its own', async () => {
		const { sandbox, client, endpoint, connected, say } = await streaming();
		const batches = client.streamMessages({ endpoint, ...address }, { signal: stop.signal });
		const first = batches.next();
		await connected();
		await say('text');
		const filler = 'x'.repeat(500_000);
		for (let number = 0; number < 24; number++) sandbox.say(address, { text: `${number} ${filler}` });
		await sandbox.when(() => sandbox.stats().sockets.open === 0);
		const { reply, messages = [] } = await say('turn');
		expect(reply).toBe('This is turn 2.');
		// A workflow may change what it is given.
		for (const message of messages) message.text = 'changed';

		const said: Message[] = [];
		for (let next = await first; !next.done; next = await batches.next()) {
			said.push(...next.value);
			if (said.at(-1)?.text === 'This is turn 2.') break;
		}
		const numbers = Array.from({ length: 24 }, (_, number) => String(number));
		expect(texts(said).map((text) => text.split(' x')[0])).toEqual(['Plain text.', ...numbers, 'This is turn 2.']);
	});

	it('when an acknowledgement is lost: the redelivery is the same message', async () => {
		const { sandbox, read, connected, say } = await streaming({ ackTimeoutMs: 1_500 });
		const messages = read();
		await connected();
		await say('text');
		sandbox.faults.inject({ operation: 'output', kind: 'ackLost' });
		sandbox.say(address, { text: 'Only once.' });
		await sandbox.when(() => sandbox.stats().outputs.kept === 1);
		sandbox.dropSockets();
		await sandbox.when(() => sandbox.stats().outputs.redelivered === 1);
		sandbox.say(address, { text: 'The end.' });
		await until(() => texts(messages).includes('The end.'));
		expect(texts(messages)).toEqual(['Plain text.', 'Only once.', 'The end.']);
	});

	it('when an acknowledgement is lost before a restart', async () => {
		const registry = new MemoryRegistry();
		const { sandbox, client, follow, connected, say, endpoint } = await streaming({ ackTimeoutMs: 1_500 }, registry);
		const batches = follow();
		await connected();
		await say('text');
		sandbox.faults.inject({ operation: 'output', kind: 'ackLost' });
		sandbox.say(address, { text: 'Only once.' });
		await until(() => textsOf(batches).length === 2);
		await sandbox.when(() => sandbox.stats().outputs.kept === 1);
		client.close();
		await Promise.all(reading);

		const next = await cognigyAiSetup({
			clock: systemClock,
			dependencies: { registry },
			fields: { apiBaseUrl: sandbox.apiUrl, projectId: sandbox.projectId },
		});
		const again: MessageBatch[] = [];
		const input = { endpoint, ...address, messageTypes: ['bot'] };
		const listeners = { signal: stop.signal, onTrouble: () => {}, onRecovered: () => {} };
		reading.push(
			next.client.follow(input, { ...listeners, consumer: 'c', onBatch: async (batch) => void again.push(batch) }),
		);
		await sandbox.when(() => sandbox.stats().outputs.redelivered > 0);
		sandbox.say(address, { text: 'The end.' });
		await until(() => textsOf(again).includes('The end.'));
		expect(textsOf(again)).toEqual(['The end.']);
	});
});

it('loses no message of many sessions and emits none twice, whatever happens to sockets and acknowledgements', async () => {
	const { sandbox, follow, say } = await streaming({ ackTimeoutMs: 150 });
	const sessions = Array.from({ length: 10 }, (_, index) => `s-${index}`);
	const batches = follow({ sessionId: '', userId: '' });
	await Promise.all(sessions.map(async (sessionId) => await say('silent', sessionId)));
	await sandbox.when(() => sandbox.stats().sockets.open === sessions.length);
	for (const kind of ['ackLost', 'lost'] as const) {
		sandbox.faults.inject({ operation: 'output', kind, after: 20, times: 30 });
	}
	const said: string[] = [];
	for (let round = 0; round < 20; round++) {
		for (const sessionId of sessions) {
			const text = `${sessionId} ${round}`;
			said.push(text);
			sandbox.say({ userId: 'user-1', sessionId }, { text });
		}
		if (round % 4 === 3) sandbox.dropSockets();
		await new Promise((resolve) => setTimeout(resolve, 40));
	}
	// What was not acknowledged comes with the next connection.
	await new Promise((resolve) => setTimeout(resolve, 400));
	sandbox.dropSockets();
	await until(() => textsOf(batches).length >= said.length);
	await new Promise((resolve) => setTimeout(resolve, 300));
	expect(textsOf(batches).sort()).toEqual(said.sort());
	expect(sandbox.stats().outputs.redelivered).toBeGreaterThan(20);
	expect(sandbox.stats().sockets.opened).toBeGreaterThan(5 * sessions.length);
}, 20_000);

it('follows every session of the endpoint in the registry, and no other', async () => {
	const { sandbox, client, follow, say } = await streaming();
	const batches = follow({ sessionId: '', userId: '' });
	await say('text', 'one');
	await client.triggerFlow(
		triggerInput({ endpoint: sandbox.endpoint('Orders REST').url, sessionId: 'rest' }),
		callOptions,
	);
	await sandbox.when(() => sandbox.stats().sockets.open === 1 && sandbox.stats().sockets.opened >= 2);
	await say('text', 'two');
	await sandbox.when(() => sandbox.stats().sockets.open === 2);
	await new Promise((resolve) => setTimeout(resolve, 300));
	sandbox.say({ ...address, sessionId: 'one' }, { text: 'To one.' });
	sandbox.say({ ...address, sessionId: 'two' }, { text: 'To two.' });
	await until(() => textsOf(batches).includes('To one.') && textsOf(batches).includes('To two.'));
	for (const { session, audit } of batches) {
		expect(session).toMatchObject({ userId: 'user-1', botId: sandbox.projectId });
		expect(session.flowId).toMatch(/^endpoint-/);
		expect(audit).toMatchObject({ operation: 'streamMessages', status: 'success' });
	}
	expect(sandbox.stats().sockets.maxOpen).toBeLessThanOrEqual(3);
});

it('gives a stream that begins later what turns before it heard, whether anybody waited for it', async () => {
	const { sandbox, client, follow, say, endpoint } = await streaming();
	await say('text', 'one');
	const { reply: _reply, ...input } = triggerInput({ endpoint, channel: 'socketio', text: 'slow', sessionId: 'two' });
	await client.triggerFlow(input, callOptions);
	await sandbox.when(() => sandbox.stats().sockets.open === 0);
	expect(sandbox.stats().outputs.kept).toBe(0);
	const batches = follow({ sessionId: '', userId: '' });
	await until(() => textsOf(batches).length === 2);
	await new Promise((resolve) => setTimeout(resolve, 300));
	expect(textsOf(batches).sort()).toEqual(['Plain text.', 'Thank you for waiting.']);
});

it('gives a stream in another process what nobody waited for', async () => {
	const { sandbox, endpoint, registry } = await streaming();
	const fields = { apiBaseUrl: sandbox.apiUrl, projectId: sandbox.projectId };
	const shared = { ...fields, stateStore: 'redis', redisUrl: 'redis://127.0.0.1:6379' };
	const dependencies = { registry };
	const worker = await cognigyAiSetup({ clock: systemClock, fields: shared, dependencies });
	const main = await cognigyAiSetup({ clock: systemClock, fields: shared, dependencies });
	const { reply: _reply, ...input } = triggerInput({ endpoint, channel: 'socketio', text: 'several' });
	await worker.client.triggerFlow(input, callOptions);
	const batches: MessageBatch[] = [];
	const listeners = { signal: stop.signal, onTrouble: () => {}, onRecovered: () => {}, consumer: 'c' };
	const what = { endpoint, sessionId: '', messageTypes: ['bot'] };
	reading.push(main.client.follow(what, { ...listeners, onBatch: async (batch) => void batches.push(batch) }));
	await until(() => textsOf(batches).length === 3);
	expect(textsOf(batches)).toEqual(['One.', 'Two.', 'Three.']);
});

it('tells when the bot types only if that is asked for', async () => {
	const { sandbox, read, follow, connected, say } = await streaming();
	const typing = follow({ sessionId: 'typing', messageTypes: ['bot', 'typingStatus'] });
	const messages = read();
	await connected(2);
	await say('text');
	await say('text', 'typing');
	await until(() => typing.flatMap((batch) => batch.messages).length >= 3 && messages.length > 0);
	expect(new Set(typing.flatMap((batch) => batch.messages).map(({ type, text }) => `${type} ${text}`))).toEqual(
		new Set(['typingStatus typingOn', 'bot Plain text.', 'typingStatus typingOff']),
	);
	expect(messages.map(({ type }) => type)).toEqual(['bot']);
	expect(sandbox.stats().sockets.opened).toBe(2);
});

it.each([
	['first', true],
	['last', false],
])('tells when the bot types to the one who asked, who came %s to a session of two', async (_, isFirst) => {
	const { follow, connected, say } = await streaming();
	const typing = { messageTypes: ['bot', 'typingStatus'] };
	const one = follow(isFirst ? typing : {});
	await connected();
	const other = follow(isFirst ? {} : typing);
	await say('text');
	await say('quick replies');
	const typesOf = (batches: MessageBatch[]) => batches.flatMap(({ messages }) => messages.map(({ type }) => type));
	const [asked, notAsked] = isFirst ? [one, other] : [other, one];
	await until(() => typesOf(asked).length === 6 && typesOf(notAsked).length === 2);
	expect(typesOf(asked).sort()).toEqual(['bot', 'bot', ...Array<string>(4).fill('typingStatus')]);
	expect(typesOf(notAsked)).toEqual(['bot', 'bot']);
});

it('comes back with a growing pause, and says once that it works again', async () => {
	const clock = new FakeClock();
	const { sandbox, client } = await cognigyAiSetup({ clock, random: () => 0.5 });
	for (let time = 0; time < 3; time++) sandbox.faults.inject({ operation: 'connect', kind: 'htmlError' });
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const input = { endpoint, ...address };
	const onTrouble = ({ message }: CognigyError) => troubles.push(message);
	const onRecovered = () => troubles.push('recovered');
	const all = async () => {
		const batches: Message[][] = [];
		for await (const batch of client.streamMessages(input, { signal: stop.signal, onTrouble, onRecovered }))
			batches.push(batch);
		return batches;
	};
	reading.push(all());
	for (const [index, pauseMs] of [250, 500, 1000].entries()) {
		await until(() => troubles.length === index + 1);
		await clock.advance(pauseMs - 1);
		expect(sandbox.stats().calls.connect).toBe(index + 1);
		await clock.advance(1);
		await sandbox.when(() => sandbox.stats().calls.connect === index + 2);
	}
	await until(() => troubles.includes('recovered'));
	expect(troubles).toHaveLength(4);
	expect(troubles[0]).toContain('502');
});

it('dials anew when an endpoint never says that it is ready', async () => {
	const clock = new FakeClock();
	const { sandbox, client } = await cognigyAiSetup({ clock });
	sandbox.faults.inject({ operation: 'ready', kind: 'never' });
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const onTrouble = ({ message }: CognigyError) => troubles.push(message);
	const all = async () => {
		const input = { endpoint, ...address };
		for await (const _batch of client.streamMessages(input, { signal: stop.signal, onTrouble })) void _batch;
	};
	reading.push(all());
	await sandbox.when(() => sandbox.stats().sockets.innerHandshakes === 1);
	await new Promise((resolve) => setTimeout(resolve, 50));
	await clock.advance(15_000);
	await until(() => troubles.length === 1);
	expect(troubles[0]).toContain('never said that it is ready');
	await clock.advance(1);
	await sandbox.when(() => sandbox.stats().sockets.opened === 2 && sandbox.stats().sockets.open === 1);
});

it.each(['stop', 'close'] as const)('ends at once, with its connection (guarantee 7): %s', async (how) => {
	const { sandbox, client, read, connected } = await streaming();
	read();
	await connected();
	if (how === 'stop') stop.abort();
	else client.close();
	await Promise.all(reading);
	await sandbox.when(() => sandbox.stats().sockets.open === 0);
});

it.each([
	[{ endpoint: '' }, 'endpoint'],
	[{ endpoint: 'nonsense' }, 'endpoint'],
	[{ userId: '' }, 'userId'],
] as const)('refuses %j before anything is sent', async (changes, parameter) => {
	const { sandbox, client, endpoint } = await streaming();
	const input = { endpoint, ...address, ...changes };
	const listeners = { signal: stop.signal, onTrouble: () => {}, onRecovered: () => {}, onBatch: async () => {} };
	const next = client.streamMessages(input, { signal: stop.signal }).next();
	expect(await cognigyErrorOf(next)).toMatchObject({ category: 'invalidInput', parameter });
	const following = client.follow({ ...input, messageTypes: ['bot'] }, { ...listeners, consumer: 'c' });
	expect(await cognigyErrorOf(following)).toMatchObject({ category: 'invalidInput', parameter });
	expect(sandbox.stats().calls.connect).toBe(0);
});
