import { gunzipSync } from 'node:zlib';
import type { FaultRequest, Sandbox } from '../../../sandbox';
import { until } from '../../support/until';
import { call, closeSandboxes, logIn, sandboxFor, startBody, startUrl, versionsUrl, type Reply } from './support';

let sandbox: Sandbox;
let token: string;

beforeEach(async () => {
	sandbox = await sandboxFor();
	token = await logIn(sandbox);
});
afterEach(closeSandboxes);

const start = (sessionId?: string) => call(startUrl(sandbox), { token, body: { ...startBody, sessionId } });
const versions = (botId = 'order-status') => call(versionsUrl(sandbox, botId), { token });

/** Injects a fault for the next start, sends a start and returns what came of it. */
async function startWith(fault: Record<string, unknown>): Promise<Reply | Error> {
	sandbox.faults.inject({ operation: 'start', ...fault } as FaultRequest);
	return await start().catch((error: Error) => error);
}

function lastCall() {
	const entry = sandbox.requests.at(-1);
	return { fault: entry?.fault, status: entry?.status, ran: entry?.ran, sessions: sandbox.sessions.length };
}

describe('faults in the place of the operation: the flow does not run', () => {
	it('status: answers with it', async () => {
		expect(await startWith({ kind: 'status', status: 503 })).toMatchObject({
			status: 503,
			json: { error: 'injected' },
		});
		expect(lastCall()).toEqual({ fault: 'status', status: 503, ran: false, sessions: 0 });
	});

	it('status: with the headers and the body that are given', async () => {
		expect(
			await startWith({ kind: 'status', status: 429, headers: { 'Retry-After': '7' }, body: { wait: true } }),
		).toMatchObject({ status: 429, headers: { 'retry-after': '7' }, json: { wait: true } });
		expect(
			await startWith({ kind: 'status', status: 500, headers: { 'Content-Type': 'text/html' }, body: '<p>Oops</p>' }),
		).toMatchObject({ status: 500, headers: { 'content-type': 'text/html' }, text: '<p>Oops</p>' });
		expect(
			await startWith({ kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } }),
		).toMatchObject({ status: 302, headers: { location: 'http://127.0.0.1:1/' } });
		expect(await startWith({ kind: 'status', status: 204 })).toMatchObject({ status: 204, text: '' });
		expect(lastCall()).toMatchObject({ ran: false, sessions: 0 });
	});

	it('hang: never answers until the client goes away', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'hang' });
		const client = new AbortController();
		const reply = call(startUrl(sandbox), { token, body: startBody, signal: client.signal });
		const failure = expect(reply).rejects.toThrow('aborted');

		await until(() => sandbox.requests.at(-1)?.fault === 'hang');
		expect(sandbox.stats().inFlight).toBe(1);
		client.abort();
		await failure;

		await until(() => sandbox.stats().inFlight === 0);
		expect(lastCall()).toEqual({ fault: 'hang', status: null, ran: false, sessions: 0 });
	});

	it('hang: ends when the sandbox closes', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'hang' });
		const reply = start().catch((error: NodeJS.ErrnoException) => error.code);
		await until(() => sandbox.requests.at(-1)?.fault === 'hang');

		await sandbox.close();

		expect(await reply).toBe('ECONNRESET');
	});

	it('dropBefore: closes the connection', async () => {
		expect(await startWith({ kind: 'dropBefore' })).toMatchObject({ message: 'socket hang up' });
		expect(lastCall()).toEqual({ fault: 'dropBefore', status: null, ran: false, sessions: 0 });
	});

	it('resetBefore: resets the connection', async () => {
		expect(await startWith({ kind: 'resetBefore' })).toMatchObject({ message: 'read ECONNRESET' });
		expect(lastCall()).toEqual({ fault: 'resetBefore', status: null, ran: false, sessions: 0 });
	});
});

describe('faults of the answer: the flow does run', () => {
	it('latency: runs at once and answers later', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'latency', ms: 3_600_000 });
		const client = new AbortController();
		const late = call(startUrl(sandbox), { token, body: startBody, signal: client.signal });
		const failure = expect(late).rejects.toThrow('aborted');
		await until(() => sandbox.sessions.length === 1);
		client.abort();
		await failure;

		expect(await startWith({ kind: 'latency', ms: 1 })).toMatchObject({ status: 201 });
		expect(lastCall()).toEqual({ fault: 'latency', status: 201, ran: true, sessions: 2 });
	});

	it('dropAfter: closes the connection in the place of the answer', async () => {
		expect(await startWith({ kind: 'dropAfter' })).toMatchObject({ message: 'socket hang up' });
		expect(lastCall()).toEqual({ fault: 'dropAfter', status: null, ran: true, sessions: 1 });
	});

	it('resetAfter: resets the connection in the place of the answer', async () => {
		expect(await startWith({ kind: 'resetAfter' })).toMatchObject({ message: 'read ECONNRESET' });
		expect(lastCall()).toEqual({ fault: 'resetAfter', status: null, ran: true, sessions: 1 });
	});

	it('truncate: promises more than it sends and closes', async () => {
		expect(await startWith({ kind: 'truncate' })).toMatchObject({ message: 'aborted', code: 'ECONNRESET' });
		expect(lastCall()).toEqual({ fault: 'truncate', status: 201, ran: true, sessions: 1 });
	});

	it('badJson: 200 with JSON that breaks off, cleanly ended', async () => {
		const reply = (await startWith({ kind: 'badJson' })) as Reply;

		expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } });
		expect(reply.text).toMatch(/^\{"sessionId":/);
		expect(() => JSON.parse(reply.text)).toThrow(SyntaxError);
		expect(lastCall()).toEqual({ fault: 'badJson', status: 200, ran: true, sessions: 1 });
	});

	it('wrongShape: 200 with JSON that is not what the contract says', async () => {
		expect(await startWith({ kind: 'wrongShape' })).toMatchObject({ status: 200, text: expect.stringMatching(/^\[/) });
		expect(await startWith({ kind: 'wrongShape', body: { sessionId: 42 } })).toMatchObject({ json: { sessionId: 42 } });
		expect(await startWith({ kind: 'wrongShape', body: null })).toMatchObject({ text: 'null' });
		expect(lastCall()).toEqual({ fault: 'wrongShape', status: 200, ran: true, sessions: 3 });
	});

	it('wrongContentType: 200 with an HTML page', async () => {
		expect(await startWith({ kind: 'wrongContentType' })).toMatchObject({
			status: 200,
			headers: { 'content-type': 'text/html; charset=utf-8' },
			text: expect.stringContaining('<html>'),
		});
		expect(lastCall()).toEqual({ fault: 'wrongContentType', status: 200, ran: true, sessions: 1 });
	});

	it('hugeBody: the right answer with padding, streamed', async () => {
		const reply = (await startWith({ kind: 'hugeBody', bytes: 300_000 })) as Reply;

		expect(reply).toMatchObject({ status: 201, headers: { 'transfer-encoding': 'chunked' } });
		expect(reply.json).toMatchObject({ sessionId: sandbox.sessions[0]?.sessionId, status: 'started' });
		expect(String(reply.json.padding)).toHaveLength(300_000);
		expect(lastCall()).toEqual({ fault: 'hugeBody', status: 201, ran: true, sessions: 1 });
	});

	it('hugeBody: stops sending when the client has had enough', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'hugeBody', bytes: Number.MAX_SAFE_INTEGER });
		const client = new AbortController();
		const reply = call(startUrl(sandbox), { token, body: startBody, signal: client.signal });
		const failure = expect(reply).rejects.toThrow('aborted');
		await until(() => sandbox.requests.at(-1)?.status === 201);
		client.abort();
		await failure;

		await until(() => sandbox.stats().connectionsOpen === 0);
		expect(sandbox.stats().inFlight).toBe(0);
	});

	it('slowBody: the right answer, in drops', async () => {
		const reply = await startWith({ kind: 'slowBody', chunkBytes: 20, intervalMs: 1 });

		expect(reply).toMatchObject({ status: 201, json: { status: 'started' } });
		expect(lastCall()).toEqual({ fault: 'slowBody', status: 201, ran: true, sessions: 1 });
	});

	it('gzipBomb: small on the wire, huge when inflated, still the right answer', async () => {
		const reply = (await startWith({ kind: 'gzipBomb', megabytes: 3 })) as Reply;
		const inflated = gunzipSync(reply.bytes);

		expect(reply).toMatchObject({ status: 201, headers: { 'content-encoding': 'gzip' } });
		expect(reply.bytes.length).toBeLessThan(20_000);
		expect(inflated.length).toBeGreaterThan(3 * 1024 * 1024);
		expect(JSON.parse(inflated.toString())).toMatchObject({ status: 'started' });
		expect(lastCall()).toEqual({ fault: 'gzipBomb', status: 201, ran: true, sessions: 1 });
	});

	it('spoil a refusal just the same: then nothing ran', async () => {
		sandbox.faults.inject({ operation: 'start', kind: 'dropAfter' });

		await expect(call(startUrl(sandbox), { body: startBody })).rejects.toThrow('socket hang up');
		expect(lastCall()).toEqual({ fault: 'dropAfter', status: null, ran: false, sessions: 0 });
	});
});

describe('which calls get a fault', () => {
	const failing = { kind: 'status', status: 500 } as const;
	const statuses = async (calls: Array<() => Promise<Reply>>) => {
		const seen: number[] = [];
		for (const next of calls) seen.push((await next()).status);
		return seen;
	};

	it('the next one, unless told otherwise', async () => {
		sandbox.faults.inject({ operation: 'versions', ...failing });

		expect(await statuses([versions, versions])).toEqual([500, 200]);
	});

	it('so many, after so many that are left alone', async () => {
		sandbox.faults.inject({ operation: 'versions', ...failing, times: 2, after: 1 });

		expect(await statuses([versions, versions, versions, versions])).toEqual([200, 500, 500, 200]);
	});

	it('those of its operation, or of any', async () => {
		sandbox.faults.inject({ operation: 'start', ...failing });
		expect(await statuses([versions, () => start(), () => start()])).toEqual([200, 500, 201]);

		sandbox.faults.inject({ operation: 'any', ...failing, times: 2 });
		expect(await statuses([versions, () => start(), versions])).toEqual([500, 500, 200]);

		sandbox.faults.inject({ operation: 'login', ...failing });
		expect(await statuses([versions])).toEqual([200]);
		expect(await logIn(sandbox)).toBe('undefined');
	});

	it('those that match in everything that is asked for', async () => {
		sandbox.faults.inject({ operation: 'any', ...failing, match: { botId: 'returns-draft', username: 'demo' } });
		expect(await statuses([versions, () => versions('returns-draft')])).toEqual([200, 500]);

		sandbox.faults.inject({
			operation: 'start',
			...failing,
			match: { sessionId: 's-2', userId: 'user-1', flowId: 'main' },
		});
		expect(await statuses([() => start('s-1'), () => start('s-2'), () => start('s-2')])).toEqual([201, 500, 201]);
	});

	it('those on a connection that was used before, like a keep-alive connection gone stale', async () => {
		sandbox.faults.inject({ operation: 'versions', kind: 'dropBefore', match: { reusedConnection: true } });
		const { Agent } = await import('node:http');
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		const ask = () => call(versionsUrl(sandbox, 'order-status'), { token, agent });

		expect(await ask()).toMatchObject({ status: 200 });
		await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect(sandbox.requests.map(({ reusedConnection }) => reusedConnection)).toEqual([false, false, true]);
		agent.destroy();
	});

	it('one after the other when several fit; each counts the calls that it leaves alone by itself', async () => {
		sandbox.faults.inject({ operation: 'versions', kind: 'status', status: 501 });
		sandbox.faults.inject({ operation: 'versions', kind: 'status', status: 502 });
		sandbox.faults.inject({ operation: 'versions', kind: 'status', status: 503, after: 3 });

		expect(await statuses([versions, versions, versions, versions])).toEqual([501, 502, 200, 503]);
	});

	it('none once they are cleared', async () => {
		sandbox.faults.inject({ operation: 'versions', ...failing, times: 5 });

		expect(sandbox.faults.clear()).toBe(1);
		expect(await statuses([versions])).toEqual([200]);
	});
});

it.each([
	['an unknown kind', { operation: 'start', kind: 'explode' }, /kind: .*'status' \|/],
	['no operation', { kind: 'hang' }, /operation: Required/],
	['an unknown operation', { operation: 'stop', kind: 'hang' }, /operation: .*'login' \|/],
	['a missing field', { operation: 'start', kind: 'status' }, /status: Required/],
	['an impossible status', { operation: 'start', kind: 'status', status: 99 }, /status: /],
	['a field of another kind', { operation: 'start', kind: 'hang', ms: 1 }, /'ms'/],
	['an unknown match', { operation: 'start', kind: 'hang', match: { bot: 'x' } }, /match: .*'bot'/],
	['no times at all', { operation: 'start', kind: 'hang', times: 0 }, /times: /],
	[
		'a broken header name',
		{ operation: 'start', kind: 'status', status: 200, headers: { 'a b': '' } },
		/headers\.a b: /,
	],
	['a broken header value', { operation: 'start', kind: 'status', status: 200, headers: { a: '\n' } }, /headers\.a: /],
])('a fault with %s is refused and the reason named', (_case, fault, reason) => {
	expect(() => sandbox.faults.inject(fault as FaultRequest)).toThrow(reason);
	expect(sandbox.faults.clear()).toBe(0);
});
