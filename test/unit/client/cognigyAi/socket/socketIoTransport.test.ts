import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type AddressInfo, type LookupFunction } from 'node:net';
import { WebSocketServer } from 'ws';

import { endpointName, type EndpointAddress } from '../../../../../client/cognigyAi/endpointAddress';
import { SocketIoTransport } from '../../../../../client/cognigyAi/socket/socketIoTransport';
import {
	SocketRefusal,
	type SessionSocket,
	type SocketListener,
	type SocketRequest,
} from '../../../../../client/cognigyAi/socket/transport';
import { unrestrictedEgress, type EgressPolicy } from '../../../../../client/transport/egress';
import { TransportFailure } from '../../../../../client/transport/transportFailure';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSandboxOptions } from '../../../../../sandbox';
import { restoreEnvironment, setEnvironment, withoutProxies } from '../../../../support/environment';
import { closeProxies, startProxy } from '../../../../support/proxy';
import { allThatShows } from '../../../../support/secrets';
import { closedPort, closeServers, rawServer } from '../../../../support/servers';
import { distrust, trust } from '../../../../support/trust';
import { until } from '../../../../support/until';

const TOKEN = 'feed'.repeat(16);
/** A name that only the policy's lookup knows. */
const NAME = 'cognigy.example.test';

let caller: AbortController;
let heard: string[];
let isDropped: boolean;
const open: Array<() => unknown> = [];

beforeEach(() => {
	withoutProxies();
	caller = new AbortController();
	heard = [];
	isDropped = false;
});
afterEach(async () => {
	for (const close of open.splice(0).reverse()) await close();
	await closeServers();
	await closeProxies();
	distrust();
	restoreEnvironment();
});

const listener: SocketListener = {
	onEvent: (event, payload) => heard.push(`${event} ${JSON.stringify(payload)}`) > 0,
	onDropped: () => (isDropped = true),
};

async function sandboxWith(options: CognigyAiSandboxOptions = {}): Promise<CognigyAiSandbox> {
	const sandbox = await startCognigyAiSandbox(options);
	open.push(() => sandbox.close());
	return sandbox;
}

const addressAt = (base: string, token = TOKEN): EndpointAddress => ({
	base,
	token,
	name: endpointName(token),
});
const endpointOf = ({ endpointUrl, endpoint }: CognigyAiSandbox, base = endpointUrl) =>
	addressAt(base, endpoint('Showcase Socket').urlToken);

async function dial(address: EndpointAddress, egress: EgressPolicy = unrestrictedEgress): Promise<SessionSocket> {
	const request: SocketRequest = {
		address,
		userId: 'user 1',
		sessionId: 's/1',
		testMode: false,
		signal: caller.signal,
	};
	const socket = await new SocketIoTransport(egress).dial(request, listener);
	open.push(() => socket.close());
	return socket;
}

async function failureOf(address: EndpointAddress, egress?: EgressPolicy): Promise<TransportFailure | SocketRefusal> {
	const error: unknown = await dial(address, egress).then(
		() => undefined,
		(reason: unknown) => reason,
	);
	expect(allThatShows(error)).not.toContain(address.token);
	if (error instanceof TransportFailure || error instanceof SocketRefusal) return error;
	throw new Error(`Was to fail in another way than ${String(error)}`);
}

/** The answer of a server that takes WebSockets, and what it says first. */
function upgradeTo(key: string, packets: readonly string[]): Buffer {
	const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
	const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
	const frames = packets.map((text) => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
	return Buffer.concat([Buffer.from([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n')), ...frames]);
}

const say = (socket: SessionSocket, { token }: EndpointAddress, text: string) =>
	socket.send('processInput', { URLToken: token, userId: 'user 1', sessionId: 's/1', text });

it('says what it is told to, and hears what is said', async () => {
	const sandbox = await sandboxWith();
	const address = endpointOf(sandbox);
	const socket = await dial(address);
	expect(say(socket, address, 'text')).toBe(true);
	await until(() => heard.some((event) => event.startsWith('finalPing')));
	expect(heard.map((event) => event.split(' ')[0])).toEqual(['typingStatus', 'output', 'typingStatus', 'finalPing']);
	await sandbox.when(() => sandbox.stats().outputs.acknowledged === 1);
	expect(sandbox.session('s/1', 'user 1')?.turns).toBe(1);
	expect(allThatShows(socket)).not.toContain(address.token);
});

it('reaches an endpoint below a path', async () => {
	const paths: string[] = [];
	const refusing = await rawServer((socket) => {
		socket.once('data', (head: Buffer) => {
			paths.push(head.toString('latin1').split('\r\n')[0] ?? '');
			socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
		});
	});
	const failure = await failureOf(addressAt(`${refusing.url}/cognigy/endpoints`));
	expect(failure).toMatchObject({ kind: 'status', details: { status: 404 } });
	expect(paths).toEqual(['GET /cognigy/endpoints/socket.io/?handshake=true&EIO=4&transport=websocket HTTP/1.1']);
});

it('tells when the connection ends by itself, and not when we end it', async () => {
	const sandbox = await sandboxWith();
	const address = endpointOf(sandbox);
	const socket = await dial(address);
	sandbox.dropSockets();
	await until(() => isDropped);
	expect(say(socket, address, 'text')).toBe(false);

	isDropped = false;
	const other = await dial(address);
	other.close();
	expect(say(other, address, 'text')).toBe(false);
	await sandbox.when(() => sandbox.stats().sockets.open === 0);
	expect(isDropped).toBe(false);
});

it('ends within half a second although the other side does not say goodbye', async () => {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	open.push(() => {
		for (const webSocket of server.clients) webSocket.terminate();
		server.close();
	});
	await once(server, 'listening');
	server.on('connection', (webSocket) => {
		webSocket.send('0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}');
		webSocket.once('message', () => {
			webSocket.send('40{"sid":"s"}');
			webSocket.send('42["endpoint-ready"]');
			// From now on it reads nothing, also no goodbye.
			webSocket.pause();
		});
	});
	// Whoever reads nothing does not notice the end, but who stands in between does.
	const between = await rawServer((client) => {
		const onward = connect((server.address() as AddressInfo).port, '127.0.0.1');
		client.on('data', (chunk: Buffer) => onward.write(chunk)).on('close', () => onward.destroy());
		onward.on('data', (chunk: Buffer) => client.write(chunk)).on('error', () => {});
	});
	const socket = await dial(addressAt(between.url));
	socket.close();
	await until(() => between.open === 0);
});

describe('a dial that fails', () => {
	it('tells why: nobody listens, nobody of that name, another protocol', async () => {
		expect(await failureOf(addressAt(`http://127.0.0.1:${await closedPort()}`))).toMatchObject({ kind: 'unreachable' });
		expect(await failureOf(addressAt('http://nobody.invalid'))).toMatchObject({ kind: 'dns' });
		const mail = await rawServer((socket) => socket.end('220 mail.example.com\r\n'));
		expect(await failureOf(addressAt(mail.url))).toMatchObject({ kind: 'malformed' });
		const v2 = await sandboxWith({ socketProtocol: 'v2' });
		expect(await failureOf(endpointOf(v2))).toMatchObject({ kind: 'protocol' });
	});

	it('ends at once when it is aborted, whatever it waits for', async () => {
		const silent = await rawServer((socket) => socket.resume());
		const waiting = failureOf(addressAt(silent.url));
		await until(() => silent.open === 1);
		caller.abort();
		expect(await waiting).toMatchObject({ kind: 'aborted' });
		await until(() => silent.open === 0);
		expect(await failureOf(addressAt(silent.url))).toMatchObject({ kind: 'aborted' });
	});

	it('tells how long the service asks to wait', async () => {
		const busy = await rawServer((socket) => {
			socket.once('data', () => socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n\r\n'));
		});
		const failure = await failureOf(addressAt(busy.url));
		expect(failure).toMatchObject({ kind: 'status', details: { status: 429, retryAfter: '7' } });
		await until(() => busy.open === 0);
	});

	it.each([
		['was upgraded', []],
		['was opened', ['0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}']],
	])('%s, and leads nowhere: ends within half a second when it is aborted (guarantee 7)', async (_when, packets) => {
		let isUpgraded = false;
		// It reads no goodbye, as whoever stands in between never passes it on.
		const server = await rawServer((socket) => {
			socket.once('data', (head: Buffer) => {
				const key = /^sec-websocket-key: (.*)\r$/im.exec(head.toString('latin1'))?.[1] ?? '';
				socket.write(upgradeTo(key, packets));
				isUpgraded = true;
			});
		});
		const waiting = failureOf(addressAt(server.url));
		await until(() => isUpgraded);
		// The answer has to be there before the dial ends: or else it is only a request that is given up.
		await new Promise((resolve) => setTimeout(resolve, 50));
		caller.abort();
		expect(await waiting).toMatchObject({ kind: 'aborted' });
		await until(() => server.open === 0);
	});

	it('was connected, but not ready, when it is aborted', async () => {
		const sandbox = await sandboxWith({ endpointReady: false });
		const waiting = failureOf(endpointOf(sandbox));
		await sandbox.when(() => sandbox.stats().sockets.innerHandshakes === 1);
		await new Promise((resolve) => setTimeout(resolve, 50));
		caller.abort();
		expect(await waiting).toMatchObject({ kind: 'notReady' });
		await sandbox.when(() => sandbox.stats().sockets.open === 0);
	});
});

describe('proxies (guarantee 10)', () => {
	it.each([false, true])('are tunnelled through, TLS: %s', async (tls) => {
		const sandbox = await sandboxWith({ tls });
		if (tls) trust(sandbox.caCertificate);
		const proxy = await startProxy();
		setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
		const address = endpointOf(sandbox);
		await dial(address);
		expect(proxy.tunnels).toEqual([new URL(sandbox.endpointUrl).host]);
		expect(proxy.forwarded).toEqual([]);
		expect(proxy.received).not.toContain(address.token);
	});

	it('that refuse are named as such', async () => {
		const proxy = await startProxy({ answer: { status: 407 } });
		setEnvironment({ HTTP_PROXY: proxy.url });
		const failure = await failureOf(addressAt('http://cognigy.example.com'));
		expect(failure).toMatchObject({ kind: 'proxy' });
		expect(failure.message).toContain('407');
	});

	it('that hang are given up', async () => {
		const proxy = await startProxy({ answer: 'hang' });
		setEnvironment({ HTTP_PROXY: proxy.url });
		const waiting = failureOf(addressAt('http://cognigy.example.com'));
		await until(() => proxy.tunnels.length === 1);
		caller.abort();
		expect(await waiting).toMatchObject({ kind: 'aborted' });
		await until(() => proxy.open === 0);
	});
});

describe('TLS (guarantee 10)', () => {
	it('is verified through a proxy as well', async () => {
		const sandbox = await sandboxWith({ tls: true });
		const proxy = await startProxy();
		setEnvironment({ HTTPS_PROXY: proxy.url });
		expect(await failureOf(endpointOf(sandbox))).toMatchObject({ kind: 'tls' });
		expect(proxy.tunnels).toHaveLength(1);
		expect(sandbox.requests).toHaveLength(0);
	});

	it('is verified', async () => {
		const sandbox = await sandboxWith({ tls: true });
		expect(await failureOf(endpointOf(sandbox))).toMatchObject({ kind: 'tls' });
		expect(sandbox.stats().calls.connect).toBe(0);
		trust(sandbox.caCertificate);
		await dial(endpointOf(sandbox));
		expect(sandbox.stats().sockets.opened).toBe(1);
	});
});

describe("n8n's network policy (guarantee 10)", () => {
	it('is asked, without the token, and obeyed', async () => {
		const sandbox = await sandboxWith();
		const asked: string[] = [];
		const address = endpointOf(sandbox);
		const check = async (url: string) => {
			asked.push(url);
			throw Object.assign(new Error('No.'), { name: 'SsrfBlockedError' });
		};
		expect(await failureOf(address, { check })).toMatchObject({ kind: 'egress' });
		expect(asked).toEqual([sandbox.endpointUrl]);
		expect(sandbox.stats().calls.connect).toBe(0);
	});

	it('looks names up with its own lookup', async () => {
		const sandbox = await sandboxWith();
		const asked: string[] = [];
		const lookup: LookupFunction = (name, { all }, done) => {
			asked.push(name);
			if (all) done(null, [{ address: '127.0.0.1', family: 4 }]);
			else done(null, '127.0.0.1', 4);
		};
		const address = endpointOf(sandbox, `http://${NAME}:${sandbox.endpointPort}`);
		await dial(address, { check: async () => {}, lookup });
		expect(asked).toEqual([NAME]);
	});

	it.each([
		[{ code: 'ENOTFOUND' }, 'dns'],
		[{ name: 'SsrfBlockedIpError' }, 'egress'],
	])('ends the dial when its lookup fails: %j', async (details, kind) => {
		const lookup: LookupFunction = (_name, _options, done) => done(Object.assign(new Error('No.'), details), []);
		for (const scheme of ['http', 'https']) {
			expect(await failureOf(addressAt(`${scheme}://${NAME}`), { check: async () => {}, lookup })).toMatchObject({
				kind,
			});
		}
	});
});

it('loads the library when the first socket is dialled', () => {
	const program = `
		require('tsx/cjs');
		require(${JSON.stringify(require.resolve('../../../../../client'))});
		process.stdout.write(String(Object.keys(require.cache).some((file) => file.includes('socket.io-client'))));
	`;
	const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', cwd: __dirname });
	expect([stdout, stderr]).toEqual(['false', '']);
});
