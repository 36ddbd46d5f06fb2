import type { ErrorCategory } from '../../../../client/errors';
import { cognigyErrorOf } from '../../../support/errors';
import { always, inject, status, type FaultSpec } from '../../../support/sandboxFaults';
import { until } from '../../../support/until';
import { callOptions, closeV1Setups, startInput, v1Setup, versionsInput } from '../../../support/v1';

/** Time for one attempt to log in. */
const ATTEMPT_MS = 8_000;

const once = { ...callOptions, retries: 0 };

afterEach(closeV1Setups);

const row = (fault: FaultSpec, category: ErrorCategory) => [JSON.stringify(fault), fault, category] as const;

const passing = [
	row(status(408), 'server'),
	row(status(429), 'rateLimit'),
	row(status(500), 'server'),
	row(status(502), 'server'),
	row(status(503), 'server'),
	row({ kind: 'dropBefore' }, 'network'),
	row({ kind: 'resetBefore' }, 'network'),
	row({ kind: 'dropAfter' }, 'network'),
	row({ kind: 'resetAfter' }, 'network'),
	row({ kind: 'truncate' }, 'network'),
	row({ kind: 'badJson' }, 'protocol'),
	row({ kind: 'wrongContentType' }, 'protocol'),
];

const final = [
	row(status(400), 'authentication'),
	row(status(401), 'authentication'),
	row(status(403), 'authentication'),
	row(status(404), 'notFound'),
	row(status(409), 'protocol'),
	row(status(204), 'protocol'),
	row(status(302, { headers: { location: 'http://127.0.0.1:1/' } }), 'protocol'),
	row({ kind: 'wrongShape' }, 'protocol'),
	row({ kind: 'wrongShape', body: { token: '' } }, 'protocol'),
	row({ kind: 'wrongShape', body: { token: 5 } }, 'protocol'),
	row({ kind: 'wrongShape', body: { token: 'line\r\nbreak' } }, 'protocol'),
	row({ kind: 'hugeBody' }, 'protocol'),
	row({ kind: 'gzipBomb' }, 'protocol'),
];

describe('a login is repeated after a fault that passes', () => {
	it.each(passing)('%s', async (_, fault) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'login', { ...fault, times: 3 });

		expect(await client.validateVersion(versionsInput, once)).toMatchObject({ audit: { attempts: 1 } });
		expect(sandbox.stats()).toMatchObject({ logins: 4, versions: 1 });
	});

	it('also when nobody answers: each attempt has a time limit of its own', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'login', { kind: 'hang' });
		const result = client.validateVersion(versionsInput, once);
		await until(() => sandbox.requests.at(-1)?.fault === 'hang');
		await clock.advance(ATTEMPT_MS);

		expect(await result).toMatchObject({ valid: true });
		expect(sandbox.stats().logins).toBe(2);
	});

	it('but not once more by the calls that wait for it', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'login', status(503, { times: 1_000 }));

		expect(await cognigyErrorOf(client.validateVersion(versionsInput, callOptions))).toMatchObject({
			category: 'server',
		});
		expect(sandbox.stats()).toMatchObject({ logins: 4, versions: 0 });
	});

	it('after the wait that the service asks for', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'login', status(429, { headers: { 'retry-after': '3' } }));
		await client.validateVersion(versionsInput, once);

		expect(clock.skipped).toEqual([3_000]);
	});
});

describe('a login whose fault does not pass in time', () => {
	it.each(passing)('fails the call: %s', async (_, fault, category) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'login', { ...fault, ...always });

		const error = await cognigyErrorOf(client.triggerFlow(startInput, once));

		expect(error).toMatchObject({ category, mayHaveRun: false });
		expect(error.message).toMatch(/login/i);
		expect(error.message).not.toMatch(/may have run|demo/);
		expect(error.audit).toMatchObject({ operation: 'triggerFlow', attempts: 0, errorCategory: category });
		expect(sandbox.stats()).toMatchObject({ logins: 4, starts: 0 });
	});

	it('because nobody answers is given up after 25 s, whatever time the call has', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'login', { kind: 'hang', ...always });
		const outcome = cognigyErrorOf(client.validateVersion(versionsInput, { ...once, timeoutSeconds: 3_600 }));
		for (const [attempt, ms] of [ATTEMPT_MS, ATTEMPT_MS, ATTEMPT_MS, 1_000].entries()) {
			await until(() => sandbox.stats().logins === attempt + 1 && sandbox.requests.at(-1)?.fault === 'hang');
			await clock.advance(ms);
		}

		expect(await outcome).toMatchObject({ category: 'timeout' });
		expect((await outcome).message).toMatch(/login/i);
		expect(sandbox.stats().logins).toBe(4);
	});
});

describe('a login that is refused', () => {
	it.each(final)('is not sent again: %s', async (_, fault, category) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'login', { ...fault, ...always });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category, isTransient: false, mayHaveRun: false });
		expect(error.audit).toMatchObject({ attempts: 0, errorCategory: category });
		expect(sandbox.stats()).toMatchObject({ logins: 1, versions: 0 });
	});

	it.each([
		['a wrong password', { password: 'not-the-password' }],
		['a wrong user name', { username: 'nobody-we-know' }],
	])('for %s is said without repeating either', async (_, fields) => {
		const { sandbox, client } = await v1Setup({ fields });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category: 'authentication', httpStatus: 401 });
		expect(error.message).toMatch(/wrong user name or password/);
		expect(`${error.message} ${error.advice}`).not.toMatch(/demo|not-the-password|nobody-we-know/);
		expect(sandbox.stats().logins).toBe(1);
	});

	it('for a wrong password is sent once for 1,000 items, side by side and one after the other', async () => {
		const { sandbox, client, clock } = await v1Setup({ fields: { password: 'not-the-password' } });
		const call = () => cognigyErrorOf(client.validateVersion(versionsInput, callOptions));
		await Promise.all(Array.from({ length: 500 }, call));
		for (let item = 0; item < 500; item++) expect(await call()).toMatchObject({ category: 'authentication' });
		expect(sandbox.stats().logins).toBe(1);

		await clock.advance(15_000);
		await Promise.all(Array.from({ length: 10 }, call));
		expect(sandbox.stats().logins).toBe(2);
	});
});

describe('one token', () => {
	it('is shared by all calls, also by those that began before it was there', async () => {
		const { sandbox, client, transport } = await v1Setup();
		await Promise.all(Array.from({ length: 100 }, () => client.validateVersion(versionsInput, callOptions)));
		await client.triggerFlow(startInput, callOptions);

		expect(sandbox.stats()).toMatchObject({ logins: 1, versions: 100, starts: 1 });
		expect(new Set(transport.tokens).size).toBe(1);
	});

	it('is renewed ahead of its end, in the lifetime that the credential says', async () => {
		const { sandbox, client, clock } = await v1Setup({ fields: { tokenTtlMinutes: 10 } });
		await client.validateVersion(versionsInput, callOptions);
		await clock.advance(9 * 60_000 - 1);
		await client.validateVersion(versionsInput, callOptions);
		expect(sandbox.stats().logins).toBe(1);

		await clock.advance(1);
		await client.validateVersion(versionsInput, callOptions);
		expect(sandbox.stats().logins).toBe(2);
	});
});

it('the login is sent as the contract says, without a token', async () => {
	const { client, transport, sandbox } = await v1Setup();
	await client.validateVersion(versionsInput, callOptions);

	expect(transport.requests[0]).toMatchObject({
		method: 'POST',
		url: `${sandbox.url}/api/v1/auth/login`,
		headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
		body: '{"username":"demo","password":"demo-password"}',
	});
	expect(transport.requests[0]?.headers).not.toHaveProperty('Authorization');
});
