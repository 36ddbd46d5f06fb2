import type { ErrorCategory } from '../../../../client/errors';
import { AxiosTransport } from '../../../../client/transport/node/axiosTransport';
import { unrestrictedEgress } from '../../../../client/transport/egress';
import { systemClock } from '../../../../client/time/clock';
import { parseV1Config } from '../../../../client/v1/config';
import { WsTransport } from '../../../../client/transport/node/wsTransport';
import type { Sandbox } from '../../../../sandbox';
import { cognigyErrorOf } from '../../../support/errors';
import { always, inject, status, type FaultSpec } from '../../../support/sandboxFaults';
import { closedPort, closeServers } from '../../../support/servers';
import { until } from '../../../support/until';
import {
	callOptions,
	closeV1Setups,
	startInput,
	TIMEOUT_MS,
	v1Client,
	v1Setup,
	type V1Setup,
} from '../../../support/v1';

const injectStart = (sandbox: Sandbox, fault: FaultSpec) => inject(sandbox, 'start', fault);

/** What the service saw. */
function seen({ stats }: Sandbox) {
	const { starts, flowsStarted, logins } = stats();
	return { starts, flowsStarted, logins };
}

afterEach(async () => {
	await closeV1Setups();
	await closeServers();
});

interface FinalFault {
	fault: FaultSpec;
	category: ErrorCategory;
	httpStatus?: number;
	/** Flows that ran. */
	flowsStarted?: number;
	mayHaveRun?: boolean;
}

/** All of these come again and again, so that a client which repeats what it should not is found out. */
const finalFaults: FinalFault[] = [
	{ fault: status(400), category: 'invalidInput', httpStatus: 400 },
	{ fault: status(403), category: 'permission', httpStatus: 403 },
	{ fault: status(404), category: 'notFound', httpStatus: 404 },
	{ fault: status(409), category: 'protocol', httpStatus: 409 },
	{ fault: status(302, { headers: { location: 'http://127.0.0.1:1/' } }), category: 'protocol', httpStatus: 302 },
	{ fault: status(418), category: 'protocol', httpStatus: 418 },
	{ fault: status(202), category: 'protocol', httpStatus: 202, mayHaveRun: true },
	{ fault: status(204), category: 'protocol', httpStatus: 204, mayHaveRun: true },
	{ fault: status(408), category: 'server', httpStatus: 408, mayHaveRun: true },
	{ fault: status(500), category: 'server', httpStatus: 500, mayHaveRun: true },
	{ fault: status(502), category: 'notPublished', httpStatus: 502, mayHaveRun: true },
	{ fault: status(503), category: 'server', httpStatus: 503, mayHaveRun: true },
	{
		fault: status(503, { headers: { 'retry-after': '1' } }),
		category: 'server',
		httpStatus: 503,
		mayHaveRun: true,
	},
	{ fault: status(504), category: 'server', httpStatus: 504, mayHaveRun: true },
	{ fault: { kind: 'dropBefore' }, category: 'network', mayHaveRun: true },
	{ fault: { kind: 'resetBefore' }, category: 'network', mayHaveRun: true },
	{ fault: { kind: 'dropAfter' }, category: 'network', flowsStarted: 1, mayHaveRun: true },
	{ fault: { kind: 'resetAfter' }, category: 'network', flowsStarted: 1, mayHaveRun: true },
	{ fault: { kind: 'truncate' }, category: 'network', flowsStarted: 1, mayHaveRun: true },
	{ fault: { kind: 'badJson' }, category: 'protocol', httpStatus: 200, flowsStarted: 1, mayHaveRun: true },
	{ fault: { kind: 'wrongShape' }, category: 'protocol', httpStatus: 200, flowsStarted: 1, mayHaveRun: true },
	{ fault: { kind: 'wrongContentType' }, category: 'protocol', httpStatus: 200, flowsStarted: 1, mayHaveRun: true },
	{ fault: { kind: 'hugeBody' }, category: 'protocol', flowsStarted: 1, mayHaveRun: true },
	{ fault: { kind: 'gzipBomb' }, category: 'protocol', flowsStarted: 1, mayHaveRun: true },
];

describe('a start that the service spoils is not sent again', () => {
	it.each(finalFaults.map((row) => [JSON.stringify(row.fault), row] as const))('%s', async (_, row) => {
		const { sandbox, client } = await v1Setup();
		injectStart(sandbox, { ...row.fault, ...always });
		const { flowsStarted = 0, mayHaveRun = false } = row;

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));

		expect(seen(sandbox)).toEqual({ starts: 1, flowsStarted, logins: 1 });
		expect(error).toMatchObject({ category: row.category, mayHaveRun });
		expect(error.audit).toMatchObject({ status: 'error', errorCategory: row.category, attempts: 1 });
		expect(error.audit?.httpStatus).toBe(row.httpStatus);
		expect(/may have run/.test(error.message)).toBe(mayHaveRun);
		expect(error.message.includes(startInput.sessionId ?? '')).toBe(mayHaveRun);
		expect(error.advice).not.toBe('');
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
	const waitFor = async (setup: V1Setup, fault: FaultSpec) => {
		injectStart(setup.sandbox, { ...fault, ...always });
		const outcome = cognigyErrorOf(setup.client.triggerFlow(startInput, callOptions));
		await until(() => setup.sandbox.requests.at(-1)?.fault === fault.kind);
		await setup.clock.advance(TIMEOUT_MS - 1);
		expect(setup.sandbox.stats().inFlight).toBe(1);
		await setup.clock.advance(1);
		return await outcome;
	};

	it.each<[FaultSpec, number]>([
		[{ kind: 'hang' }, 0],
		[{ kind: 'latency', ms: 3_600_000 }, 1],
	])('(%j) is not sent again', async (fault, flowsStarted) => {
		const setup = await v1Setup();
		const error = await waitFor(setup, fault);

		expect(seen(setup.sandbox)).toEqual({ starts: 1, flowsStarted, logins: 1 });
		expect(error).toMatchObject({ category: 'timeout', mayHaveRun: true });
		expect(error.message).toMatch(/may have run, with session "session-1"/);
		expect(error.audit).toMatchObject({ attempts: 1, latencyMs: TIMEOUT_MS, errorCategory: 'timeout' });
	});

	it('in the middle of the answer is not sent again', async () => {
		const setup = await v1Setup();
		const error = await waitFor(setup, { kind: 'slowBody', intervalMs: 3_600_000 });

		expect(seen(setup.sandbox)).toEqual({ starts: 1, flowsStarted: 1, logins: 1 });
		expect(error).toMatchObject({ category: 'timeout', mayHaveRun: true });
	});

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
		const transport = new AxiosTransport(unrestrictedEgress);
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
		['in seconds', { 'retry-after': '2' }, 2_000],
		['as a date', { 'retry-after': 'Sat, 31 Jan 2026 12:00:03 GMT' }, 3_000],
		['as a date that is over', { 'retry-after': 'Sat, 31 Jan 2026 11:00:00 GMT' }, 0],
		['in words that nobody understands', { 'retry-after': 'soon' }, 0],
		['not at all', {}, 0],
	])('after a 429 that says when (%s)', async (_, headers, pauseMs) => {
		const { sandbox, client, clock } = await v1Setup();
		injectStart(sandbox, status(429, { headers, times: 2 }));

		const result = await client.triggerFlow(startInput, callOptions);

		expect(result.audit).toMatchObject({ status: 'success', attempts: 3, httpStatus: 201 });
		expect(seen(sandbox)).toEqual({ starts: 3, flowsStarted: 1, logins: 1 });
		const later = 'retry-after' in headers && pauseMs === 3_000 ? 0 : pauseMs;
		expect(clock.skipped).toEqual([pauseMs, later]);
	});

	it('after 429 as often as was asked for, and no more', async () => {
		const { sandbox, client } = await v1Setup();
		injectStart(sandbox, status(429, always));

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));

		expect(error).toMatchObject({ category: 'rateLimit', httpStatus: 429, mayHaveRun: false });
		expect(error.message).not.toMatch(/may have run|session-1/);
		expect(error.audit).toMatchObject({ attempts: 4 });
		expect(seen(sandbox)).toEqual({ starts: 4, flowsStarted: 0, logins: 1 });
	});

	it('but not after a 429 that asks for more time than there is', async () => {
		const { sandbox, client, clock } = await v1Setup();
		injectStart(sandbox, status(429, { headers: { 'retry-after': '60' }, ...always }));

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));

		expect(error).toMatchObject({ category: 'rateLimit', retryAfterMs: 60_000, mayHaveRun: false });
		expect(error.message).toContain('60 s');
		expect(sandbox.stats().starts).toBe(1);
		expect(clock.monotonic()).toBe(0);
	});

	it('with a new login after a 401: the token had expired', async () => {
		const { sandbox, client } = await v1Setup();
		await client.validateVersion({ ...startInput, targetEnvironment: 'production' }, callOptions);
		sandbox.expireTokens();

		expect((await client.triggerFlow(startInput, callOptions)).audit).toMatchObject({ attempts: 2 });
		expect(seen(sandbox)).toEqual({ starts: 2, flowsStarted: 1, logins: 2 });
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

	it('once after a 401: one that stays is the end', async () => {
		const { sandbox, client } = await v1Setup();
		injectStart(sandbox, status(401, always));

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));

		expect(error).toMatchObject({ category: 'authentication', httpStatus: 401, mayHaveRun: false });
		expect(error.message).not.toMatch(/may have run|session-1/);
		expect(seen(sandbox)).toEqual({ starts: 2, flowsStarted: 0, logins: 2 });
	});

	it('after a login that failed for a passing fault', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'login', { kind: 'dropAfter', times: 2 });

		expect((await client.triggerFlow(startInput, callOptions)).audit).toMatchObject({ attempts: 1 });
		expect(seen(sandbox)).toEqual({ starts: 1, flowsStarted: 1, logins: 3 });
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

	it.each([
		['the port is closed', async () => `http://127.0.0.1:${await closedPort()}`],
		['the host is not known', async () => await Promise.resolve('http://nosuch.invalid')],
	])('did not run: %s', async (_, address) => {
		const { sandbox, client } = await detour(await address(), Infinity);

		const error = await cognigyErrorOf(client.triggerFlow(startInput, callOptions));

		expect(error).toMatchObject({ category: 'network', mayHaveRun: false });
		expect(error.message).not.toMatch(/may have run|session-1/);
		expect(error.audit).toMatchObject({ attempts: 4 });
		expect(seen(sandbox)).toEqual({ starts: 0, flowsStarted: 0, logins: 1 });
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

	it('is repeated after passing faults; the start is sent once', async () => {
		const { sandbox, client } = await v1Setup();
		inject(sandbox, 'versions', { kind: 'dropAfter', times: 2 });
		await client.triggerFlow(checked, callOptions);

		expect(sandbox.stats()).toMatchObject({ versions: 3, starts: 1, flowsStarted: 1 });
	});

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
