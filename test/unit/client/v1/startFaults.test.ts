import { NodeTransport } from '../../../../client/transport/node/nodeTransport';
import { unrestrictedEgress } from '../../../../client/transport/egress';
import { systemClock } from '../../../../client/time/systemClock';
import { parseV1Config } from '../../../../client/v1/config';
import { WsTransport } from '../../../../client/transport/node/wsTransport';
import type { Sandbox } from '../../../../sandbox';
import { cognigyErrorOf } from '../../../support/errors';
import { always, inject, status, type FaultSpec } from '../../../support/sandboxFaults';
import { closedPort } from '../../../support/servers';
import { until } from '../../../support/until';
import { callOptions, startInput, v1Client, v1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

const injectStart = (sandbox: Sandbox, fault: FaultSpec) => inject(sandbox, 'start', fault);

/** What the service saw. */
function seen({ stats }: Sandbox) {
	const { starts, flowsStarted, logins } = stats();
	return { starts, flowsStarted, logins };
}

afterEach(closeSetups);

describe('a start that the service spoils is not sent again', () => {
	// Besides what the fault matrix knows (test/faults).
	it.each([202, 204])('%d', async (httpStatus) => {
		const { sandbox, client } = await v1Setup();
		injectStart(sandbox, { ...status(httpStatus), ...always });

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));

		expect(seen(sandbox)).toEqual({ starts: 1, flowsStarted: 0, logins: 1 });
		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: true });
		expect(error.audit).toMatchObject({ status: 'error', errorCategory: 'protocol', attempts: 1, httpStatus });
		expect(error.message).toMatch(/may have run, with session "session-1"/);
	});

	it('names the session also when its id was made by us', async () => {
		const { sandbox, client } = await v1Setup();
		injectStart(sandbox, { kind: 'dropAfter' });

		const error = await cognigyErrorOf(client.triggerFlow({ ...startInput, sessionId: '' }, callOptions));

		expect(error.message).toContain(`"${sandbox.sessions[0]?.sessionId}"`);
		expect(error.audit?.sessionId).toBe(sandbox.sessions[0]?.sessionId);
	});

	it('says what is wrong with an answer that has a field of the wrong kind', async () => {
		const { sandbox, client } = await v1Setup();
		for (const [body, field] of [
			[{ sessionId: 5, status: 'started' }, 'sessionId'],
			[{ sessionId: '', status: 'started' }, 'sessionId'],
			[{ sessionId: 'session-1' }, 'status'],
			[{ sessionId: 'session-1', status: null }, 'status'],
		] as const) {
			injectStart(sandbox, { kind: 'wrongShape', body });
			const error = await cognigyErrorOf(client.triggerFlow({ ...startInput, sessionId: '' }, callOptions));
			expect(error).toMatchObject({ category: 'protocol', mayHaveRun: true });
			expect(error.message).toContain(`field ${field}`);
		}
	});
});

describe('a start whose time is over', () => {
	it('while it logs in has not run', async () => {
		const { sandbox, client, clock } = await v1Setup();
		inject(sandbox, 'login', { kind: 'hang', times: 1_000 });
		const outcome = cognigyErrorOf(client.triggerFlow(startInput, { ...callOptions, timeoutSeconds: 6 }));
		await until(() => sandbox.stats().inFlight === 1);
		await clock.advance(6_000);

		expect(await outcome).toMatchObject({ category: 'timeout', mayHaveRun: false });
		expect((await outcome).message).not.toMatch(/may have run|session-1/);
		expect((await outcome).audit?.attempts).toBe(0);
		expect(sandbox.stats().starts).toBe(0);
	});

	it('on a real clock ends too', async () => {
		const { sandbox } = await v1Setup();
		const config = parseV1Config({ baseUrl: sandbox.url, username: 'demo', password: 'demo-password' });
		const transport = new NodeTransport(unrestrictedEgress);
		const client = v1Client(config, {
			transport,
			webSocket: new WsTransport(unrestrictedEgress),
			clock: systemClock,
			random: Math.random,
		});
		injectStart(sandbox, { kind: 'hang' });

		const error = await cognigyErrorOf(client.triggerFlow(startInput, { ...callOptions, timeoutSeconds: 1 }));

		expect(error).toMatchObject({ category: 'timeout', mayHaveRun: true });
		expect(sandbox.stats().starts).toBe(1);
		client.close();
	});
});

describe('a start that is slow', () => {
	it.each<FaultSpec>([
		{ kind: 'latency', ms: 20 },
		{ kind: 'slowBody', chunkBytes: 20, intervalMs: 1 },
	])('(%j) is waited for', async (fault) => {
		const { sandbox, client } = await v1Setup();
		injectStart(sandbox, fault);

		expect(await client.triggerFlow(startInput, callOptions)).toMatchObject({ status: 'started' });
		expect(seen(sandbox)).toEqual({ starts: 1, flowsStarted: 1, logins: 1 });
	});
});

describe('a start that certainly did not run is sent again', () => {
	it.each([
		['as a date', { 'retry-after': 'Sat, 31 Jan 2026 12:00:03 GMT' }, 3_000],
		['as a date that is over', { 'retry-after': 'Sat, 31 Jan 2026 11:00:00 GMT' }, 0],
		['in words that nobody understands', { 'retry-after': 'soon' }, 0],
	])('after a 429 that says when (%s)', async (_, headers, pauseMs) => {
		const { sandbox, client, clock } = await v1Setup();
		injectStart(sandbox, status(429, { headers, times: 2 }));

		const result = await client.triggerFlow(startInput, callOptions);

		expect(result.audit).toMatchObject({ status: 'success', attempts: 3, httpStatus: 201 });
		expect(seen(sandbox)).toEqual({ starts: 3, flowsStarted: 1, logins: 1 });
		const later = 'retry-after' in headers && pauseMs === 3_000 ? 0 : pauseMs;
		expect(clock.skipped).toEqual([pauseMs, later]);
	});

	it('with one new login for 50 starts whose token had expired', async () => {
		const { sandbox, client } = await v1Setup();
		await client.validateVersion({ ...startInput, targetEnvironment: 'production' }, callOptions);
		sandbox.expireTokens();
		const starts = Array.from({ length: 50 }, (_, index) =>
			client.triggerFlow({ ...startInput, sessionId: `session-${index}` }, callOptions),
		);
		await Promise.all(starts);

		expect(seen(sandbox)).toMatchObject({ flowsStarted: 50, logins: 2 });
	});
});

describe('a start that found nobody to connect to', () => {
	/** Sends starts elsewhere, as often as `times` says. */
	const detour = (baseUrl: string, times: number) => {
		let left = times;
		return v1Setup({
			onRequest: (request) =>
				request.url.endsWith('/sessions') && left-- > 0 ? { ...request, url: `${baseUrl}/sessions` } : request,
		});
	};

	it('is sent again', async () => {
		const { sandbox, client } = await detour(`http://127.0.0.1:${await closedPort()}`, 2);

		expect((await client.triggerFlow(startInput, callOptions)).audit).toMatchObject({ attempts: 3 });
		expect(seen(sandbox)).toEqual({ starts: 1, flowsStarted: 1, logins: 1 });
	});

	it('because TLS is not to be trusted, is not sent again: that would not pass', async () => {
		const other = await v1Setup({ sandbox: { tls: true } });
		const { client } = await detour(other.sandbox.url, Infinity);

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));

		expect(error).toMatchObject({ category: 'network', mayHaveRun: false });
		expect(error.audit).toMatchObject({ attempts: 1 });
		expect(other.sandbox.requests).toHaveLength(0);
	});
});

describe('the check before a start', () => {
	const checked = { ...startInput, targetEnvironment: 'production' };

	it('that fails means that nothing was started', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { kind: 'status', status: 500, ...always });

		const error = await cognigyErrorOf(client.triggerFlow(checked, callOptions));

		expect(error).toMatchObject({ category: 'server', mayHaveRun: false });
		expect(error.message).not.toMatch(/may have run/);
		expect(error.audit).toMatchObject({ operation: 'triggerFlow', attempts: 0 });
		expect(sandbox.stats().starts).toBe(0);
	});
});

it('a flow is never started twice, however many items meet however many faults', async () => {
	const { sandbox, client } = await v1Setup();
	const kinds = ['dropBefore', 'dropAfter', 'resetAfter', 'truncate', 'badJson', 'wrongShape'] as const;
	const starts = Array.from({ length: 60 }, (_, index) => {
		const sessionId = `session-${index}`;
		const kind = kinds[index % kinds.length] ?? 'dropAfter';
		injectStart(sandbox, { kind, match: { sessionId }, ...always });
		return cognigyErrorOf(client.triggerFlow({ ...startInput, sessionId }, callOptions));
	});
	const errors = await Promise.all(starts);

	expect(errors.every(({ mayHaveRun }) => mayHaveRun)).toBe(true);
	expect(sandbox.stats()).toMatchObject({ starts: 60, flowsStarted: 50 });
});
