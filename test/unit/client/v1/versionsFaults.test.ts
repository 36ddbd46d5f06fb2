import type { ErrorCategory } from '../../../../client/errors';
import { cognigyErrorOf } from '../../../support/errors';
import { always, inject, status, type FaultSpec } from '../../../support/sandboxFaults';
import { closedPort, closeServers } from '../../../support/servers';
import { until } from '../../../support/until';
import { callOptions, closeV1Setups, TIMEOUT_MS, v1Setup, versionsInput } from '../../../support/v1';

/** Time for one attempt, so that a hung request leaves time for another one. */
const ATTEMPT_MS = 10_000;

afterEach(async () => {
	await closeV1Setups();
	await closeServers();
});

const row = (fault: FaultSpec, category: ErrorCategory) => [JSON.stringify(fault), fault, category] as const;

const passing = [
	row(status(408), 'server'),
	row(status(429), 'rateLimit'),
	row(status(500), 'server'),
	row(status(502), 'server'),
	row(status(503), 'server'),
	row(status(504), 'server'),
	row({ kind: 'dropBefore' }, 'network'),
	row({ kind: 'resetBefore' }, 'network'),
	row({ kind: 'dropAfter' }, 'network'),
	row({ kind: 'resetAfter' }, 'network'),
	row({ kind: 'truncate' }, 'network'),
	row({ kind: 'badJson' }, 'protocol'),
	row({ kind: 'wrongContentType' }, 'protocol'),
];

const final = [
	row(status(400), 'invalidInput'),
	row(status(403), 'permission'),
	row(status(404), 'notFound'),
	row(status(409), 'protocol'),
	row(status(410), 'protocol'),
	row(status(204), 'protocol'),
	row(status(302, { headers: { location: 'http://127.0.0.1:1/' } }), 'protocol'),
	row({ kind: 'wrongShape' }, 'protocol'),
	row({ kind: 'hugeBody' }, 'protocol'),
	row({ kind: 'gzipBomb' }, 'protocol'),
];

describe('reading the versions is repeated after a fault that passes', () => {
	it.each(passing)('%s', async (_, fault) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { ...fault, times: 3 });

		const result = await client.validateVersion(versionsInput, callOptions);

		expect(result).toMatchObject({ valid: true, audit: { status: 'success', attempts: 4, httpStatus: 200 } });
		expect(sandbox.stats()).toMatchObject({ versions: 4, logins: 1 });
	});

	it('also when nobody answers: each attempt has a time limit of its own', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'versions', { kind: 'hang', times: 2 });
		const result = client.validateVersion(versionsInput, { ...callOptions, timeoutSeconds: (4 * ATTEMPT_MS) / 1000 });
		for (const attempt of [1, 2]) {
			await until(() => sandbox.stats().versions === attempt && sandbox.requests.at(-1)?.fault === 'hang');
			await clock.advance(ATTEMPT_MS - 1);
			expect(sandbox.stats().versions).toBe(attempt);
			await clock.advance(1);
		}

		expect(await result).toMatchObject({ valid: true, audit: { attempts: 3, latencyMs: 2 * ATTEMPT_MS } });
	});

	it('a longer time limit of the item gives each attempt more time', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'versions', { kind: 'hang', times: 1 });
		const result = client.validateVersion(versionsInput, { ...callOptions, timeoutSeconds: 120, retries: 1 });
		await until(() => sandbox.requests.at(-1)?.fault === 'hang');
		await clock.advance(59_000);
		expect(sandbox.stats().versions).toBe(1);
		await clock.advance(1_000);

		expect(await result).toMatchObject({ valid: true, audit: { attempts: 2 } });
	});
});

describe('a fault that passes, but not in time', () => {
	it.each(passing)('ends after all attempts: %s', async (_, fault, category) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { ...fault, ...always });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category, mayHaveRun: false, isTransient: true });
		expect(error.message).toContain('order-status');
		expect(error.audit).toMatchObject({ status: 'error', errorCategory: category, attempts: 4 });
		expect(sandbox.stats().versions).toBe(4);
	});

	it.each([0, 1, 5])('is repeated as often as was asked for (%d)', async (retries) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { ...status(503), ...always });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, { ...callOptions, retries }));

		expect(error.audit?.attempts).toBe(retries + 1);
		expect(sandbox.stats().versions).toBe(retries + 1);
	});

	it('is followed by a timeout when the time is over in the attempt after it', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'versions', status(503));
		inject(sandbox, 'versions', { kind: 'hang' });
		const outcome = cognigyErrorOf(client.validateVersion(versionsInput, { ...callOptions, timeoutSeconds: 6 }));
		await until(() => sandbox.requests.at(-1)?.fault === 'hang');
		await clock.advance(6_000);

		expect(await outcome).toMatchObject({ category: 'timeout', mayHaveRun: false });
		expect((await outcome).audit).toMatchObject({ attempts: 2, latencyMs: 6_000 });
	});

	it('is told when the time is over while a new token is fetched', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'versions', status(503));
		inject(sandbox, 'versions', status(401));
		inject(sandbox, 'login', { kind: 'hang', after: 1 });
		const outcome = cognigyErrorOf(client.validateVersion(versionsInput, { ...callOptions, timeoutSeconds: 6 }));
		await until(() => sandbox.stats().logins === 2 && sandbox.requests.at(-1)?.fault === 'hang');
		await clock.advance(6_000);

		expect(await outcome).toMatchObject({ category: 'timeout', mayHaveRun: false });
		expect((await outcome).message).toMatch(/took too long\. Before that: .*503/);
	});

	it('when nobody answers ends with the time of the call', async () => {
		const { sandbox, client, clock } = await v1Setup({ random: () => 0.99 });
		inject(sandbox, 'versions', { kind: 'hang', ...always });
		const outcome = cognigyErrorOf(client.validateVersion(versionsInput, { ...callOptions, retries: 10 }));
		let isOver = false;
		void outcome.then(() => (isOver = true));
		while (!isOver) {
			await until(() => isOver || sandbox.requests.at(-1)?.fault === 'hang');
			await clock.advance(500);
		}

		expect(await outcome).toMatchObject({ category: 'timeout' });
		expect(clock.monotonic()).toBeLessThanOrEqual(TIMEOUT_MS + 500);
	});
});

describe('a fault that stays', () => {
	it.each(final)('ends at once: %s', async (_, fault, category) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { ...fault, ...always });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category, mayHaveRun: false, isTransient: false });
		expect(error.message).not.toMatch(/may have run/);
		expect(error.audit).toMatchObject({ status: 'error', errorCategory: category, attempts: 1 });
		expect(sandbox.stats()).toMatchObject({ versions: 1, logins: 1 });
	});
});

describe('a wait that the service asks for', () => {
	it.each([
		['a 429 in seconds', status(429, { headers: { 'retry-after': '4' } }), 4_000],
		['a 429 as a date', status(429, { headers: { 'retry-after': 'Sat, 31 Jan 2026 12:00:03 GMT' } }), 3_000],
		['a 503 in seconds', status(503, { headers: { 'retry-after': '2' } }), 2_000],
	])('with %s is made', async (_, fault, pauseMs) => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'versions', fault);
		await client.validateVersion(versionsInput, callOptions);

		expect(clock.skipped).toEqual([pauseMs]);
	});

	it('with more than there is time for is not made', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', status(429, { headers: { 'retry-after': '3600' }, ...always }));

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category: 'rateLimit', retryAfterMs: 3_600_000 });
		expect(sandbox.stats().versions).toBe(1);
	});

	it("is the sandbox's own when its limit is reached", async () => {
		const { sandbox, client, clock } = await v1Setup({ sandbox: { requestsPerMinute: 2, now: () => 0 } });
		await client.validateVersion(versionsInput, callOptions);

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));
		expect(error).toMatchObject({ category: 'rateLimit', retryAfterMs: 60_000 });
		expect(sandbox.stats().versions).toBe(2);
		expect(clock.skipped).toEqual([]);
	});
});

describe('a token that the service no longer accepts', () => {
	it('is renewed once, and the versions are read', async () => {
		const { sandbox, client } = await v1Setup();
		await client.validateVersion(versionsInput, callOptions);
		sandbox.expireTokens();

		expect((await client.validateVersion(versionsInput, callOptions)).audit).toMatchObject({ attempts: 2 });
		expect(sandbox.stats()).toMatchObject({ logins: 2, versions: 3 });
	});

	it('is renewed by one login for 100 calls', async () => {
		const { sandbox, client } = await v1Setup();
		await client.validateVersion(versionsInput, callOptions);
		sandbox.expireTokens();
		await Promise.all(Array.from({ length: 100 }, () => client.validateVersion(versionsInput, callOptions)));

		expect(sandbox.stats().logins).toBe(2);
	});

	it('even fresh from the login is the end', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { ...status(401), ...always });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category: 'authentication', httpStatus: 401 });
		expect(sandbox.stats()).toMatchObject({ logins: 2, versions: 2 });
	});
});

describe('nobody to connect to', () => {
	it.each([
		['a closed port', async () => `http://127.0.0.1:${await closedPort()}`],
		['an unknown host', async () => await Promise.resolve('https://nosuch.invalid')],
	])('(%s) is a matter of the network, and tells the host', async (_, address) => {
		const baseUrl = await address();
		const { client } = await v1Setup({ baseUrl });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category: 'network' });
		expect(error.message).toContain(new URL(baseUrl).host);
		expect(error.audit).toMatchObject({ attempts: 0 });
	});
});

it("a missing permission is the administrator's to give", async () => {
	const { client } = await v1Setup({ fields: { username: 'starter', password: 'starter-password' } });

	const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

	expect(error).toMatchObject({ category: 'permission', httpStatus: 403 });
	expect(`${error.message} ${error.advice}`).toContain('bot:read');
});
