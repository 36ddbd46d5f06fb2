import { Agent } from 'node:http';
import type { CognigyAiSandbox } from '../../../../sandbox';
import { call } from '../support';
import { api, closeAll, message, readySocket, sandboxFor, socketFor, webhookFor } from './support';

afterEach(closeAll);

describe('the journal and the log', () => {
	it('have everything that was asked, and no key, token or password', async () => {
		const lines: string[] = [];
		const webhook = await webhookFor();
		const sandbox = await sandboxFor({ log: (line) => lines.push(line), webhookUrl: webhook.url });
		sandbox.changeEndpoint('Orders Webhook', { basicAuthUser: 'bob', basicAuthPassword: 'bobs-password' });
		await api(sandbox, '/users/me?api_key=in-the-query');
		await api(sandbox, '/users/me', { headers: { 'x-api-key': 'a-wrong-key' } });
		await message(sandbox, 'Showcase REST', { text: 'turn', sessionId: 'a\nb' });
		await message(sandbox, 'Orders Webhook');
		await sandbox.when(() => webhook.calls.length === 1);
		await call(`${sandbox.endpointUrl}/a-wrong-token`, { body: {} });
		await call(`${sandbox.endpointUrl}/x/a-wrong-token/y`, { body: {} });
		const client = await readySocket(sandbox, 'Showcase Socket');
		client.say('text');
		await client.got('finalPing');
		socketFor(sandbox, 'Showcase Socket', { urlToken: 'a-wrong-token' });
		await sandbox.when(() => sandbox.stats().sockets.refused === 1);
		client.socket.disconnect();
		await sandbox.when(() => lines.length === sandbox.requests.length);

		expect(sandbox.requests).toMatchObject([
			{
				via: 'api',
				path: '/new/v2.0/users/me',
				operation: 'readMe',
				key: 'demo',
				status: 200,
				ran: true,
				queryNames: ['api_key'],
			},
			{ via: 'api', key: null, status: 401, ran: false, refusal: expect.stringContaining('unknown') },
			{
				via: 'endpoint',
				path: '/{URLToken}',
				operation: 'message',
				endpoint: 'Showcase REST',
				userId: 'user-1',
				body: { text: 'turn' },
			},
			{ endpoint: 'Orders Webhook', sessionId: 's-1' },
			{ via: 'callback', operation: 'callback', path: '/hook', body: { AIOutput: {} } },
			{ via: 'endpoint', path: '/{URLToken}', status: 404, endpoint: null },
			{ via: 'endpoint', path: '(unknown path)', operation: 'other' },
			{
				via: 'socket',
				operation: 'connect',
				endpoint: 'Showcase Socket',
				status: 101,
				queryNames: expect.arrayContaining(['urlToken']),
			},
			{ via: 'socket', method: 'EVENT', path: 'processInput', ran: true, body: { text: 'text', URLToken: '(hidden)' } },
			{ via: 'socket', operation: 'connect', endpoint: null },
		]);
		expect(lines[0]).toMatch(
			/^\d\d:\d\d:\d\d\.\d{3} {2}api {7}GET {3}\/new\/v2\.0\/users\/me {2}200 {2}\d+ ms {2}key=demo$/,
		);
		expect(lines[2]).toContain('session="a\\nb"');
		expect(lines.join()).not.toContain('Plain text');
		const everything = JSON.stringify(sandbox.requests) + lines.join();
		const secrets = ['in-the-query', 'a-wrong-key', 'a-wrong-token', 'bobs-password', 'secret=1', sandbox.apiKey];
		for (const secret of [...secrets, ...sandbox.endpoints.map(({ urlToken }) => urlToken)]) {
			expect(everything).not.toContain(secret);
		}
	});
});

describe('the stats', () => {
	it('count calls, connections and turns, and reset to what is open', async () => {
		const sandbox = await sandboxFor();
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		for (let i = 0; i < 3; i += 1) await message(sandbox, 'Orders REST', {}, { agent });
		const client = await readySocket(sandbox, 'Orders Socket');

		expect(sandbox.stats()).toMatchObject({
			calls: { message: 3, connect: 1 },
			turns: 3,
			connectionsOpened: 2,
			connectionsOpen: 2,
			inFlight: 0,
			inFlightMax: 1,
			sockets: { opened: 1, open: 1 },
		});
		sandbox.resetStats();
		expect(sandbox.stats()).toMatchObject({
			calls: { message: 0 },
			turns: 0,
			connectionsOpened: 0,
			connectionsOpen: 2,
			sockets: { opened: 0, open: 1, maxOpen: 1 },
		});
		agent.destroy();
		client.socket.disconnect();
		await sandbox.when(() => sandbox.stats().connectionsOpen === 0);
	});
});

it('close cuts what is open', async () => {
	const sandbox = await sandboxFor();
	const client = await readySocket(sandbox, 'Orders Socket');
	sandbox.faults.inject({ operation: 'message', kind: 'hang' });
	const hanging = message(sandbox, 'Orders REST').catch((error: NodeJS.ErrnoException) => error.code);
	await sandbox.when(() => sandbox.requests.at(-1)?.fault === 'hang');

	await sandbox.close();

	expect(await hanging).toBe('ECONNRESET');
	await client.got('disconnect');
});

describe('the control routes', () => {
	const control = (sandbox: CognigyAiSandbox, path: string, method = 'GET', body?: unknown) =>
		call(`${sandbox.apiUrl}/sandbox/${path}`, { method, body, headers: { 'content-type': 'text/plain' } });

	it('inject and clear faults', async () => {
		const sandbox = await sandboxFor();
		const fault = { operation: 'message', kind: 'textError', status: 418 };

		expect(await control(sandbox, 'faults', 'POST', fault)).toMatchObject({
			status: 201,
			json: { injected: { ...fault, times: 1 } },
		});
		expect(await message(sandbox, 'Orders REST')).toMatchObject({ status: 418 });
		await control(sandbox, 'faults', 'POST', fault);
		expect(await control(sandbox, 'faults', 'DELETE')).toMatchObject({ json: { cleared: 1 } });
		expect(await control(sandbox, 'faults', 'POST', 'x')).toMatchObject({
			status: 400,
			json: { detail: expect.stringContaining('JSON') },
		});
		expect(await control(sandbox, 'faults', 'POST', {})).toMatchObject({
			status: 400,
			json: { detail: expect.stringContaining('kind') },
		});
	});

	it('show sessions, and let the bot say something', async () => {
		const sandbox = await sandboxFor();
		const client = await readySocket(sandbox, 'Showcase Socket');
		client.say('text');
		await client.got('finalPing');

		expect(await control(sandbox, 'sessions')).toMatchObject({
			json: { total: 1, newestFirst: [{ sessionId: 's-1', deployment: 'v1.1' }] },
		});
		expect(await control(sandbox, 'sessions/s-1?userId=user-1')).toMatchObject({ json: { context: { visits: 1 } } });
		expect(await control(sandbox, 'sessions/s-1?userId=other')).toMatchObject({ status: 404 });
		expect(await control(sandbox, 'sessions/s-1/messages', 'POST', { text: 'Hello?' })).toMatchObject({ status: 201 });
		expect(await client.got('output', 2)).toMatchObject({ data: { text: 'Hello?' } });
		expect(await control(sandbox, 'sessions/none/messages', 'POST', { text: 'x' })).toMatchObject({ status: 404 });
		expect(await control(sandbox, 'sessions/s-1/messages', 'POST', { words: 'x' })).toMatchObject({ status: 400 });
		expect(await control(sandbox, 'drop-sockets', 'POST')).toMatchObject({ json: { dropped: 1 } });
	});

	it('show and change endpoints and keys', async () => {
		const sandbox = await sandboxFor();
		const path = `endpoints/${encodeURIComponent('Orders REST')}`;

		const { json } = await control(sandbox, 'endpoints');
		expect(json.endpoints).toContainEqual(
			expect.objectContaining({ name: 'Orders REST', url: sandbox.endpoint('Orders REST').url }),
		);
		expect(await control(sandbox, path, 'PATCH', { active: false, deployment: 'v1.0' })).toMatchObject({
			json: { active: false, deployment: 'v1.0' },
		});
		expect(await control(sandbox, path, 'PATCH', { deployment: 'v9' })).toMatchObject({ status: 404 });
		expect(await control(sandbox, 'endpoints/Nothing', 'PATCH', {})).toMatchObject({ status: 404 });
		expect(await control(sandbox, 'keys/demo', 'PATCH', { state: 'revoked' })).toMatchObject({
			json: { state: 'revoked' },
		});
		expect(await api(sandbox, '/users/me')).toMatchObject({ status: 401 });
		expect(await control(sandbox, 'keys/nobody', 'PATCH', { state: 'valid' })).toMatchObject({ status: 404 });
	});

	it('show the stats, and are in no journal and no stats themselves', async () => {
		const sandbox = await sandboxFor();
		await message(sandbox, 'Orders REST');
		const before = sandbox.requests;

		expect((await control(sandbox, 'stats')).json).toMatchObject({ turns: 1 });
		expect((await control(sandbox, 'reset-stats', 'POST')).json).toMatchObject({ turns: 0 });
		expect(await control(sandbox, 'nothing')).toMatchObject({ status: 404 });
		expect(sandbox.requests).toEqual(before);
		expect(await call(`${sandbox.endpointUrl}/sandbox/stats`)).toMatchObject({ status: 404 });
	});
});
