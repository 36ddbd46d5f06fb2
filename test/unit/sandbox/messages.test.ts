import { hangUp, openChannel, resetFrame } from './channelClient';
import { hear, holdPoll, messagesOf, poll, sceneWith, startSession, textsOf } from './pollClient';
import { closeSandboxes, logIn, manualClock, sandboxFor } from './support';

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const hour = 3_600_000;

afterEach(closeSandboxes);

describe('messages of a session (docs/protocol-v1.md#messages)', () => {
	it('are handed out oldest first, with fields that the contract does not name', async () => {
		const { now } = manualClock();
		const sandbox = await sandboxFor({ now });
		const scene = { sandbox, token: await logIn(sandbox) };
		await startSession(scene, { context: { webhookTrigger: true, metadata: { orderId: 'A-1001' } } });

		const reply = await poll(scene);

		expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } });
		const common = { messageId: expect.stringMatching(uuid), timestamp: '2026-01-31T12:00:00.000Z' };
		expect(messagesOf(reply)).toMatchObject([
			{ ...common, type: 'user', text: 'Hello' },
			{ ...common, type: 'webhook', text: 'Order A-1001 looked up.' },
			{ ...common, type: 'bot', text: 'Order A-1001 has been shipped and arrives on Friday.' },
		]);
		expect(Object.keys(messagesOf(reply)[0] ?? {}).length).toBeGreaterThan(4);
	});

	it.each(['', '?wait=false', '?wait=1', '?wait=true&wait=true'])('%p is answered at once', async (query) => {
		const scene = await sceneWith({ pollWaitMs: hour });

		const empty = await poll(scene, { target: { query } });
		expect(empty).toMatchObject({ status: 204, text: '' });
		expect(empty.headers).not.toHaveProperty('content-type');

		scene.sandbox.say('s-1', 'Hello?');
		expect(await hear(scene, { target: { query } })).toEqual(['Hello?']);
	});

	it('are waited for, when there are none', async () => {
		const scene = await sceneWith({ pollWaitMs: hour });
		const { reply } = await holdPoll(scene);
		expect(scene.sandbox.stats()).toMatchObject({ pollsHeld: 1, inFlight: 1, messages: 1, messagesHandedOut: 0 });

		const message = scene.sandbox.say('s-1', 'Hello?', 'webhook');

		expect(messagesOf(await reply)).toMatchObject([message]);
		expect(message).toMatchObject({ type: 'webhook', text: 'Hello?', messageId: expect.stringMatching(uuid) });
		expect(scene.sandbox.stats()).toMatchObject({ pollsHeld: 0, inFlight: 0, messages: 1, messagesHandedOut: 1 });
	});

	it('are waited for no longer than the service holds a poll', async () => {
		const scene = await sceneWith({ pollWaitMs: 40 });
		const begin = performance.now();

		expect(await poll(scene)).toMatchObject({ status: 204, text: '' });

		expect(performance.now() - begin).toBeGreaterThan(39);
		expect(scene.sandbox.stats()).toMatchObject({ pollsHeld: 0, inFlight: 0 });
		expect(scene.sandbox.requests.at(-1)).toMatchObject({ status: 204, ran: true });
	});

	it('that are said at one go are in one answer', async () => {
		const scene = await sceneWith();
		const { reply } = await holdPoll(scene);

		for (const text of ['one', 'two', 'three']) scene.sandbox.say('s-1', text);

		expect(textsOf(await reply)).toEqual(['one', 'two', 'three']);
	});

	it('of other sessions are left alone', async () => {
		const scene = await sceneWith();
		await startSession(scene, { sessionId: 'ü/2 #?', input: '' });
		const { reply } = await holdPoll(scene);

		scene.sandbox.say('ü/2 #?', 'over there');

		expect(await hear(scene, { target: { sessionId: 'ü/2 #?' } })).toEqual(['over there']);
		expect(scene.sandbox.stats().pollsHeld).toBe(1);
		scene.sandbox.say('s-1', 'here');
		expect(textsOf(await reply)).toEqual(['here']);
	});

	it.each([
		['a session that nobody knows', { sessionId: 's-2' }, 404],
		['the session of another bot', { botId: 'slow-support' }, 404],
		['the session of another flow', { botId: 'Größe/Test "1" ✓', flowId: 'main', sessionId: 'fluß' }, 404],
		['a bot that nobody knows', { botId: 'nobody' }, 404],
		['a flow that nobody knows', { flowId: 'nothing' }, 404],
		['a malformed bot id', { botId: ' ' }, 400],
	])('are not to be had of %s', async (_case, target, status) => {
		const scene = await sceneWith();
		await startSession(scene, { sessionId: 'fluß' }, { botId: 'Größe/Test "1" ✓', flowId: 'Fluß 100%/ä?#1' });

		expect(await poll(scene, { target })).toMatchObject({ status, json: { error: expect.any(String) } });
		expect(scene.sandbox.requests.at(-1)).toMatchObject({ operation: 'messages', ran: false });
	});

	it('need a token and the permission session:manage', async () => {
		const scene = await sceneWith();

		expect(await poll(scene, { token: 'nonsense' })).toMatchObject({ status: 401 });
		scene.sandbox.setPermissions('demo', ['bot:read', 'bot:execute', 'bot:runtime:execute']);
		expect(await poll(scene)).toMatchObject({
			status: 403,
			json: { message: expect.stringContaining('session:manage') },
		});
	});

	it('count against the rate limit when the poll arrives, not when it is answered', async () => {
		const { now, advance } = manualClock();
		const scene = await sceneWith({ requestsPerMinute: 3, now });
		const { reply } = await holdPoll(scene);

		expect(await poll(scene)).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
		advance(60_000);
		scene.sandbox.say('s-1', 'Hello?');
		expect(await reply).toMatchObject({ status: 200 });

		const statuses: number[] = [];
		for (let i = 0; i < 4; i += 1) statuses.push((await poll(scene, { target: { query: '' } })).status);
		expect(statuses).toEqual([204, 204, 204, 429]);
	});
});

describe('a poll that is held', () => {
	it('is forgotten when its client goes away', async () => {
		const scene = await sceneWith();
		const { sandbox } = scene;
		const client = new AbortController();
		const { reply } = await holdPoll(scene, { signal: client.signal });

		client.abort();
		expect(await reply).toMatchObject({ name: 'AbortError' });
		await sandbox.when(() => sandbox.stats().pollsHeld === 0);
		expect(sandbox.stats().inFlight).toBe(0);
		expect(sandbox.requests.at(-1)).toMatchObject({ status: null, answered: false, ran: false });

		sandbox.say('s-1', 'still here');
		expect(await hear(scene)).toEqual(['still here']);
	});

	it('does not keep the sandbox from closing', async () => {
		const { sandbox, ...scene } = await sceneWith({ pollWaitMs: hour });
		const { reply } = await holdPoll({ sandbox, ...scene });

		await sandbox.close();

		expect(await reply).toMatchObject({ code: 'ECONNRESET' });
		await sandbox.when(() => sandbox.stats().pollsHeld === 0);
	});

	it('of several, the one that has waited longest gets a message', async () => {
		const scene = await sceneWith();
		const first = await holdPoll(scene);
		const second = await holdPoll(scene);

		scene.sandbox.say('s-1', 'one');
		expect(textsOf(await first.reply)).toEqual(['one']);
		expect(scene.sandbox.stats().pollsHeld).toBe(1);
		scene.sandbox.say('s-1', 'two');
		expect(textsOf(await second.reply)).toEqual(['two']);
	});

	it('of several, all get a message when all are told everything', async () => {
		const scene = await sceneWith({ replay: 'all' });
		const polls = [await holdPoll(scene), await holdPoll(scene), await holdPoll(scene)];

		scene.sandbox.say('s-1', 'one');

		for (const { reply } of polls) expect(textsOf(await reply)).toEqual(['one']);
		expect(scene.sandbox.stats()).toMatchObject({ pollsHeld: 0, messagesHandedOut: 1 });
	});
});

describe('the end of a session', () => {
	it.each([
		[undefined, 410],
		[410, 410],
		[404, 404],
	] as const)('with the status %p is told to who waits and who asks: %i', async (status, answered) => {
		const scene = await sceneWith({ replay: 'all' });
		const { sandbox } = scene;
		const polls = [await holdPoll(scene), await holdPoll(scene)];

		sandbox.endSession('s-1', status);

		const gone = { status: answered, json: { error: 'session_ended', message: 'The session has ended.' } };
		for (const { reply } of polls) expect(await reply).toMatchObject(gone);
		expect(await poll(scene)).toMatchObject(gone);
		expect(await poll(scene, { target: { query: '' } })).toMatchObject(gone);
		expect(sandbox.requests.at(-1)).toMatchObject({ ran: false, refusal: 'The session has ended.' });
		expect(sandbox.sessions).toEqual([]);
		expect(sandbox.stats().pollsHeld).toBe(0);
	});

	it('is told only in the flow of the session', async () => {
		const scene = await sceneWith();
		scene.sandbox.endSession('s-1');

		expect(await poll(scene, { target: { botId: 'slow-support' } })).toMatchObject({
			status: 404,
			json: { error: 'not_found' },
		});
	});

	it('comes after what was said before', async () => {
		const scene = await sceneWith();
		const first = await holdPoll(scene);
		const second = await holdPoll(scene);

		scene.sandbox.say('s-1', 'Goodbye.');
		scene.sandbox.endSession('s-1');

		expect(textsOf(await first.reply)).toEqual(['Goodbye.']);
		expect(await second.reply).toMatchObject({ status: 410 });
	});

	it('comes when the session expires, and is known for a day', async () => {
		const { now, advance } = manualClock();
		const scene = await sceneWith({ now, sessionTtlMinutes: 0.5, tokenTtlMinutes: 10_000 });
		const { sandbox } = scene;
		expect(sandbox.sessions).toMatchObject([{ expiresAt: '2026-01-31T12:00:30.000Z' }]);

		advance(29_999);
		const { reply } = await holdPoll(scene);
		advance(1);
		expect(await reply).toMatchObject({ status: 410 });
		expect(sandbox.runtimeState('s-1')).toBeUndefined();

		advance(24 * hour - 1);
		expect(await poll(scene)).toMatchObject({ status: 410 });
		advance(1);
		expect(await poll(scene)).toMatchObject({ status: 404, json: { error: 'not_found' } });
	});

	it('of an earlier session with the same id does not matter', async () => {
		const scene = await sceneWith();
		scene.sandbox.say('s-1', 'before');
		scene.sandbox.endSession('s-1');
		await startSession(scene, { input: 'again' });

		expect(await hear(scene)).toEqual(['again']);
		scene.sandbox.endSession('s-1', 404);
		expect(await poll(scene)).toMatchObject({ status: 404, json: { error: 'session_ended' } });
	});

	it('cannot come twice, and afterwards nothing can be said', async () => {
		const { sandbox } = await sceneWith();
		sandbox.endSession('s-1');

		expect(() => sandbox.endSession('s-1')).toThrow('The sandbox has no running session "s-1".');
		expect(() => sandbox.say('s-1', 'Hello?')).toThrow('The sandbox has no running session "s-1".');
		expect(() => sandbox.say('s-2', 'Hello?')).toThrow('"s-2"');
	});
});

describe('what was handed out', () => {
	it('is not handed out again, in the style once', async () => {
		const scene = await sceneWith({ replay: 'once', pollWaitMs: 1 });
		scene.sandbox.say('s-1', 'one');
		scene.sandbox.say('s-1', 'two');

		expect(await hear(scene)).toEqual(['one', 'two']);
		expect(await poll(scene)).toMatchObject({ status: 204 });
		scene.sandbox.say('s-1', 'three');
		expect(await hear(scene)).toEqual(['three']);
	});

	it('is unconfirmed until its session is asked for again, whatever becomes of that poll', async () => {
		const scene = await sceneWith({ pollWaitMs: hour });
		const { sandbox } = scene;
		const unconfirmed = () => sandbox.unconfirmed().map(({ text }) => text);
		const { reply } = await holdPoll(scene);
		sandbox.say('s-1', 'one');
		expect(textsOf(await reply)).toEqual(['one']);
		sandbox.say('s-1', 'two');
		expect(unconfirmed()).toEqual(['one']);

		sandbox.faults.inject({ operation: 'messages', kind: 'status', status: 503 });
		await poll(scene);
		expect(unconfirmed()).toEqual([]);

		sandbox.faults.inject({ operation: 'messages', kind: 'dropAfter' });
		await poll(scene).catch(() => {});
		expect(unconfirmed()).toEqual([]);
		sandbox.faults.inject({ operation: 'messages', kind: 'latency', ms: 200 });
		const slow = hear(scene);
		await sandbox.when(() => unconfirmed().includes('two'));
		expect(sandbox.stats().messagesHandedOut).toBe(1);
		expect(await slow).toEqual(['two']);
		expect(unconfirmed()).toEqual(['two']);
	});

	it('is in every answer, in the style all; but what is all known is no answer', async () => {
		const scene = await sceneWith({ replay: 'all', pollWaitMs: 1 });
		const { sandbox } = scene;
		sandbox.say('s-1', 'one');

		expect(await hear(scene)).toEqual(['one']);
		expect(await poll(scene)).toMatchObject({ status: 204 });
		sandbox.say('s-1', 'two');
		const reply = await poll(scene);
		expect(messagesOf(reply)).toMatchObject(sandbox.sessions[0]?.transcript ?? []);
		expect(textsOf(reply)).toEqual(['one', 'two']);
		expect(await poll(scene, { target: { query: '' } })).toMatchObject({ status: 204 });
		expect(sandbox.stats().messagesHandedOut).toBe(2);
	});

	it('begins the next answer, the last three of it, in the style overlap', async () => {
		const scene = await sceneWith({ replay: 'overlap', pollWaitMs: 1 });
		const { sandbox } = scene;
		const say = (texts: string) => texts.split(' ').forEach((text) => sandbox.say('s-1', text));

		say('1 2');
		expect(await hear(scene)).toEqual(['1', '2']);
		say('3');
		expect(await hear(scene)).toEqual(['1', '2', '3']);
		expect(await poll(scene)).toMatchObject({ status: 204 });
		say('4 5 6 7');
		expect(await hear(scene)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
		say('8');
		expect(await hear(scene)).toEqual(['5', '6', '7', '8']);
		expect(sandbox.stats().messagesHandedOut).toBe(8);
	});

	it('stays what it is when a reset clears the history', async () => {
		const scene = await sceneWith({ replay: 'all', botDelayMs: 0 });
		const { sandbox } = scene;
		sandbox.say('s-1', 'one');
		const history = () => sandbox.runtimeState('s-1')?.history.map(({ text }) => text);
		expect(history()).toEqual(['Which order is it? Please tell me the order number.', 'one']);

		const channel = await openChannel(sandbox, { token: scene.token });
		await channel.ask(resetFrame('s-1'));
		hangUp();
		sandbox.say('s-1', 'two');

		expect(history()).toEqual(['two']);
		expect(await hear(scene)).toEqual(['Which order is it? Please tell me the order number.', 'one', 'two']);
	});
});

describe('a bot that takes its time', () => {
	it('says one message after the other', async () => {
		const sandbox = await sandboxFor({ botDelayMs: 40, slowStartMs: 0 });
		const scene = { sandbox, token: await logIn(sandbox) };
		const target = { botId: 'slow-support' };
		const begin = performance.now();
		await startSession(scene, { input: 'Help!' }, target);

		expect(await hear(scene, { target })).toEqual(['Help!']);
		expect(await hear(scene, { target })).toEqual(['Thank you for waiting.']);
		expect(performance.now() - begin).toBeGreaterThan(39);
		expect(sandbox.sessions[0]?.transcript).toHaveLength(2);
		expect(await hear(scene, { target })).toEqual(['A person will look at this: Help!']);
		expect(performance.now() - begin).toBeGreaterThan(79);
		expect(sandbox.runtimeState('s-1')?.history).toEqual(sandbox.sessions[0]?.transcript);
	});

	it('falls silent when its session ends, also when another one takes the id', async () => {
		const sandbox = await sandboxFor({ botDelayMs: 30 });
		const scene = { sandbox, token: await logIn(sandbox) };
		await startSession(scene, { input: 'first', context: { metadata: { orderId: 'A-1001' } } });
		sandbox.endSession('s-1');
		await startSession(scene, { input: 'second' });

		await sandbox.when(() => sandbox.sessions[0]?.transcript.length === 2);

		expect(sandbox.sessions[0]?.transcript).toMatchObject([
			{ text: 'second' },
			{ text: expect.stringMatching(/^Which order/) },
		]);
	});
});
