import { NodeTransport } from '../../../../../client/transport/node/nodeTransport';
import { unrestrictedEgress } from '../../../../../client/transport/egress';
import type { HttpRequest } from '../../../../../client/transport/http';
import { createTlsMaterial } from '../../../../../sandbox/http/tls';
import { selfSigned } from '../../../../support/certificates';
import { restoreEnvironment, setEnvironment, withoutProxies } from '../../../../support/environment';
import { transportFailureOf } from '../../../../support/errors';
import { closeProxies, startProxy, type TestProxy } from '../../../../support/proxy';
import { allThatShows } from '../../../../support/secrets';
import {
	closedPort,
	closeServers,
	httpServer,
	type HttpTestServer,
	type ServerIdentity,
} from '../../../../support/servers';
import { distrust, trust } from '../../../../support/trust';
import { until } from '../../../../support/until';

const SECRET = 'very-secret-token';

let identity: ServerIdentity & { ca: string };
let transport: NodeTransport;
let caller: AbortController;

beforeAll(async () => {
	identity = await createTlsMaterial();
});
beforeEach(() => {
	withoutProxies();
	transport = new NodeTransport(unrestrictedEgress);
	caller = new AbortController();
});
afterEach(async () => {
	transport.close();
	await closeServers();
	await closeProxies();
	distrust();
	restoreEnvironment();
});

const request = (url: string): HttpRequest => ({
	method: 'POST',
	url: `${url}/path?x=1`,
	headers: { Authorization: `Bearer ${SECRET}`, 'Content-Type': 'application/json' },
	body: '"body"',
	signal: caller.signal,
});
const send = (url: string) => transport.send(request(url));
const failing = async (url: string) => {
	const failure = await transportFailureOf(send(url));
	expect(allThatShows(failure)).not.toContain(SECRET);
	return failure;
};

const plainServer = () => httpServer((response) => response.end('answer'));
const tlsServer = () => httpServer((response) => response.end('answer'), identity);
const hostOf = (server: HttpTestServer) => `127.0.0.1:${server.port}`;

describe('which proxy is used', () => {
	it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('is said by %s for https: a tunnel', async (variable) => {
		const proxy = await startProxy();
		setEnvironment({ [variable]: proxy.url });
		const server = await tlsServer();
		trust(identity.ca);

		expect(await send(server.url)).toMatchObject({ status: 200, body: 'answer' });
		expect(proxy.tunnels).toEqual([hostOf(server)]);
		expect(server.requests[0]).toMatchObject({ path: '/path?x=1', body: '"body"' });
	});

	it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])(
		'is said by %s for http: the request is passed on',
		async (variable) => {
			const proxy = await startProxy();
			setEnvironment({ [variable]: proxy.url });
			const server = await plainServer();

			expect(await send(server.url)).toMatchObject({ status: 200, body: 'answer' });
			expect(proxy.forwarded).toEqual([`${server.url}/path?x=1`]);
			expect(server.requests[0]).toMatchObject({
				method: 'POST',
				path: '/path?x=1',
				headers: { host: hostOf(server), authorization: `Bearer ${SECRET}` },
				body: '"body"',
			});
		},
	);

	it('is none for https when only HTTP_PROXY is set, and the other way round', async () => {
		const proxy = await startProxy();
		const [plain, secure] = await Promise.all([plainServer(), tlsServer()]);
		trust(identity.ca);
		setEnvironment({ HTTP_PROXY: proxy.url });
		await send(secure.url);
		setEnvironment({ HTTP_PROXY: undefined, HTTPS_PROXY: proxy.url });
		await send(plain.url);

		expect(proxy.accepted).toBe(0);
	});

	it.each(['127.0.0.1', 'example.com,127.0.0.1', '*'])('is none for hosts in NO_PROXY (%s)', async (noProxy) => {
		const proxy = await startProxy();
		setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: noProxy });
		const [plain, secure] = await Promise.all([plainServer(), tlsServer()]);
		trust(identity.ca);

		expect(await send(plain.url)).toMatchObject({ body: 'answer' });
		expect(await send(secure.url)).toMatchObject({ body: 'answer' });
		expect(proxy.accepted).toBe(0);
	});

	it('stays the same for hosts that are not in NO_PROXY', async () => {
		const proxy = await startProxy();
		setEnvironment({ HTTPS_PROXY: proxy.url, NO_PROXY: 'example.com,10.0.0.1' });
		const server = await tlsServer();
		trust(identity.ca);
		await send(server.url);

		expect(proxy.tunnels).toHaveLength(1);
	});

	it('is logged in to with the user and password of its address', async () => {
		const proxy = await startProxy();
		const withLogin = proxy.url.replace('//', '//user:p%40ss@');
		setEnvironment({ HTTP_PROXY: withLogin, HTTPS_PROXY: withLogin });
		const [plain, secure] = await Promise.all([plainServer(), tlsServer()]);
		trust(identity.ca);
		await send(plain.url);
		await send(secure.url);

		const basic = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
		expect(proxy.authorizations).toEqual([basic, basic]);
		for (const server of [plain, secure]) {
			expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
		}
	});
});

describe('a connection through a proxy', () => {
	it.each(['http', 'https'])('belongs to all: a stop after the answer does not end it (%s)', async (scheme) => {
		const proxy = await startProxy();
		setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
		trust(identity.ca);
		const server = await (scheme === 'https' ? tlsServer() : plainServer());
		await send(server.url);
		caller.abort();
		caller = new AbortController();

		expect(await send(server.url)).toMatchObject({ body: 'answer' });
		expect(proxy.accepted).toBe(1);
	});
});

describe('TLS through a proxy', () => {
	it('is verified: nothing is sent to a server whose certificate nobody vouches for', async () => {
		setEnvironment({ HTTPS_PROXY: (await startProxy()).url });
		const server = await tlsServer();

		expect(await failing(server.url)).toMatchObject({ kind: 'tls', requestSent: false });
		expect(server.requests).toHaveLength(0);
	});

	it.each([
		['127.0.0.1', '127.0.0.1', true],
		['localhost', 'localhost', true],
		['localhost', '127.0.0.1', false],
		['127.0.0.1', 'localhost', false],
	])('is verified for the host of the service: certificate for %s, host %s', async (certified, host, isRight) => {
		setEnvironment({ HTTPS_PROXY: (await startProxy()).url });
		const trusted = await selfSigned(certified);
		trust(trusted.cert);
		const server = await httpServer((response) => response.end('answer'), trusted);
		const url = `https://${host}:${server.port}`;

		if (isRight) expect(await send(url)).toMatchObject({ body: 'answer' });
		else expect(await failing(url)).toMatchObject({ kind: 'tls', requestSent: false });
		expect(server.requests).toHaveLength(isRight ? 1 : 0);
	});

	it('hides the request from the proxy', async () => {
		const proxy = await startProxy();
		setEnvironment({ HTTPS_PROXY: proxy.url });
		const server = await tlsServer();
		trust(identity.ca);
		await send(server.url);

		expect(proxy.forwarded).toEqual([]);
		expect(proxy.authorizations).toEqual([undefined]);
	});

	it('may have brought the request there when the connection drops afterwards', async () => {
		setEnvironment({ HTTPS_PROXY: (await startProxy()).url });
		const server = await httpServer((response) => response.destroy(), identity);
		trust(identity.ca);

		expect(await failing(server.url)).toMatchObject({ kind: 'dropped', requestSent: true });
		expect(server.requests).toHaveLength(1);
	});
});

describe('a proxy that does not let us through', () => {
	let proxy: TestProxy;

	const behind = async (options: Parameters<typeof startProxy>[0]) => {
		proxy = await startProxy(options);
		setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
		trust(identity.ca);
		return await tlsServer();
	};

	it.each([400, 403, 407, 500, 502, 503])('with %d to the tunnel: nothing was sent', async (status) => {
		const server = await behind({ answer: { status, body: 'No.' } });
		const failure = await failing(server.url);

		expect(failure).toMatchObject({ kind: 'proxy', requestSent: false });
		expect(failure.message).toContain(String(status));
		expect(server.accepted).toBe(0);
		expect(proxy.received).not.toContain(SECRET);
	});

	it('by closing the connection: nothing was sent', async () => {
		const server = await behind({ answer: 'close' });

		expect(await failing(server.url)).toMatchObject({ kind: 'proxy', requestSent: false });
		expect(server.accepted).toBe(0);
	});

	it('by not being there: nothing was sent', async () => {
		const server = await tlsServer();
		const nobody = `http://127.0.0.1:${await closedPort()}`;
		setEnvironment({ HTTP_PROXY: nobody, HTTPS_PROXY: nobody });

		expect(await failing(server.url)).toMatchObject({ kind: 'proxy', requestSent: false });
		expect(await failing((await plainServer()).url)).toMatchObject({ kind: 'proxy', requestSent: false });
	});

	it('by not answering: a stop ends it, nothing was sent and no connection is left', async () => {
		const server = await behind({ answer: 'hang' });
		const outcome = failing(server.url);
		await until(() => proxy.tunnels.length === 1);
		caller.abort();

		expect(await outcome).toMatchObject({ kind: 'aborted', requestSent: false });
		await until(() => proxy.open === 0);
	});

	it('for http, by not answering: a stop ends it and no connection is left', async () => {
		await behind({ answer: 'hang' });
		const outcome = failing((await plainServer()).url);
		await until(() => proxy.forwarded.length === 1);
		caller.abort();

		expect(await outcome).toMatchObject({ kind: 'aborted', requestSent: true });
		await until(() => proxy.open === 0);
	});
});
