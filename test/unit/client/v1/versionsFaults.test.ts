import { cognigyErrorOf } from '../../../support/errors';
import { always, inject, status } from '../../../support/sandboxFaults';
import { closedPort } from '../../../support/servers';
import { until } from '../../../support/until';
import { callOptions, TIMEOUT_MS, v1Setup, versionsInput } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);

describe('an attempt that nobody answers', () => {
	it('has more time where the item has', async () => {
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

describe('an answer that is no success, besides what the fault matrix knows (test/faults)', () => {
	it.each([204, 410])('is the end: %d', async (code) => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { ...status(code), ...always });

		const error = await cognigyErrorOf(client.validateVersion(versionsInput, callOptions));

		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: false, isTransient: false });
		expect(error.audit).toMatchObject({ status: 'error', errorCategory: 'protocol', attempts: 1 });
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
	it('is renewed by one login for 100 calls', async () => {
		const { sandbox, client } = await v1Setup();
		await client.validateVersion(versionsInput, callOptions);
		sandbox.expireTokens();
		await Promise.all(Array.from({ length: 100 }, () => client.validateVersion(versionsInput, callOptions)));

		expect(sandbox.stats().logins).toBe(2);
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
