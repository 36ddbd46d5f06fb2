import { once } from 'node:events';
import https from 'node:https';
import { connect } from 'node:net';
import { until } from '../../support/until';
import { call, closeSandboxes, logIn, sandboxFor, startBody, startUrl, versionsUrl } from './support';

afterEach(closeSandboxes);

describe('with TLS', () => {
	it('serves 127.0.0.1 and localhost with a certificate that its own authority vouches for', async () => {
		const sandbox = await sandboxFor({ tls: true });
		const ca = sandbox.caCertificate;

		expect(sandbox.url).toBe(`https://127.0.0.1:${sandbox.port}`);
		const token = await logIn(sandbox);
		const { status } = await call(`https://localhost:${sandbox.port}/api/v1/bots/order-status/versions`, { token, ca });
		expect(status).toBe(200);
	});

	it('is refused by a client that does not trust it', async () => {
		const sandbox = await sandboxFor({ tls: true });

		await expect(call(`${sandbox.url}/sandbox/stats`)).rejects.toMatchObject({
			code: expect.stringMatching(/CERT|SIGN/),
		});
	});

	it.each(['dropAfter', 'resetAfter', 'truncate'] as const)('can %s', async (kind) => {
		const sandbox = await sandboxFor({ tls: true });
		const token = await logIn(sandbox);
		sandbox.faults.inject({ operation: 'start', kind });

		const reply = call(startUrl(sandbox), { token, body: startBody, ca: sandbox.caCertificate });

		await expect(reply).rejects.toMatchObject({ code: 'ECONNRESET' });
		expect(sandbox.sessions).toHaveLength(1);
	});
});

describe('keep-alive', () => {
	it('ends an idle connection after the time that was asked for, without telling the client beforehand', async () => {
		const sandbox = await sandboxFor({ keepAliveTimeoutMs: 20 });
		const socket = connect(sandbox.port, '127.0.0.1');
		let received = '';
		socket.on('data', (chunk) => (received += String(chunk)));

		socket.write('GET /api/v1/bots/x/versions HTTP/1.1\r\nHost: sandbox\r\n\r\n');
		await once(socket, 'end');

		expect(received).toMatch(/^HTTP\/1\.1 401 /);
		expect(received).toMatch(/\r\nconnection: keep-alive\r\n/i);
		expect(received).not.toMatch(/\r\nkeep-alive:/i);
	});

	it('ends the connection of a client that asks for it', async () => {
		const sandbox = await sandboxFor();

		const reply = await call(`${sandbox.url}/sandbox/stats`, { headers: { connection: 'close' } });

		expect(reply.headers.connection).toBe('close');
	});
});

describe('close', () => {
	it('ends idle, half-sent, half-shaken and waiting connections at once', async () => {
		const sandbox = await sandboxFor({ tls: true, latencyMs: 3_600_000 });
		const agent = new https.Agent({ keepAlive: true, ca: sandbox.caCertificate });
		await call(`${sandbox.url}/sandbox/stats`, { agent });
		const waiting = call(`${sandbox.url}/api/v1/auth/login`, { body: {}, ca: sandbox.caCertificate }).catch(
			(error: NodeJS.ErrnoException) => error.code,
		);
		const beforeHandshake = connect(sandbox.port, '127.0.0.1');
		beforeHandshake.on('error', () => undefined);
		await once(beforeHandshake, 'connect');
		await until(() => sandbox.stats().inFlight === 1);

		await Promise.all([sandbox.close(), once(beforeHandshake, 'close')]);

		expect(await waiting).toBe('ECONNRESET');
		await expect(call(`${sandbox.url}/sandbox/stats`, { ca: sandbox.caCertificate })).rejects.toMatchObject({
			code: 'ECONNREFUSED',
		});
		agent.destroy();
	});

	it('may be called twice', async () => {
		const sandbox = await sandboxFor();

		await Promise.all([sandbox.close(), sandbox.close()]);
		await sandbox.close();
	});
});

it('a request whose body never ends is in the journal, and over when its client is gone', async () => {
	const sandbox = await sandboxFor();
	const socket = connect(sandbox.port, '127.0.0.1');
	socket.write('POST /api/v1/auth/login HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 100\r\n\r\n{');
	await until(() => sandbox.stats().inFlight === 1);

	socket.destroy();
	await until(() => sandbox.stats().inFlight === 0);

	expect(sandbox.requests).toMatchObject([{ operation: 'login', status: null, ran: false }]);
});

it('every answer of the contract is held back by the latency; the call runs at once', async () => {
	const sandbox = await sandboxFor({ latencyMs: 3_600_000 });
	const client = new AbortController();
	const login = call(`${sandbox.url}/api/v1/auth/login`, {
		body: { username: 'demo', password: 'demo-password' },
		signal: client.signal,
	}).catch(() => 'given up');
	await until(() => sandbox.stats().tokensIssued === 1);

	expect(await call(`${sandbox.url}/sandbox/stats`)).toMatchObject({ status: 200 });
	client.abort();
	expect(await login).toBe('given up');
});

it('answers as ever once the latency is over', async () => {
	const sandbox = await sandboxFor({ latencyMs: 1 });

	const reply = await call(versionsUrl(sandbox, 'order-status'), { token: await logIn(sandbox) });

	expect(reply).toMatchObject({ status: 200 });
});
