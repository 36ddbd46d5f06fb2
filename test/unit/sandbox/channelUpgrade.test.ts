import { Agent } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { Permission, Sandbox } from '../../../sandbox';
import { checkFrame, hangUp, openChannel, refusalOf, type DialOptions } from './channelClient';
import { call, closeSandboxes, logIn, manualClock, sandboxFor, versionsUrl } from './support';

let sandbox: Sandbox;
let token: string;
const clock = manualClock();

beforeEach(async () => {
	sandbox = await sandboxFor({ now: clock.now });
	token = await logIn(sandbox);
});
afterEach(() => {
	hangUp();
	return closeSandboxes();
});

const refusal = (options: DialOptions = {}) => refusalOf(sandbox, { token, ...options });

it('the channel opens, with the subprotocol selected', async () => {
	const { webSocket } = await openChannel(sandbox, { token, subprotocols: ['other', 'cognigy-runtime-v1'] });

	expect(webSocket.protocol).toBe('cognigy-runtime-v1');
	expect(sandbox.webSocketUrl).toBe(`ws://127.0.0.1:${sandbox.port}`);
	expect(sandbox.tenantId).toBe('demo-tenant');
	expect(sandbox.requests.at(-1)).toMatchObject({
		method: 'GET',
		path: '/ws/v1',
		operation: 'connect',
		status: 101,
		answered: true,
		ran: true,
		user: 'demo',
		botId: 'order-status',
		closeCode: null,
		durationMs: expect.any(Number),
	});
});

it('the tenant can be chosen', async () => {
	sandbox = await sandboxFor({ tenantId: 'acme' });
	token = await logIn(sandbox);

	expect(sandbox.tenantId).toBe('acme');
	await openChannel(sandbox, { token, tenant: 'acme' });
	expect(await refusal({ tenant: 'demo-tenant' })).toMatchObject({ status: 404 });
});

describe('it is refused before the upgrade, in the form of the REST refusals', () => {
	const refused = (status: number, error: string, message: RegExp) => ({
		status,
		headers: { 'content-type': 'application/json; charset=utf-8', connection: 'close' },
		json: { error, message: expect.stringMatching(message), traceId: expect.any(String) },
	});

	it.each(['', 'nonsense'])('with the token %p', async (wrong) => {
		expect(await refusal({ token: wrong })).toMatchObject(refused(401, 'unauthorized', /token/));
		expect(sandbox.requests.at(-1)).toMatchObject({
			operation: 'connect',
			status: 401,
			answered: true,
			ran: false,
			user: null,
			refusal: expect.stringMatching(/token/),
		});
		expect(sandbox.stats()).toMatchObject({ connects: 1, channel: { opened: 0, open: 0 } });
	});

	it('with an expired token', async () => {
		clock.advance(30 * 60_000);

		expect(await refusal()).toMatchObject({ status: 401 });
	});

	it.each<[Permission[], string]>([
		[['bot:read', 'bot:execute', 'session:manage'], 'bot:runtime:execute'],
		[['bot:runtime:execute'], 'session:manage'],
		[[], 'bot:runtime:execute'],
	])('with the permissions %p', async (permissions, missing) => {
		sandbox.setPermissions('demo', permissions);

		expect(await refusal()).toMatchObject(refused(403, 'forbidden', new RegExp(`permission ${missing}\\.`)));
	});

	it('for the users reader and starter', async () => {
		for (const username of ['reader', 'starter']) {
			expect(await refusal({ token: await logIn(sandbox, username) })).toMatchObject({ status: 403 });
		}
	});

	it.each(['', 'nobody'])('with the tenant %p', async (tenant) => {
		expect(await refusal({ tenant })).toMatchObject(refused(404, 'not_found', /tenant/));
	});

	it('with an unknown bot, or with none', async () => {
		expect(await refusal({ botId: 'nobody' })).toMatchObject(refused(404, 'not_found', /bot/));
		expect(await refusal({ botId: '' })).toMatchObject(refused(400, 'bad_request', /bot id/));
	});

	it.each([undefined, 'null', 'http://example.com', 'https://example.com/', 'https://', 'ftp://127.0.0.1'])(
		'with the origin %p',
		async (origin) => {
			expect(await refusal({ origin })).toMatchObject(refused(400, 'bad_request', /Origin/));
		},
	);

	it.each([[[]], [['cognigy-runtime-v2', 'x']]])('with the subprotocols %p', async (subprotocols) => {
		expect(await refusal({ subprotocols })).toMatchObject(refused(400, 'bad_request', /cognigy-runtime-v1/));
	});

	it('of several reasons for the first in this order', async () => {
		const wrong = { tenant: 'nobody', botId: 'nobody', origin: 'null', subprotocols: [] };
		sandbox.setPermissions('reader', []);
		const reader = await logIn(sandbox, 'reader');

		expect(await refusal({ ...wrong, token: 'nonsense' })).toMatchObject({ status: 401 });
		expect(await refusal({ ...wrong, token: reader })).toMatchObject({ status: 403 });
		expect(await refusal(wrong)).toMatchObject({ status: 404, text: expect.stringContaining('tenant') });
		expect(await refusal({ ...wrong, tenant: 'demo-tenant' })).toMatchObject({
			status: 404,
			text: expect.stringContaining('bot'),
		});
		expect(await refusal({ origin: 'null', subprotocols: [] })).toMatchObject({
			status: 400,
			text: expect.stringContaining('Origin'),
		});
	});
});

it.each([
	['an https origin', () => 'https://cognigy.example.com'],
	['its own origin', () => sandbox.url],
	['its own origin by another name', () => `http://localhost:${sandbox.port}`],
])('%s is good', async (_case, origin) => {
	await openChannel(sandbox, { token, origin: origin() });
});

it('a bot whose id needs encoding is found', async () => {
	await openChannel(sandbox, { token, botId: 'Größe/Test "1" ✓' });

	expect(sandbox.requests.at(-1)).toMatchObject({ botId: 'Größe/Test "1" ✓' });
});

it('upgrades do not count against the rate limit, nor does it stop them', async () => {
	sandbox = await sandboxFor({ requestsPerMinute: 2 });
	token = await logIn(sandbox);
	for (let i = 0; i < 3; i += 1) await openChannel(sandbox, { token });

	expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 200 });
	expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 429 });
	await openChannel(sandbox, { token });
});

it('once the tokens are expired no channel opens, and those that are open stay', async () => {
	const channel = await openChannel(sandbox, { token });

	await call(`${sandbox.url}/sandbox/expire-tokens`, { method: 'POST' });

	expect(await refusal()).toMatchObject({ status: 401 });
	expect(await channel.ask(checkFrame('s-1'))).toMatchObject({ sessionId: 's-1' });
	await openChannel(sandbox, { token: await logIn(sandbox) });
});

describe('what is no WebSocket', () => {
	const raw = async (lines: string[]) => {
		const socket = connectTcp(sandbox.port, '127.0.0.1');
		socket.write(`${lines.join('\r\n')}\r\n\r\n`);
		let received = '';
		for await (const chunk of socket) received += String(chunk);
		return received;
	};
	const upgrade = () => [
		`GET /ws/v1?tenant=demo-tenant&botId=order-status&token=${token} HTTP/1.1`,
		'Host: sandbox',
		'Connection: Upgrade',
		'Origin: https://example.com',
		'Sec-WebSocket-Protocol: cognigy-runtime-v1',
	];

	it.each([
		['another protocol', ['Upgrade: h2c'], /Upgrade header/],
		['no key', ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'], /Sec-WebSocket-Key/],
		[
			'an old version',
			['Upgrade: websocket', 'Sec-WebSocket-Version: 7', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
			/Sec-WebSocket-Version/,
		],
	])('is refused with 400: %s', async (_case, headers, message) => {
		const answer = await raw([...upgrade(), ...headers]);

		expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
		expect(answer).toMatch(message);
		expect(sandbox.requests.at(-1)).toMatchObject({
			operation: 'connect',
			status: 400,
			ran: false,
			refusal: expect.stringMatching(message),
		});
		expect(sandbox.stats().channel).toMatchObject({ opened: 0 });
	});

	it('is answered as ever on other routes, as HTTP clients offer other upgrades', async () => {
		const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };

		expect(await call(versionsUrl(sandbox, 'order-status'), { token, headers })).toMatchObject({ status: 200 });
	});

	it('finds nothing there', async () => {
		expect(await call(`${sandbox.url}/ws/v1?token=${token}`)).toMatchObject({ status: 404 });
		expect(JSON.stringify(sandbox.requests)).not.toContain(token);
	});
});

it('a connection that carried a call can become a channel', async () => {
	const agent = new Agent({ keepAlive: true, maxSockets: 1 });
	token = await logIn(sandbox, 'demo', { agent });

	await openChannel(sandbox, { token, agent });

	expect(sandbox.requests.slice(-2)).toMatchObject([
		{ operation: 'login' },
		{ operation: 'connect', reusedConnection: true },
	]);
	agent.destroy();
});
