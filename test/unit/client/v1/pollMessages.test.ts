import { getEventListeners } from 'node:events';

import type { CallKind } from '../../../../client/budget/rateBudget';
import type { CognigyError } from '../../../../client/errors';
import { FakeClock, settle } from '../../../support/fakeClock';
import { inject, status } from '../../../support/sandboxFaults';
import { until } from '../../../support/until';
import { callOptions, startInput, v1Setup, type V1Setup, type V1SetupOptions } from '../../../support/v1';
import type { Message } from '../../../../client/types';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);

const { botId, flowId } = startInput;
const sessionId = 'session-1';

interface Stream extends V1Setup {
	stop: AbortController;
	/** What the stream gave, batch by batch. */
	batches: Message[][];
	troubles: CognigyError[];
	isOver: boolean;
	done: Promise<void>;
}

/** A stream of a session that the sandbox runs, in which everything that the bot said first was read. */
async function streaming(options: V1SetupOptions = {}): Promise<Stream> {
	// Time stands still, so that a poll is held open as long as the test likes.
	const clock = options.clock ?? new FakeClock({ skipsUpToMs: 5_000 });
	const setup = await v1Setup({ ...options, clock, sandbox: { pollWaitMs: 10_000, ...options.sandbox } });
	await setup.client.triggerFlow(startInput, callOptions);
	const stream: Stream = {
		...setup,
		stop: new AbortController(),
		batches: [],
		troubles: [],
		isOver: false,
		done: Promise.resolve(),
	};
	const read = async () => {
		const place = { botId, flowId, sessionId };
		const { signal } = stream.stop;
		const onTrouble = (error: CognigyError) => stream.troubles.push(error);
		for await (const batch of setup.client.streamMessages(place, { signal, onTrouble })) stream.batches.push(batch);
		stream.isOver = true;
	};
	stream.done = read();
	await until(() => stream.batches.length === 1);
	await held(stream);
	return stream;
}

/** A poll waits at the service. */
const held = async ({ sandbox }: Pick<V1Setup, 'sandbox'>) => await sandbox.when(() => sandbox.stats().pollsHeld === 1);

const texts = ({ batches }: Stream) => batches.slice(1).map((batch) => batch.map(({ text }) => text));

it('gives the messages as the service says, the fields of the contract only', async () => {
	const { batches, sandbox } = await streaming();

	expect(batches).toEqual([sandbox.sessions[0]?.transcript]);
	expect(batches[0]?.map(({ type }) => type)).toEqual(['user', 'bot']);
});

it('asks for a session by its escaped ids, and to wait', async () => {
	const { sandbox } = await v1Setup({ sandbox: { pollWaitMs: 0 } });
	const { client, transport } = await v1Setup({ baseUrl: sandbox.url });
	const strange = { botId: 'a/b?c', flowId: 'größe', sessionId: 's 1#' };
	const options = { signal: new AbortController().signal };
	for await (const batch of client.streamMessages(strange, options)) throw new Error(`Gave ${batch.length}`);

	const { url, method, headers } = transport.requests.at(-1) ?? {};
	expect(url).toBe(`${sandbox.url}/api/v1/bots/a%2Fb%3Fc/flows/gr%C3%B6%C3%9Fe/sessions/s%201%23/messages?wait=true`);
	expect(method).toBe('GET');
	expect(headers).toMatchObject({
		Accept: 'application/json',
		Authorization: expect.stringMatching(/^Bearer ./) as string,
	});
});

it('is held open for 45 s at most, however short other calls may be', async () => {
	const stream = await streaming();
	expect(stream.clock.isWaiting(45_000)).toBe(true);
	await stream.clock.advance(44_999);
	expect(stream.troubles).toEqual([]);
	stream.sandbox.say(sessionId, 'at last');
	await until(() => stream.batches.length === 2);
	expect(texts(stream)).toEqual([['at last']]);

	await held(stream);
	await stream.clock.advance(45_000);
	await until(() => stream.troubles.length === 1);
	expect(stream.troubles[0]).toMatchObject({ category: 'timeout', isTransient: true });
	await held(stream);
	stream.sandbox.say(sessionId, 'again');
	await until(() => stream.batches.length === 3);
});

it('an answer without content is followed by a pause of 500 ms, and is no trouble', async () => {
	const stream = await streaming({ sandbox: { pollWaitMs: 20 }, clock: new FakeClock() });
	await until(() => stream.clock.isWaiting(500));
	const { messages } = stream.sandbox.stats();
	await stream.clock.advance(499);
	expect(stream.sandbox.stats().messages).toBe(messages);
	await stream.clock.advance(1);
	await stream.sandbox.when(() => stream.sandbox.stats().messages === messages + 1);

	expect(stream.transport.responses.at(-1)?.status).toBe(204);
	expect(stream.troubles).toEqual([]);
});

it.each([404, 410] as const)('%s ends the stream, after what was said before', async (code) => {
	const stream = await streaming();
	stream.sandbox.say(sessionId, 'last words');
	stream.sandbox.endSession(sessionId, code);
	await stream.done;

	expect(texts(stream)).toEqual([['last words']]);
	expect(stream.transport.responses.at(-1)?.status).toBe(code);
	expect(stream.troubles).toEqual([]);
	expect(stream.clock.pendingTimers).toBe(0);
});

it('the 404 of a login ends nothing: the service may be gone for a moment', async () => {
	const stream = await streaming();
	inject(stream.sandbox, 'login', status(404));
	stream.sandbox.expireTokens();
	inject(stream.sandbox, 'messages', status(401, { times: 1 }));
	stream.sandbox.say(sessionId, 'one');
	await until(() => stream.troubles.length > 0);
	stream.sandbox.say(sessionId, 'two');
	await until(() => texts(stream).flat().length === 2);

	expect(stream.troubles).toMatchObject([{ category: 'notFound' }]);
	expect(texts(stream).flat()).toEqual(['one', 'two']);
	expect(stream.isOver).toBe(false);
});

it('a token that has ended is renewed once, and nothing is lost', async () => {
	const stream = await streaming();
	stream.sandbox.expireTokens();
	stream.sandbox.say(sessionId, 'one');
	await until(() => stream.batches.length === 2);
	await held(stream);
	stream.sandbox.say(sessionId, 'two');
	await until(() => stream.batches.length === 3);

	expect(texts(stream)).toEqual([['one'], ['two']]);
	expect(stream.sandbox.stats().logins).toBe(2);
	expect(stream.troubles).toEqual([]);
});

describe('trouble is told of by its kind, and loses nothing', () => {
	it.each([
		['a list of texts', { kind: 'wrongShape', body: ['text'] }, { category: 'protocol' }],
		[
			'no list',
			{ kind: 'wrongShape', body: { messages: [] } },
			{ category: 'protocol', message: /it is not a JSON list/ },
		],
		[
			'a message without id',
			{ kind: 'wrongShape', body: [{ text: 'a', type: 'bot', timestamp: 't' }] },
			{ category: 'protocol', message: /session "session-1".* its field \[0\]\.messageId must be text/ },
		],
		[
			'an empty id',
			{ kind: 'wrongShape', body: [{ messageId: '', text: 'a', type: 'bot', timestamp: 't' }] },
			{ category: 'protocol', message: /its field \[0\]\.messageId/ },
		],
		[
			'a text that is none',
			{ kind: 'wrongShape', body: [{ messageId: 'm', text: { a: 1 }, type: 'bot', timestamp: 't' }] },
			{ category: 'protocol', message: /its field \[0\]\.text must be text/ },
		],
		[
			'a second message without type',
			{
				kind: 'wrongShape',
				body: [
					{ messageId: 'm', text: 'a', type: 'bot', timestamp: 't' },
					{ messageId: 'n', text: 'a', timestamp: 't' },
				],
			},
			{ category: 'protocol', message: /its field \[1\]\.type must be text/ },
		],
		[
			'a message without timestamp',
			{ kind: 'wrongShape', body: [{ messageId: 'm', text: 'a', type: 'bot' }] },
			{ category: 'protocol', message: /its field \[0\]\.timestamp must be text/ },
		],
		['broken JSON', { kind: 'badJson' }, { category: 'protocol', message: /not JSON/ }],
		['a page', { kind: 'wrongContentType' }, { category: 'protocol' }],
		['a cut answer', { kind: 'truncate' }, { category: 'network' }],
		['a dropped connection', { kind: 'dropBefore' }, { category: 'network' }],
		['500', status(500), { category: 'server', httpStatus: 500 }],
		['503', status(503, { headers: { 'Retry-After': '2' } }), { category: 'server', retryAfterMs: 2_000 }],
		['429', status(429, { headers: { 'Retry-After': '3' } }), { category: 'rateLimit', retryAfterMs: 3_000 }],
		['403', status(403), { category: 'permission', message: /session:manage/ }],
		['400', status(400), { category: 'invalidInput', message: /session "session-1"/ }],
	] as const)('%s', async (_name, fault, expected) => {
		const stream = await streaming();
		inject(stream.sandbox, 'messages', { ...fault });
		// What is held is answered as it is; the next poll has the fault.
		stream.sandbox.say(sessionId, 'one');
		await until(() => stream.batches.length === 2);
		stream.sandbox.say(sessionId, 'two');
		await until(() => texts(stream).flat().length === 2);

		const { message, ...details } = expected as { category: string; message?: RegExp };
		expect(stream.troubles).toMatchObject([details]);
		if (message) expect(stream.troubles[0]?.message).toMatch(message);
		expect(texts(stream).flat()).toEqual(['one', 'two']);
	});

	it('a 401 that a new login does not help with is an error of the login', async () => {
		const stream = await streaming();
		inject(stream.sandbox, 'messages', status(401, { times: 2 }));
		stream.sandbox.say(sessionId, 'one');
		await until(() => stream.troubles.length === 1);

		expect(stream.troubles[0]).toMatchObject({ category: 'authentication', httpStatus: 401 });
	});
});

it('ids that are numbers, texts that are null and unknown fields and types are taken', async () => {
	const stream = await streaming();
	const body = [
		{ messageId: 7, text: null, type: 'system', timestamp: 't', extra: { a: 1 } },
		{ messageId: 'm', type: 'bot', timestamp: '' },
	];
	inject(stream.sandbox, 'messages', { kind: 'wrongShape', body });
	stream.sandbox.say(sessionId, 'one');
	await until(() => stream.batches.length === 2);
	await held(stream);
	stream.sandbox.say(sessionId, 'two');
	await until(() => stream.batches.length >= 3);

	expect(stream.batches[2]).toEqual([
		{ messageId: '7', text: '', type: 'system', timestamp: 't' },
		{ messageId: 'm', text: '', type: 'bot', timestamp: '' },
	]);
	expect(stream.troubles).toEqual([]);
});

it('a stream takes its share of the rate budget, and whoever waits for a reply that of calls', async () => {
	const taken: CallKind[] = [];
	const budget = {
		take: async (kind: CallKind) => {
			taken.push(kind);
			await settle();
		},
		holdFor: () => {},
		close: () => {},
	};
	const { client, sandbox } = await streaming({ dependencies: { budget } });
	expect(taken).toEqual(['call', 'call', 'stream', 'stream']);

	const reply = { quietMs: 100, maxWaitSeconds: 1 };
	await client.triggerFlow({ ...startInput, sessionId: 'session-2', reply }, callOptions);
	expect(new Set(taken.slice(4))).toEqual(new Set(['call']));
	expect(sandbox.stats().pollsHeld).toBe(1);
});

it('leaves nothing behind of a poll that is over, however long the stream lives', async () => {
	const stream = await streaming();
	const { pendingTimers } = stream.clock;
	for (let i = 0; i < 5; i++) {
		stream.sandbox.say(sessionId, `message ${i}`);
		await until(() => stream.batches.length === i + 2);
		await held(stream);
	}

	expect(stream.clock.pendingTimers).toBe(pendingTimers);
});

it('stops at once, and leaves nothing behind', async () => {
	const { stop, done, sandbox, clock } = await streaming();
	stop.abort();
	await done;
	await sandbox.when(() => sandbox.stats().pollsHeld === 0 && sandbox.stats().inFlight === 0);

	expect(clock.pendingTimers).toBe(0);
	expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
});

it('stops when the client is closed', async () => {
	const { client, done, sandbox, clock } = await streaming();
	client.close();
	await done;
	await sandbox.when(() => sandbox.stats().pollsHeld === 0);

	expect(clock.pendingTimers).toBe(0);
});

it('ids that are empty are refused before anything is sent', async () => {
	const { client, sandbox } = await v1Setup();
	const options = { signal: new AbortController().signal };
	const read = client.streamMessages({ botId, flowId, sessionId: '' }, options).next();

	await expect(read).rejects.toMatchObject({ category: 'invalidInput', parameter: 'sessionId' });
	expect(sandbox.requests).toHaveLength(0);
});
