import { Agent } from 'node:http';
import { Journal, type JournalEntry } from '../../../sandbox/journal/journal';
import { holdPoll, messagesUrl, poll, sceneWith, startSession } from './pollClient';
import { until } from '../../support/until';
import { call, closeSandboxes, logIn, sandboxFor, startBody, startUrl, versionsUrl } from './support';

afterEach(closeSandboxes);

describe('the journal', () => {
	it('has every request with what was recognised in it, but no password, no token and no query', async () => {
		const sandbox = await sandboxFor();
		const token = await logIn(sandbox);
		await call(`${versionsUrl(sandbox, 'order-status')}?token=${token}`, { token });
		await call(startUrl(sandbox), { token, body: { ...startBody, sessionId: 's-1' } });
		await call(`${sandbox.url}/elsewhere`, { token });

		expect(sandbox.requests).toMatchObject([
			{
				method: 'POST',
				path: '/api/v1/auth/login',
				operation: 'login',
				status: 200,
				ran: true,
				user: 'demo',
				body: { username: 'demo', password: '(hidden)' },
				time: expect.stringMatching(/^\d{4}-.*Z$/),
			},
			{
				method: 'GET',
				path: '/api/v1/bots/order-status/versions',
				operation: 'versions',
				status: 200,
				ran: true,
				user: 'demo',
				botId: 'order-status',
				body: undefined,
			},
			{ operation: 'start', status: 201, ran: true, flowId: 'main', sessionId: 's-1', body: startBody },
			{ operation: 'other', path: '/elsewhere', status: 404, ran: false },
		]);
		const everything = JSON.stringify(sandbox.requests);
		expect(everything).not.toContain(token);
		expect(everything).not.toContain('demo-password');
	});

	it('has every poll, also one that waits', async () => {
		const scene = await sceneWith();
		const { sandbox, token } = scene;
		const { reply } = await holdPoll(scene);
		const entry = {
			method: 'GET',
			path: '/api/v1/bots/order-status/flows/main/sessions/s-1/messages',
			operation: 'messages',
			user: 'demo',
			botId: 'order-status',
			flowId: 'main',
			sessionId: 's-1',
			body: undefined,
		};
		expect(sandbox.requests.at(-1)).toMatchObject({ ...entry, status: null, answered: false, ran: false });

		sandbox.say('s-1', 'Hello?');
		await reply;

		expect(sandbox.requests.at(-1)).toMatchObject({ ...entry, status: 200, answered: true, ran: true });
		expect(JSON.stringify(sandbox.requests)).not.toContain(token);
	});

	it('says why the service said no', async () => {
		const sandbox = await sandboxFor();

		await call(startUrl(sandbox), { body: startBody });

		expect(sandbox.requests).toMatchObject([
			{ status: 401, ran: false, user: null, refusal: expect.stringContaining('token') },
		]);
	});

	it('keeps the last requests only', () => {
		const journal = new Journal(3);
		for (const path of ['1', '2', '3', '4', '5']) journal.add({ path } as JournalEntry);

		expect(journal.entries().map(({ path }) => path)).toEqual(['3', '4', '5']);
	});
});

describe('the stats', () => {
	it('tell calls that arrived from calls that ran', async () => {
		const sandbox = await sandboxFor();
		const token = await logIn(sandbox);
		await call(`${sandbox.url}/api/v1/auth/login`, { body: { username: 'demo', password: 'wrong' } });
		await call(versionsUrl(sandbox, 'nobody'), { token });
		await call(startUrl(sandbox), { token, body: startBody });
		await call(startUrl(sandbox), { token, body: 'x' });

		expect(sandbox.stats()).toMatchObject({ logins: 2, tokensIssued: 1, versions: 1, starts: 2, flowsStarted: 1 });
	});

	it('count connections and requests in flight, and reset to what is open', async () => {
		const sandbox = await sandboxFor();
		const token = await logIn(sandbox);
		await until(() => sandbox.stats().connectionsOpen === 0);
		sandbox.resetStats();
		sandbox.faults.inject({ operation: 'start', kind: 'latency', ms: 3_600_000, times: 3 });
		const agent = new Agent({ keepAlive: true });
		const client = new AbortController();
		const calls = [1, 2, 3].map(() =>
			call(startUrl(sandbox), { token, body: startBody, agent, signal: client.signal }).catch(() => undefined),
		);
		await until(() => sandbox.sessions.length === 3);

		expect(sandbox.stats()).toMatchObject({
			connectionsOpened: 3,
			connectionsOpen: 3,
			connectionsMax: 3,
			inFlight: 3,
			inFlightMax: 3,
		});
		sandbox.resetStats();
		expect(sandbox.stats()).toMatchObject({ connectionsOpened: 0, connectionsOpen: 3, connectionsMax: 3, inFlight: 3 });

		client.abort();
		await Promise.all(calls);
		await until(() => sandbox.stats().connectionsOpen === 0);
		expect(sandbox.stats()).toMatchObject({ connectionsMax: 3, inFlight: 0, inFlightMax: 3 });
		agent.destroy();
	});

	it('count polls and what they hand out; those that are held stay counted', async () => {
		const scene = await sceneWith();
		const { sandbox } = scene;
		await startSession(scene, { sessionId: 's-2', input: 'Hello' });
		await poll(scene, { target: { sessionId: 's-2' } });
		const { reply } = await holdPoll(scene);
		expect(sandbox.stats()).toMatchObject({ messages: 2, pollsHeld: 1, messagesHandedOut: 1 });

		sandbox.resetStats();
		expect(sandbox.stats()).toMatchObject({ messages: 0, pollsHeld: 1, messagesHandedOut: 0, inFlight: 1 });
		sandbox.say('s-1', 'Hello?');
		await reply;
		expect(sandbox.stats()).toMatchObject({ messages: 0, pollsHeld: 0, messagesHandedOut: 1, inFlight: 0 });
	});

	it('count one connection for many calls over it', async () => {
		const sandbox = await sandboxFor();
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		const token = await logIn(sandbox, 'demo', { agent });
		for (let i = 0; i < 5; i += 1) await call(versionsUrl(sandbox, 'order-status'), { token, agent });

		expect(sandbox.stats()).toMatchObject({ versions: 5, connectionsOpened: 1, connectionsMax: 1, inFlightMax: 1 });
		agent.destroy();
	});
});

describe('the log', () => {
	it('has one line per request: when, what, the answer, and what was recognised', async () => {
		const lines: string[] = [];
		const sandbox = await sandboxFor({ log: (line) => lines.push(line) });
		const token = await logIn(sandbox);
		sandbox.faults.inject({ operation: 'start', kind: 'dropAfter' });
		await call(startUrl(sandbox, 'Größe/Test "1" ✓'), {
			token,
			body: { ...startBody, sessionId: 'a\nb' },
		}).catch(() => undefined);
		await call(startUrl(sandbox), { token: 'nonsense', body: startBody });
		await until(() => lines.length === 3);

		expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}POST {2}\/api\/v1\/auth\/login {2}200 {2}\d+ ms {2}user=demo$/);
		expect(lines[1]).toMatch(
			/no answer {2}\d+ ms {2}user=demo {2}bot="Größe\/Test \\"1\\" ✓" {2}session="a\\nb" {2}fault=dropAfter \(the call ran\)$/,
		);
		expect(lines[2]).toMatch(/401 {2}\d+ ms {2}bot=order-status {2}The token is missing, invalid or expired\./);
		expect(lines.join()).not.toContain(token);
		expect(lines.join()).not.toContain('password');
		expect(lines.join()).not.toContain('nonsense');
	});

	it('has a line for a poll once it is answered, without what was said', async () => {
		const lines: string[] = [];
		const scene = await sceneWith({ log: (line) => lines.push(line) });
		const { sandbox, token } = scene;
		const { reply } = await holdPoll(scene);
		expect(lines).toHaveLength(2);

		sandbox.say('s-1', 'Hello?');
		await reply;
		sandbox.endSession('s-1');
		await call(messagesUrl(sandbox), { token });
		await sandbox.when(() => lines.length === 4);

		const path = '/api/v1/bots/order-status/flows/main/sessions/s-1/messages';
		expect(lines.slice(2).map((line) => line.replace(/^\S+ {2}/, '').replace(/\d+ ms/, '_ms'))).toEqual([
			`GET   ${path}  200  _ms  user=demo  bot=order-status  session=s-1`,
			`GET   ${path}  410  _ms  user=demo  bot=order-status  session=s-1  The session has ended.`,
		]);
		expect(lines.join()).not.toContain('Hello');
	});
});
