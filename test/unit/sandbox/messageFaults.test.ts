import { get } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { FaultRequest } from '../../../sandbox';
import { hear, holdPoll, messagesOf, messagesUrl, poll, sceneWith, textsOf, type Scene } from './pollClient';
import { closeSandboxes, type Reply } from './support';

afterEach(closeSandboxes);

const inject = ({ sandbox }: Scene, fault: Record<string, unknown>) =>
	sandbox.faults.inject({ operation: 'messages', ...fault } as FaultRequest);

const anyPoll = async (scene: Scene, options?: Parameters<typeof poll>[1]) =>
	await poll(scene, options).catch((error: Error) => error);

function lastCall({ sandbox }: Scene) {
	const { operation, fault, status, ran } = sandbox.requests.at(-1) ?? {};
	return { operation, fault, status, ran };
}

describe('faults in the place of the answer to a poll', () => {
	it.each([
		[{ status: 401 }, {}],
		[{ status: 403 }, {}],
		[{ status: 429, headers: { 'Retry-After': '7' } }, { 'retry-after': '7' }],
		[{ status: 500, body: 'Oops' }, { 'content-type': 'text/plain; charset=utf-8' }],
		[{ status: 503 }, {}],
	])('%p: answers with it at once, and the messages wait', async (details, headers) => {
		const scene = await sceneWith();
		inject(scene, { kind: 'status', ...details });

		expect(await poll(scene)).toMatchObject({ status: details.status, headers });
		expect(lastCall(scene)).toEqual({ operation: 'messages', fault: 'status', status: details.status, ran: false });
		scene.sandbox.say('s-1', 'Hello?');
		expect(await hear(scene)).toEqual(['Hello?']);
	});

	it.each([
		['dropBefore', 'socket hang up'],
		['resetBefore', 'read ECONNRESET'],
	])('%s: ends the connection at once, and the messages wait', async (kind, message) => {
		const scene = await sceneWith();
		scene.sandbox.say('s-1', 'Hello?');
		inject(scene, { kind });

		expect(await anyPoll(scene)).toMatchObject({ message });
		expect(lastCall(scene)).toEqual({ operation: 'messages', fault: kind, status: null, ran: false });
		expect(await hear(scene)).toEqual(['Hello?']);
	});

	it('hang: never answers, although there are messages, and is no poll that is held', async () => {
		const scene = await sceneWith();
		const { sandbox } = scene;
		sandbox.say('s-1', 'Hello?');
		inject(scene, { kind: 'hang' });
		const client = new AbortController();
		const reply = anyPoll(scene, { signal: client.signal });
		await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'hang');

		expect(await hear(scene)).toEqual(['Hello?']);
		expect(sandbox.stats()).toMatchObject({ pollsHeld: 0, inFlight: 1 });
		client.abort();
		expect(await reply).toMatchObject({ name: 'AbortError' });
	});
});

/** What the client sees of an answer that was to hold one message. */
const spoiled: Array<[Record<string, unknown>, (outcome: Reply | Error) => void]> = [
	[{ kind: 'dropAfter' }, (outcome) => expect(outcome).toMatchObject({ message: 'socket hang up' })],
	[{ kind: 'resetAfter' }, (outcome) => expect(outcome).toMatchObject({ message: 'read ECONNRESET' })],
	[{ kind: 'truncate' }, (outcome) => expect(outcome).toMatchObject({ message: 'aborted', code: 'ECONNRESET' })],
	[
		{ kind: 'badJson' },
		(outcome) => {
			expect(outcome).toMatchObject({ status: 200, text: expect.stringMatching(/^\[\{"messageId":/) });
			expect(() => messagesOf(outcome)).toThrow(SyntaxError);
		},
	],
	[
		{ kind: 'wrongShape', body: [{ messageId: 42 }] },
		(outcome) => expect(outcome).toMatchObject({ status: 200, text: '[{"messageId":42}]' }),
	],
	[
		{ kind: 'wrongContentType' },
		(outcome) =>
			expect(outcome).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } }),
	],
	[
		{ kind: 'hugeBody', bytes: 300_000 },
		(outcome) => {
			expect(textsOf(outcome)).toEqual(['Hello?']);
			expect((outcome as Reply).bytes.length).toBeGreaterThan(300_000);
		},
	],
	[
		{ kind: 'gzipBomb', megabytes: 2 },
		(outcome) => {
			expect(outcome).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip' } });
			const { bytes } = outcome as Reply;
			expect(bytes.length).toBeLessThan(20_000);
			const inflated = gunzipSync(bytes).toString();
			expect(inflated.length).toBeGreaterThan(2 * 1024 * 1024);
			expect(JSON.parse(inflated)).toMatchObject([{ text: 'Hello?' }]);
		},
	],
];

describe.each(['once', 'all', 'overlap'] as const)('faults that spoil an answer, in the style %s', (replay) => {
	it.each(spoiled)('%p: the messages go on waiting', async (fault, expectOutcome) => {
		const scene = await sceneWith({ replay, pollWaitMs: 1 });
		const { sandbox } = scene;
		sandbox.say('s-1', 'Hello?');
		inject(scene, fault);

		expectOutcome(await anyPoll(scene));
		expect(lastCall(scene)).toMatchObject({ operation: 'messages', fault: fault.kind, ran: true });
		await sandbox.when(() => sandbox.requests.at(-1)?.durationMs !== null);
		expect(sandbox.stats().messagesHandedOut).toBe(0);

		expect(await hear(scene)).toEqual(['Hello?']);
		expect(await poll(scene)).toMatchObject({ status: 204 });
		expect(sandbox.stats().messagesHandedOut).toBe(1);
	});

	it.each([
		{ kind: 'latency', ms: 10 },
		{ kind: 'slowBody', chunkBytes: 40, intervalMs: 1 },
	])('%p: it is the right answer all the same', async (fault) => {
		const scene = await sceneWith({ replay, pollWaitMs: 1 });
		scene.sandbox.say('s-1', 'Hello?');
		inject(scene, fault);

		expect(await hear(scene)).toEqual(['Hello?']);
		expect(lastCall(scene)).toEqual({ operation: 'messages', fault: fault.kind, status: 200, ran: true });
		expect(await poll(scene)).toMatchObject({ status: 204 });
		expect(scene.sandbox.stats().messagesHandedOut).toBe(1);
	});
});

describe('a fault', () => {
	it('is taken when the poll arrives, and spoils the answer when it comes', async () => {
		const scene = await sceneWith();
		const { sandbox } = scene;
		inject(scene, { kind: 'badJson' });
		const spoiledPoll = await holdPoll(scene);
		expect(sandbox.requests.at(-1)).toMatchObject({ fault: 'badJson', status: null });
		const soundPoll = await holdPoll(scene);

		sandbox.say('s-1', 'Hello?');

		const reply = await spoiledPoll.reply;
		expect(() => messagesOf(reply)).toThrow(SyntaxError);
		expect(textsOf(await soundPoll.reply)).toEqual(['Hello?']);
	});

	it.each([
		[{ kind: 'badJson' }, { status: 200, text: '[' }],
		[{ kind: 'truncate' }, { message: 'aborted' }],
		[
			{ kind: 'hugeBody', bytes: 3 },
			{ status: 200, text: '[   ]' },
		],
		[
			{ kind: 'wrongShape', body: {} },
			{ status: 200, text: '{}' },
		],
		[{ kind: 'wrongContentType' }, { status: 200, text: expect.stringContaining('<html>') }],
		[
			{ kind: 'slowBody', intervalMs: 1 },
			{ status: 200, text: '[]' },
		],
		[
			{ kind: 'latency', ms: 1 },
			{ status: 204, text: '' },
		],
		[{ kind: 'dropAfter' }, { message: 'socket hang up' }],
		[{ kind: 'resetAfter' }, { message: 'read ECONNRESET' }],
	])('%p spoils the answer also when there is nothing to hand out', async (fault, outcome) => {
		const scene = await sceneWith({ pollWaitMs: 1 });
		inject(scene, fault);

		expect(await anyPoll(scene)).toMatchObject(outcome);
	});

	it('can be for the polls of one session only', async () => {
		const scene = await sceneWith({ pollWaitMs: 1 });
		inject(scene, { kind: 'status', status: 503, match: { sessionId: 's-2', flowId: 'main', username: 'demo' } });

		expect(await poll(scene)).toMatchObject({ status: 204 });
		expect(await poll(scene, { target: { sessionId: 's-2' } })).toMatchObject({ status: 503 });
	});

	it('for any operation is for polls too', async () => {
		const scene = await sceneWith({ pollWaitMs: 1 });
		scene.sandbox.faults.inject({ operation: 'any', kind: 'status', status: 503 });

		expect(await poll(scene)).toMatchObject({ status: 503 });
	});

	it('cannot be one of the runtime channel', async () => {
		const scene = await sceneWith();

		expect(() => inject(scene, { kind: 'freeze' })).toThrow(/messages cannot have the fault freeze/);
	});
});

describe('an answer that is not complete', () => {
	it('leaves its messages waiting when the client goes away in the middle of it', async () => {
		const scene = await sceneWith();
		const { sandbox } = scene;
		sandbox.say('s-1', 'Hello?');
		inject(scene, { kind: 'slowBody', intervalMs: 3_600_000 });
		const client = new AbortController();
		const reply = anyPoll(scene, { signal: client.signal });
		await sandbox.when(() => sandbox.requests.at(-1)?.status === 200);

		client.abort();
		await reply;
		await sandbox.when(() => sandbox.stats().inFlight === 0);

		expect(await hear(scene)).toEqual(['Hello?']);
		expect(sandbox.stats().messagesHandedOut).toBe(1);
	});

	it('leaves its messages waiting when the client goes away while they pile up', async () => {
		const scene = await sceneWith();
		const { sandbox } = scene;
		const text = 'x'.repeat(20_000_000);
		sandbox.say('s-1', text);
		const headers = { authorization: `Bearer ${scene.token}` };
		const request = get(messagesUrl(sandbox), { headers, agent: false }, (response) => {
			response.on('error', () => undefined);
			response.once('data', () => request.destroy());
		});
		request.on('error', () => undefined);
		await sandbox.when(() => sandbox.requests.at(-1)?.operation === 'messages');
		await sandbox.when(() => sandbox.requests.at(-1)?.durationMs !== null);
		expect(sandbox.stats().messagesHandedOut).toBe(0);

		expect(await hear(scene)).toEqual([text]);
	});

	it.each(['once', 'overlap'] as const)(
		'keeps its messages from other polls until then, in the style %s',
		async (replay) => {
			const scene = await sceneWith({ replay });
			const { sandbox } = scene;
			sandbox.say('s-1', '1');
			inject(scene, { kind: 'latency', ms: 3_600_000 });
			const client = new AbortController();
			const late = anyPoll(scene, { signal: client.signal });
			await sandbox.when(() => sandbox.requests.at(-1)?.ran === true);
			const waiting = await holdPoll(scene);

			sandbox.say('s-1', '2');
			expect(textsOf(await waiting.reply)).toEqual(['2']);
			const next = await holdPoll(scene);
			client.abort();
			await late;

			expect(textsOf(await next.reply)).toEqual(replay === 'once' ? ['1'] : ['1', '2']);
		},
	);

	it('is enough for a poll of the same session to wait on, in the style all', async () => {
		const scene = await sceneWith({ replay: 'all' });
		const { sandbox } = scene;
		sandbox.say('s-1', '1');
		inject(scene, { kind: 'latency', ms: 50 });
		const late = hear(scene);
		await sandbox.when(() => sandbox.requests.at(-1)?.ran === true);
		const waiting = await holdPoll(scene);

		expect(await late).toEqual(['1']);
		expect(sandbox.stats()).toMatchObject({ pollsHeld: 1, messagesHandedOut: 1 });
		sandbox.say('s-1', '2');
		expect(textsOf(await waiting.reply)).toEqual(['1', '2']);
	});

	it('does not matter when another one has arrived, in the style all', async () => {
		const scene = await sceneWith({ replay: 'all', pollWaitMs: 3_600_000 });
		const { sandbox } = scene;
		inject(scene, { kind: 'dropAfter' });
		const spoiledPoll = await holdPoll(scene);
		const soundPoll = await holdPoll(scene);

		sandbox.say('s-1', '1');

		expect(await spoiledPoll.reply).toMatchObject({ message: 'socket hang up' });
		expect(textsOf(await soundPoll.reply)).toEqual(['1']);
		expect(await poll(scene, { target: { query: '' } })).toMatchObject({ status: 204 });
		expect(sandbox.stats().messagesHandedOut).toBe(1);
	});
});

it('with TLS, an answer that is cut leaves its messages waiting', async () => {
	const scene = await sceneWith({ tls: true });
	for (const kind of ['dropAfter', 'resetAfter', 'truncate']) inject(scene, { kind });
	scene.sandbox.say('s-1', 'Hello?');

	for (let i = 0; i < 3; i += 1) expect(await anyPoll(scene)).toMatchObject({ code: 'ECONNRESET' });
	expect(await hear(scene)).toEqual(['Hello?']);
});
