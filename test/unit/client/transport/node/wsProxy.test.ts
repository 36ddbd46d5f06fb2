import { WsTransport } from '../../../../../client/transport/node/wsTransport';
import type { WebSocketConnection } from '../../../../../client/transport/webSocket';
import { unrestrictedEgress, type EgressPolicy } from '../../../../../client/transport/egress';
import { createTlsMaterial } from '../../../../../sandbox/http/tls';
import { selfSigned } from '../../../../support/certificates';
import { restoreEnvironment, setEnvironment, withoutProxies } from '../../../../support/environment';
import { transportFailureOf } from '../../../../support/errors';
import { closeProxies, startProxy, type TestProxy, type TestProxyOptions } from '../../../../support/proxy';
import { RecordingListener } from '../../../../support/recordingListener';
import { allThatShows } from '../../../../support/secrets';
import { closedPort, closeServers, httpServer, type ServerIdentity } from '../../../../support/servers';
import { distrust, trust } from '../../../../support/trust';
import { until } from '../../../../support/until';
import {
	handMadeWebSocketServer,
	webSocketServer,
	type WebSocketTestServer,
} from '../../../../support/webSocketServer';

const TOKEN = 'very-secret-token';
const PATH = `/ws/v1?tenant=t&token=${TOKEN}`;

let identity: ServerIdentity & { ca: string };
let caller: AbortController;
let listener: RecordingListener;
const connections: WebSocketConnection[] = [];

beforeAll(async () => {
	identity = await createTlsMaterial();
});
beforeEach(() => {
	withoutProxies();
	caller = new AbortController();
	listener = new RecordingListener();
});
afterEach(async () => {
	for (const connection of connections.splice(0)) connection.destroy();
	await closeServers();
	await closeProxies();
	distrust();
	restoreEnvironment();
});

async function dial(url: string, egress: EgressPolicy = unrestrictedEgress) {
	const request = { url: url + PATH, origin: 'https://api.example.com', subprotocol: 'v1', signal: caller.signal };
	const result = await new WsTransport(egress).dial(request, listener);
	if ('connection' in result) connections.push(result.connection);
	return result;
}
const failing = async (url: string) => {
	const failure = await transportFailureOf(dial(url));
	expect(allThatShows(failure)).not.toContain(TOKEN);
	return failure;
};

const server = async (scheme: string) => await webSocketServer(undefined, scheme === 'wss' ? identity : undefined);
const hostOf = ({ port }: { port: number }) => `127.0.0.1:${port}`;

/** A proxy for both schemes. */
async function behindProxy(options?: TestProxyOptions): Promise<TestProxy> {
	const proxy = await startProxy(options);
	setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
	trust(identity.ca);
	return proxy;
}

describe('which proxy is used', () => {
	it.each([
		['HTTPS_PROXY', 'wss'],
		['https_proxy', 'wss'],
		['ALL_PROXY', 'wss'],
		['HTTP_PROXY', 'ws'],
		['http_proxy', 'ws'],
		['ALL_PROXY', 'ws'],
	])('is said by %s for %s: a tunnel', async (variable, scheme) => {
		const proxy = await startProxy();
		setEnvironment({ [variable]: proxy.url });
		trust(identity.ca);
		const service = await server(scheme);

		expect(await dial(service.url)).toHaveProperty('connection');
		expect(proxy.tunnels).toEqual([hostOf(service)]);
		expect(proxy.forwarded).toEqual([]);
		expect(service.requests[0]).toMatchObject({ path: PATH, headers: { host: hostOf(service) } });
	});

	it('is none for wss when only HTTP_PROXY is set, and the other way round', async () => {
		const proxy = await startProxy();
		trust(identity.ca);
		setEnvironment({ HTTP_PROXY: proxy.url });
		await dial((await server('wss')).url);
		setEnvironment({ HTTP_PROXY: undefined, HTTPS_PROXY: proxy.url });
		await dial((await server('ws')).url);

		expect(proxy.accepted).toBe(0);
	});

	it.each(['127.0.0.1', 'example.com,127.0.0.1', '*'])('is none for hosts in NO_PROXY (%s)', async (noProxy) => {
		const proxy = await behindProxy();
		setEnvironment({ NO_PROXY: noProxy });
		for (const scheme of ['ws', 'wss']) {
			expect(await dial((await server(scheme)).url)).toHaveProperty('connection');
		}

		expect(proxy.accepted).toBe(0);
	});

	it('is none for a port in NO_PROXY, and stays the same for others', async () => {
		const proxy = await behindProxy();
		const [direct, tunnelled] = [await server('wss'), await server('wss')];
		setEnvironment({ NO_PROXY: `example.com,${hostOf(direct)}` });
		await dial(direct.url);
		await dial(tunnelled.url);

		expect(proxy.tunnels).toEqual([hostOf(tunnelled)]);
	});

	it.each(['ws', 'wss'])('is logged in to with the user and password of its address (%s)', async (scheme) => {
		const proxy = await behindProxy();
		const withLogin = proxy.url.replace('//', '//user:p%40ss@');
		setEnvironment({ HTTP_PROXY: withLogin, HTTPS_PROXY: withLogin });
		const service = await server(scheme);
		await dial(service.url);

		expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
		expect(service.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
	});

	it('does not change what the egress policy is asked, but looks the name up itself', async () => {
		await behindProxy();
		const checked: string[] = [];
		const lookup = () => {
			throw new Error('Nobody here has to know the address');
		};
		const service = await server('ws');
		await dial(`ws://localhost:${service.port}`, { check: async (url) => void checked.push(url), lookup });

		expect(checked).toEqual([`http://localhost:${service.port}/ws/v1`]);
	});
});

describe('a connection through a proxy', () => {
	it.each(['ws', 'wss'])('carries texts both ways, and is closed on both sides (%s)', async (scheme) => {
		const proxy = await behindProxy();
		const service = await server(scheme);
		const result = await dial(service.url);
		const [theirs] = service.connections;
		if (!('connection' in result) || !theirs) throw new Error('Was to be connected');
		theirs.on('message', (data) => theirs.send(`echo ${String(data)}`));
		await result.connection.send('text');
		await until(() => listener.events.length > 0);
		expect(listener.events).toEqual(['echo text']);

		await result.connection.close();
		await until(() => proxy.open === 0 && service.open === 0);
	});

	it('is not ended by a stop that comes later', async () => {
		await behindProxy();
		const service = await server('wss');
		await dial(service.url);
		caller.abort();
		service.connections[0]?.send('still here');
		await until(() => listener.events.length > 0);

		expect(listener.events).toEqual(['still here']);
	});

	it('that is refused by the service tells its answer', async () => {
		const proxy = await behindProxy();
		const service = await httpServer((response) => response.writeHead(403).end('{"message":"No."}'), identity);

		expect(await dial(service.url.replace('https', 'wss'))).toMatchObject({
			refusal: { status: 403, body: '{"message":"No."}' },
		});
		await until(() => proxy.open === 0 && service.open === 0);
	});

	it('shows the proxy of a wss connection neither path nor token', async () => {
		const seen: string[] = [];
		// A proxy that opens a tunnel to nowhere and listens.
		const nosy = await handMadeWebSocketServer((socket, head) => {
			seen.push(head);
			socket.on('data', (data) => seen.push(data.toString('latin1')));
			socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
			socket.once('data', () => socket.end());
		});
		setEnvironment({ HTTPS_PROXY: `http://127.0.0.1:${nosy.port}` });
		await failing('wss://cognigy.example.com');

		expect(seen[0]).toMatch(/^CONNECT cognigy\.example\.com:443 HTTP\/1\.1\r\n/);
		expect(seen.length).toBeGreaterThan(1);
		for (const secret of [TOKEN, '/ws/v1', 'tenant']) expect(seen.join()).not.toContain(secret);
	});
});

describe('TLS through a proxy', () => {
	let service: WebSocketTestServer;

	const behind = async (certificate: ServerIdentity, isTrusted = true) => {
		await behindProxy();
		if (isTrusted) trust(certificate.cert);
		service = await webSocketServer(undefined, certificate);
	};

	it('is verified: nothing is sent to a server whose certificate nobody vouches for', async () => {
		await behind(await selfSigned('127.0.0.1'), false);

		expect(await failing(service.url)).toMatchObject({ kind: 'tls', requestSent: false });
		expect(service.requests).toHaveLength(0);
	});

	it('is verified for the name of the service', async () => {
		await behind(await selfSigned('localhost'));

		expect(await dial(`wss://localhost:${service.port}`)).toHaveProperty('connection');
	});

	it('is verified for the address of a service without a name', async () => {
		await behind(await selfSigned('127.0.0.1'));

		expect(await dial(service.url)).toHaveProperty('connection');
	});

	it.each([
		['cognigy.example.com', 'localhost'],
		['127.0.0.1', 'localhost'],
		['localhost', '127.0.0.1'],
	])('sends nothing to a server whose certificate is for %s instead of %s', async (certified, host) => {
		await behind(await selfSigned(certified));

		expect(await failing(`wss://${host}:${service.port}`)).toMatchObject({ kind: 'tls', requestSent: false });
		expect(service.requests).toHaveLength(0);
	});
});

describe('a proxy that does not let us through', () => {
	it.each([
		['wss', 400],
		['wss', 403],
		['wss', 407],
		['wss', 500],
		['wss', 502],
		['wss', 201],
		['ws', 403],
		['ws', 407],
		['ws', 503],
	])('(%s) with %d to the tunnel: nothing was sent', async (scheme, status) => {
		const proxy = await behindProxy({ answer: { status, body: 'No.' } });
		const service = await server(scheme);
		const failure = await failing(service.url);

		expect(failure).toMatchObject({ kind: 'proxy', requestSent: false });
		expect(failure.message).toContain(String(status));
		expect(service.accepted).toBe(0);
		expect(proxy.received).not.toContain(TOKEN);
		await until(() => proxy.open === 0);
	});

	it.each(['ws', 'wss'])('by closing the connection: nothing was sent (%s)', async (scheme) => {
		await behindProxy({ answer: 'close' });
		const service = await server(scheme);

		expect(await failing(service.url)).toMatchObject({ kind: 'proxy', requestSent: false });
		expect(service.accepted).toBe(0);
	});

	it.each(['ws', 'wss'])('by not being there: nothing was sent (%s)', async (scheme) => {
		const nobody = `http://127.0.0.1:${await closedPort()}`;
		setEnvironment({ HTTP_PROXY: nobody, HTTPS_PROXY: nobody });

		expect(await failing((await server(scheme)).url)).toMatchObject({ kind: 'proxy', requestSent: false });
	});

	it.each(['ws', 'wss'])('by not answering: a stop ends it, and no connection is left (%s)', async (scheme) => {
		const proxy = await behindProxy({ answer: 'hang' });
		const outcome = failing((await server(scheme)).url);
		await until(() => proxy.tunnels.length === 1);
		caller.abort();

		expect(await outcome).toMatchObject({ kind: 'aborted', requestSent: false });
		await until(() => proxy.open === 0);
	});

	it.each(['ws', 'wss'])('never hears of a dial that was stopped before (%s)', async (scheme) => {
		const proxy = await behindProxy();
		const service = await server(scheme);
		caller.abort();

		expect(await failing(service.url)).toMatchObject({ kind: 'aborted' });
		expect(proxy.accepted).toBe(0);
	});
});
