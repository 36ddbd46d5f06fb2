import http from 'node:http';
import { Socket, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { NodeTransport } from '../../../../../client/transport/node/nodeTransport';
import { unrestrictedEgress, type EgressPolicy } from '../../../../../client/transport/egress';
import type { HttpRequest } from '../../../../../client/transport/http';
import { createTlsMaterial } from '../../../../../sandbox/http/tls';
import { restoreEnvironment, setEnvironment, withoutProxies } from '../../../../support/environment';
import { transportFailureOf } from '../../../../support/errors';
import { closeProxies, startProxy } from '../../../../support/proxy';
import { closeServers, httpServer, type ServerIdentity } from '../../../../support/servers';
import { distrust, trust } from '../../../../support/trust';
import { until } from '../../../../support/until';

let identity: ServerIdentity & { ca: string };
let transports: NodeTransport[];

beforeAll(async () => {
	identity = await createTlsMaterial();
});
beforeEach(() => {
	withoutProxies();
	transports = [];
});
afterEach(async () => {
	jest.restoreAllMocks();
	for (const transport of transports) transport.close();
	await closeServers();
	await closeProxies();
	distrust();
	restoreEnvironment();
});

function transportWith(egress: EgressPolicy = unrestrictedEgress): NodeTransport {
	const transport = new NodeTransport(egress);
	transports.push(transport);
	return transport;
}

const get = (url: string, signal: AbortSignal = new AbortController().signal): HttpRequest => ({
	method: 'GET',
	url: `${url}/path`,
	headers: { Authorization: 'Bearer very-secret-token' },
	signal,
});

/** A server that answers, and the peer that it is reached at: itself, or a proxy. */
async function reachable(route: string) {
	const server = await httpServer(
		(response) => response.end('answer'),
		route.startsWith('https') ? identity : undefined,
	);
	trust(identity.ca);
	if (!route.endsWith('proxy')) return { url: server.url, peer: server };
	const proxy = await startProxy();
	setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
	return { url: server.url, peer: proxy };
}

/** Waits for the connection to become idle, and tells what Node was told to do with it; its timer emits `timeout`. */
async function idleConnectionTo({ port }: { port: number }, keepAlive: jest.SpyInstance<unknown, [Duplex]>) {
	const find = () =>
		keepAlive.mock.calls.flat().find((socket) => socket instanceof Socket && socket.remotePort === port);
	await until(() => find() !== undefined);
	// What `find` finds is a socket.
	return find() as Socket;
}

describe.each(['http', 'https', 'http over a proxy', 'https over a proxy'])('connections (%s)', (route) => {
	it('are used again', async () => {
		const { url, peer } = await reachable(route);
		const transport = transportWith();
		for (let call = 0; call < 5; call++) await transport.send(get(url));

		expect(peer.accepted).toBe(1);
	});

	it('are opened side by side for calls that run at the same time, and then shared by all', async () => {
		const { url, peer } = await reachable(route);
		const transport = transportWith();
		const five = () => Promise.all(Array.from({ length: 5 }, () => transport.send(get(url))));
		await five();
		await five();

		expect(peer.accepted).toBe(5);
	});

	it('are closed after 4 s in which nobody used them', async () => {
		const { url, peer } = await reachable(route);
		const keepAlive = jest.spyOn(http.Agent.prototype, 'keepSocketAlive');
		await transportWith().send(get(url));
		const socket = await idleConnectionTo(peer, keepAlive);
		expect(socket.timeout).toBe(4_000);
		expect(socket.destroyed).toBe(false);

		socket.emit('timeout');
		expect(socket.destroyed).toBe(true);
		await until(() => peer.open === 0);
	});

	it('stay open while an answer takes longer than that', async () => {
		const { url, peer } = await reachable(route);
		const keepAlive = jest.spyOn(http.Agent.prototype, 'keepSocketAlive');
		const transport = transportWith();
		await transport.send(get(url));
		const socket = await idleConnectionTo(peer, keepAlive);

		const set = socket.setTimeout.bind(socket);
		const inUse = new Promise<void>((resolve) => {
			socket.setTimeout = (timeout, ...more) => {
				if (timeout === 0) resolve();
				return set(timeout, ...more);
			};
		});
		const answer = transport.send(get(url));
		await inUse;
		socket.emit('timeout');
		expect(await answer).toMatchObject({ body: 'answer' });
	});

	it('hold on to no exchange that is over', async () => {
		const { url, peer } = await reachable(route);
		const transport = transportWith();
		const exchange = async () => new WeakRef((await transport.send(get(url))).headers);
		const first = await exchange();
		// What came last may still be at hand somewhere.
		await exchange();
		setFlagsFromString('--expose-gc');
		const collectGarbage = runInNewContext('gc') as () => void;
		await setImmediate();
		collectGarbage();
		expect(first.deref()).toBeUndefined();
		expect(peer.accepted).toBe(1);
	});

	it('are closed with the transport', async () => {
		const { url, peer } = await reachable(route);
		const transport = transportWith();
		await transport.send(get(url));
		transport.close();

		await until(() => peer.open === 0);
	});
});

describe('TLS verification', () => {
	it.each(['https', 'https over a proxy'])(
		'stays on (%s) when NODE_TLS_REJECT_UNAUTHORIZED=0 turns it off',
		async (route) => {
			// Node warns of the variable, once.
			jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
			setEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
			const server = await httpServer((response) => response.end(), identity);
			if (route.endsWith('proxy')) setEnvironment({ HTTPS_PROXY: (await startProxy()).url });

			const failure = await transportFailureOf(transportWith().send(get(server.url)));
			expect(failure).toMatchObject({ kind: 'tls', requestSent: false });
			expect(server.requests).toHaveLength(0);
		},
	);
});

describe('the egress policy', () => {
	class SsrfBlockedIpError extends Error {}

	it('that forbids the URL stops it also where a proxy would resolve the name', async () => {
		const proxy = await startProxy();
		setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
		const transport = transportWith({ check: () => Promise.reject(new SsrfBlockedIpError('blocked')) });

		for (const url of ['http://127.0.0.2:1', 'https://127.0.0.2:1']) {
			expect(await transportFailureOf(transport.send(get(url)))).toMatchObject({ kind: 'egress', requestSent: false });
		}
		expect(proxy.accepted).toBe(0);
	});

	it.each(['http', 'https'])('resolves the host names of direct connections (%s)', async (scheme) => {
		const server = await httpServer((response) => response.end('answer'), scheme === 'https' ? identity : undefined);
		trust(identity.ca);
		const resolved: string[] = [];
		const lookup: LookupFunction = (hostname, { all }, found) => {
			resolved.push(hostname);
			if (all) found(null, [{ address: '127.0.0.1', family: 4 }]);
			else found(null, '127.0.0.1', 4);
		};
		const transport = transportWith({ ...unrestrictedEgress, lookup });

		expect(await transport.send(get(`${scheme}://localhost:${server.port}`))).toMatchObject({ body: 'answer' });
		expect(resolved).toEqual(['localhost']);
	});
});

describe('addresses of services', () => {
	it('that differ only in the port keep their own connections', async () => {
		const servers = await Promise.all(['a', 'b'].map((name) => httpServer((response) => response.end(name))));
		const transport = transportWith();
		for (const [index, server] of servers.entries()) {
			expect(await transport.send(get(server.url))).toMatchObject({ body: index === 0 ? 'a' : 'b' });
		}
	});
});
