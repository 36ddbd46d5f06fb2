import { call, closeSandboxes, logIn, manualClock, sandboxFor, versionsUrl } from './support';

afterEach(closeSandboxes);

const minute = 60_000;

describe('login (docs/protocol-v1.md#login)', () => {
	it('answers 200 with a token and fields that clients must ignore', async () => {
		const sandbox = await sandboxFor();

		const reply = await call(`${sandbox.url}/api/v1/auth/login`, {
			body: { username: 'demo', password: 'demo-password' },
		});

		expect(reply.status).toBe(200);
		expect(reply.json.token).toMatch(/^[\w-]{43}$/);
		expect(Object.keys(reply.json).length).toBeGreaterThan(1);
	});

	it('makes another token every time, and all of them are valid', async () => {
		const sandbox = await sandboxFor();
		const tokens = [await logIn(sandbox), await logIn(sandbox)];

		expect(tokens[0]).not.toBe(tokens[1]);
		for (const token of tokens) {
			expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 200 });
		}
	});

	it.each([
		['a wrong password', { username: 'demo', password: 'wrong' }],
		['an unknown user', { username: 'nobody', password: 'demo-password' }],
		['a user called like a built-in', { username: '__proto__', password: 'x' }],
	])('answers 401 to %s, repeating neither', async (_case, body) => {
		const sandbox = await sandboxFor();

		const reply = await call(`${sandbox.url}/api/v1/auth/login`, { body });

		expect(reply).toMatchObject({ status: 401, json: { error: 'unauthorized' } });
		expect(reply.text).not.toContain(body.username);
		expect(reply.text).not.toContain(`"${body.password}"`);
	});

	it.each([
		['no JSON', 'username=demo'],
		['an empty body', ''],
		['an array', []],
		['a missing password', { username: 'demo' }],
		['a password that is no string', { username: 'demo', password: 1 }],
	])('answers 400 to %s', async (_case, body) => {
		const sandbox = await sandboxFor();

		const reply = await call(`${sandbox.url}/api/v1/auth/login`, { body });

		expect(reply).toMatchObject({ status: 400, json: { error: 'bad_request', message: expect.any(String) } });
	});

	it('answers 400 when the body does not say that it is JSON', async () => {
		const sandbox = await sandboxFor();

		const reply = await call(`${sandbox.url}/api/v1/auth/login`, {
			body: { username: 'demo', password: 'demo-password' },
			headers: { 'content-type': 'text/plain' },
		});

		expect(reply).toMatchObject({ status: 400, json: { message: expect.stringContaining('Content-Type') } });
	});
});

describe('tokens', () => {
	it.each([
		['no Authorization header', {}],
		['a token that was never issued', { authorization: 'Bearer nonsense' }],
		['another scheme', { authorization: 'Basic ZGVtbzpkZW1v' }],
		['an empty token', { authorization: 'Bearer ' }],
	])('answers 401 to %s', async (_case, headers) => {
		const sandbox = await sandboxFor();

		const reply = await call(versionsUrl(sandbox, 'order-status'), { headers });

		expect(reply).toMatchObject({ status: 401, json: { error: 'unauthorized', message: expect.any(String) } });
	});

	it('end after 30 minutes', async () => {
		const clock = manualClock();
		const sandbox = await sandboxFor({ now: clock.now });
		const token = await logIn(sandbox);

		clock.advance(30 * minute - 1);
		expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 200 });
		clock.advance(1);
		expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 401 });
	});

	it('end after the time that was asked for, fractions of a minute too', async () => {
		const clock = manualClock();
		const sandbox = await sandboxFor({ now: clock.now, tokenTtlMinutes: 0.5 });
		const token = await logIn(sandbox);

		clock.advance(minute / 2);
		expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 401 });
	});

	it('end all at once on request; later ones are valid', async () => {
		const sandbox = await sandboxFor();
		const old = [await logIn(sandbox), await logIn(sandbox, 'reader')];

		expect(sandbox.expireTokens()).toBe(2);

		for (const token of old) {
			expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 401 });
		}
		const token = await logIn(sandbox);
		expect(await call(versionsUrl(sandbox, 'order-status'), { token })).toMatchObject({ status: 200 });
	});
});
