import type { Sandbox } from '../../../sandbox';
import { call, closeSandboxes, logIn, manualClock, sandboxFor, startBody, startUrl, versionsUrl } from './support';

afterEach(closeSandboxes);

const ask = (sandbox: Sandbox, token: string) => call(versionsUrl(sandbox, 'order-status'), { token });

describe('rate limit (docs/protocol-v1.md#rate-limit)', () => {
	it('is off unless it is asked for', async () => {
		const sandbox = await sandboxFor();
		const token = await logIn(sandbox);

		const replies = await Promise.all(Array.from({ length: 150 }, () => ask(sandbox, token)));

		expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
	});

	it('counts all calls of a user together, the login too; a start past it does not run', async () => {
		const { now } = manualClock();
		const sandbox = await sandboxFor({ requestsPerMinute: 3, now });
		const token = await logIn(sandbox);
		await ask(sandbox, token);
		await call(startUrl(sandbox), { token, body: startBody });

		expect(await call(startUrl(sandbox), { token, body: startBody })).toMatchObject({
			status: 429,
			json: { error: 'rate_limited', message: expect.any(String) },
		});
		expect(await logIn(sandbox)).toBe('undefined');
		expect(sandbox.stats().flowsStarted).toBe(1);
	});

	it('counts every user apart', async () => {
		const { now } = manualClock();
		const sandbox = await sandboxFor({ requestsPerMinute: 2, now });
		const token = await logIn(sandbox);
		const reader = await logIn(sandbox, 'reader');
		await ask(sandbox, token);

		expect(await ask(sandbox, token)).toMatchObject({ status: 429 });
		expect(await ask(sandbox, reader)).toMatchObject({ status: 200 });
	});

	it('looks back 60 seconds from every call, and does not count what it refused', async () => {
		const clock = manualClock();
		const sandbox = await sandboxFor({ requestsPerMinute: 2, now: clock.now });
		const token = await logIn(sandbox);
		clock.advance(40_000);
		expect(await ask(sandbox, token)).toMatchObject({ status: 200 });
		expect(await ask(sandbox, token)).toMatchObject({ status: 429, headers: { 'retry-after': '20' } });

		clock.advance(19_999);
		expect(await ask(sandbox, token)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
		clock.advance(1);
		expect(await ask(sandbox, token)).toMatchObject({ status: 200 });
		expect(await ask(sandbox, token)).toMatchObject({ status: 429, headers: { 'retry-after': '40' } });
	});

	it('says when to come back as an HTTP date, rounded up, or not at all', async () => {
		const clock = manualClock();
		clock.advance(1);
		const dated = await sandboxFor({ requestsPerMinute: 1, now: clock.now, retryAfter: 'http-date' });
		const silent = await sandboxFor({ requestsPerMinute: 1, now: clock.now, retryAfter: 'none' });

		expect(await ask(dated, await logIn(dated))).toMatchObject({
			status: 429,
			headers: { 'retry-after': 'Sat, 31 Jan 2026 12:01:01 GMT' },
		});
		const reply = await ask(silent, await logIn(silent));
		expect(reply.status).toBe(429);
		expect(reply.headers).not.toHaveProperty('retry-after');
	});
});
