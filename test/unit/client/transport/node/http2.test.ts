import { once } from 'node:events';
import http2, { type Http2ServerResponse, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { connect, type AddressInfo, type Socket } from 'node:net';

import { NodeTransport } from '../../../../../client/transport/node/nodeTransport';
import { unrestrictedEgress } from '../../../../../client/transport/egress';
import type { HttpRequest } from '../../../../../client/transport/http';
import { DEAD_AFTER_MS, PING_INTERVAL_MS } from '../../../../../client/transport/node/keepaliveTimes';
import { createTlsMaterial } from '../../../../../sandbox/http/tls';
import { restoreEnvironment, setEnvironment, withoutProxies } from '../../../../support/environment';
import { transportFailureOf } from '../../../../support/errors';
import { FakeClock } from '../../../../support/fakeClock';
import { closeProxies, startProxy } from '../../../../support/proxy';
import {
	closeServers,
	eitherServer,
	http2Server,
	httpServer,
	rawServer,
	type ServerIdentity,
	type TestServer,
} from '../../../../support/servers';
import { closeAfterTest, closeSetups } from '../../../../support/setups';
import { distrust, trust } from '../../../../support/trust';
import { until } from '../../../../support/until';

const codes = http2.constants;

let identity: ServerIdentity & { ca: string };
let clock: FakeClock;
let transport: NodeTransport;

beforeAll(async () => {
	identity = await createTlsMaterial();
});
beforeEach(() => {
	withoutProxies();
	trust(identity.ca);
	clock = new FakeClock();
	transport = new NodeTransport(unrestrictedEgress, clock);
});
afterEach(async () => {
	transport.close();
	await closeServers();
	await closeProxies();
	await closeSetups();
	distrust();
	restoreEnvironment();
});

const post = (url: string, body = 'body', signal = new AbortController().signal): HttpRequest => ({
	method: 'POST',
	url: `${url}/path`,
	headers: {},
	body,
	signal,
});
const send = (url: string, body?: string, signal?: AbortSignal) => transport.send(post(url, body, signal));
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** A server of HTTP/2 that keeps its answers back until it is told. */
async function holding(settings: http2.Settings = {}) {
	const held: Array<{ body: string; stream: ServerHttp2Stream; answer: () => void }> = [];
	const sessions: ServerHttp2Session[] = [];
	let most = 0;
	const server = await http2Server(
		(response, { body }) => {
			const { stream } = response as unknown as Http2ServerResponse;
			held.push({ body, stream, answer: () => response.end(body) });
			most = Math.max(most, server.underWay);
		},
		identity,
		settings,
	);
	server.http2.on('session', (session) => {
		sessions.push(session);
		session.on('error', () => {});
	});
	const answerAll = () => {
		for (const { answer } of held.splice(0)) answer();
	};
	return { server, url: server.url, held, sessions, answerAll, most: () => most };
}

describe('one connection', () => {
	it('carries all requests that are under way at once, also those that came before it stood', async () => {
		const { server, url, held, answerAll } = await holding();
		const answers = times(50, (index) => send(url, `${index}`));
		await until(() => held.length === 50);
		answerAll();

		expect((await Promise.all(answers)).map(({ body }) => body)).toEqual(times(50, String));
		expect(server.accepted).toBe(1);
	});

	it('carries no more than the service allows; the rest goes over as many others as it takes', async () => {
		const { server, url, held, answerAll, most } = await holding({ maxConcurrentStreams: 10 });
		const first = send(url);
		await until(() => held.length === 1);
		const answers = times(34, () => send(url));
		await until(() => held.length === 35);
		answerAll();
		await Promise.all([first, ...answers]);

		expect(most()).toBe(35);
		expect(server.accepted).toBe(4);
	});

	it('is told that it may carry more, or less', async () => {
		const { server, url, held, sessions, answerAll } = await holding({ maxConcurrentStreams: 1 });
		const first = send(url);
		await until(() => held.length === 1);
		sessions[0]?.settings({ maxConcurrentStreams: 3 });
		await once(sessions[0] ?? server.http2, 'localSettings');
		const second = send(url);
		await until(() => held.length === 2);
		expect(server.accepted).toBe(1);

		sessions[0]?.settings({ maxConcurrentStreams: 2 });
		await once(sessions[0] ?? server.http2, 'localSettings');
		const third = send(url);
		await until(() => held.length === 3);
		expect(server.accepted).toBe(2);
		answerAll();
		await Promise.all([first, second, third]);
	});

	it('that may carry nothing more and ends is followed by another one', async () => {
		const { server, url, held, sessions, answerAll } = await holding({ maxConcurrentStreams: 1 });
		const first = send(url, 'first');
		await until(() => held.length === 1);
		sessions[0]?.settings({ maxConcurrentStreams: 0 });
		await once(sessions[0] ?? server.http2, 'localSettings');
		const second = send(url, 'second');
		sessions[0]?.goaway(codes.NGHTTP2_NO_ERROR, 1);
		await until(() => held.length === 2);
		answerAll();

		await Promise.all([first, second]);
		expect(server.accepted).toBe(2);
	});

	it('that may carry nothing at all is waited for, and no other one is opened', async () => {
		const { server, url, held, sessions, answerAll } = await holding({ maxConcurrentStreams: 0 });
		const answer = send(url);
		await until(() => sessions.length === 1);
		sessions[0]?.settings({ maxConcurrentStreams: 1 });
		await until(() => held.length === 1);
		answerAll();

		expect((await answer).status).toBe(200);
		expect(server.accepted).toBe(1);
	});

	it('is closed when nobody uses it for 4 s, and does not keep the process', async () => {
		const timeout = jest.spyOn(http2ClientSession(), 'setTimeout');
		const unref = jest.spyOn(http2ClientSession(), 'unref');
		const { server, url, held, answerAll } = await holding();
		const answer = send(url);
		await until(() => held.length === 1);
		timeout.mockClear();
		unref.mockClear();
		answerAll();
		await answer;
		await until(() => timeout.mock.calls.some(([ms]) => ms === 4_000));
		expect(unref).toHaveBeenCalled();
		const session = timeout.mock.contexts.at(-1) as { emit(event: string): void };
		session.emit('timeout');
		await until(() => server.open === 0);
		jest.restoreAllMocks();
	});

	it('goes on when one of its requests is stopped', async () => {
		const { server, url, held, answerAll } = await holding();
		const stopping = new AbortController();
		const stopped = transportFailureOf(send(url, 'stopped', stopping.signal));
		const others = times(5, (index) => send(url, `${index}`));
		await until(() => held.length === 6);
		stopping.abort();
		expect(await stopped).toMatchObject({ kind: 'aborted', requestSent: true });
		await until(() => server.underWay === 5);
		expect(held.find(({ body }) => body === 'stopped')?.stream.rstCode).toBe(codes.NGHTTP2_CANCEL);
		answerAll();

		expect(await Promise.all(others)).toHaveLength(5);
		expect(server.accepted).toBe(1);
	});
});

/** The class of Node's that is not exported. */
function http2ClientSession(): http2.ClientHttp2Session {
	const session = http2.connect('http://127.0.0.1:9');
	session.on('error', () => {});
	session.destroy();
	// What it has in common with the other side is further down.
	return Object.getPrototypeOf(Object.getPrototypeOf(session)) as http2.ClientHttp2Session;
}

describe('a connection that ends with 20 requests on it', () => {
	const underWay = async () => {
		const service = await holding();
		const failures = times(20, (index) => transportFailureOf(send(service.url, `${index}`)));
		await until(() => service.held.length === 20);
		return { ...service, failures };
	};

	it('by being cut: all of them may have run', async () => {
		const { sessions, failures } = await underWay();
		for (const session of sessions) session.destroy();
		for (const failure of await Promise.all(failures)) {
			expect(failure).toMatchObject({ kind: 'dropped', requestSent: true });
		}
	});

	it.each(['NGHTTP2_INTERNAL_ERROR', 'NGHTTP2_ENHANCE_YOUR_CALM', 'NGHTTP2_REFUSED_STREAM'] as const)(
		'by a GOAWAY with %s: those that it names may have run, the others did not',
		async (code) => {
			const { sessions, failures } = await underWay();
			// Numbers are 1, 3, 5 and so on: the first ten.
			sessions[0]?.goaway(codes[code], 19);
			const ends = await Promise.all(failures);
			expect(ends.map(({ requestSent }) => requestSent)).toEqual(times(20, (index) => index < 10));
		},
	);

	it('by a GOAWAY without an error: those that it names go on, the others did not run, new ones go elsewhere', async () => {
		const { server, url, sessions, held } = await holding();
		const outcomes = times(20, (index) =>
			send(url, `${index}`).then(
				() => 'answered',
				(failure: { requestSent: boolean }) => failure.requestSent,
			),
		);
		await until(() => held.length === 20);
		sessions[0]?.goaway(codes.NGHTTP2_NO_ERROR, 19);
		expect(await Promise.all(outcomes.slice(10))).toEqual(times(10, () => false));
		const next = send(url, 'next');
		await until(() => held.some(({ body }) => body === 'next'));
		expect(server.accepted).toBe(2);
		for (const { body, answer } of held) if (body === 'next' || Number(body) < 10) answer();

		expect(await Promise.all(outcomes.slice(0, 10))).toEqual(times(10, () => 'answered'));
		await next;
	});
});

/** A way to a service that can be made to carry nothing any more, in silence. */
async function stallable(target: TestServer): Promise<TestServer & { stall: () => void }> {
	const sockets: Socket[] = [];
	const way = await rawServer((socket) => {
		const onward = connect(target.port, '127.0.0.1');
		onward.on('error', () => {});
		socket.on('close', () => onward.destroy());
		socket.pipe(onward).pipe(socket);
		sockets.push(socket);
	}, 'https');
	const stall = () => {
		for (const socket of sockets) {
			socket.unpipe();
			socket.pause();
		}
	};
	return Object.assign(way, { stall });
}

describe('a connection on which nothing comes any more', () => {
	it('is noticed with a PING within the time that any dead one is, while requests wait on it', async () => {
		const { server, held } = await holding();
		const way = await stallable(server);
		const ends = times(3, () => transportFailureOf(send(way.url)));
		await until(() => held.length === 3);
		way.stall();
		await clock.advance(PING_INTERVAL_MS);
		await clock.advance(DEAD_AFTER_MS - PING_INTERVAL_MS);

		for (const failure of await Promise.all(ends))
			expect(failure).toMatchObject({ kind: 'dropped', requestSent: true });
		expect(clock.pendingTimers).toBe(0);
	});

	it('is one where nobody answers: a service that answers pings is waited for', async () => {
		const { server, url, held, sessions, answerAll } = await holding();
		const answer = send(url);
		await until(() => held.length === 1);
		for (let waited = 0; waited < 3 * DEAD_AFTER_MS; waited += PING_INTERVAL_MS) {
			const pinged = once(sessions[0] ?? server.http2, 'ping');
			await clock.advance(PING_INTERVAL_MS);
			await pinged;
			// The answer to the ping is on its way back.
			await new Promise<void>((resolve) => sessions[0]?.ping(() => resolve()));
		}
		answerAll();
		expect((await answer).status).toBe(200);
		await until(() => clock.pendingTimers === 0);
	});

	it('is none that said goodbye and goes on with what it carries', async () => {
		const { url, held, sessions, answerAll } = await holding();
		const answer = send(url);
		await until(() => held.length === 1);
		const [session] = sessions;
		if (!session) throw new Error('There is no connection.');
		session.goaway(codes.NGHTTP2_NO_ERROR, 1);
		await once(session, 'goaway');
		for (let waited = 0; waited < 3 * DEAD_AFTER_MS; waited += PING_INTERVAL_MS) {
			const asked = once(session, 'remoteSettings');
			await clock.advance(PING_INTERVAL_MS);
			await asked;
			// What was said before this has been read when it is answered.
			await new Promise<void>((resolve) => session.settings({}, () => resolve()));
		}
		answerAll();

		expect((await answer).status).toBe(200);
	});

	it('gets nothing new once a request on it was given up in vain', async () => {
		const { server, held, answerAll } = await holding();
		const way = await stallable(server);
		const caller = new AbortController();
		const stopped = transportFailureOf(send(way.url, 'stuck', caller.signal));
		await until(() => held.length === 1);
		way.stall();
		caller.abort();
		expect(await stopped).toMatchObject({ kind: 'aborted' });
		const next = send(way.url, 'next');
		await until(() => held.some(({ body }) => body === 'next'));
		answerAll();

		expect((await next).status).toBe(200);
		expect(way.accepted).toBe(2);
	});
});

describe('which version is spoken', () => {
	it('is HTTP/1.1 where it takes only that, over the connection that found out, and it is not asked again for a while', async () => {
		const server = await httpServer((response) => response.end('answer'), identity);
		await Promise.all(times(5, () => send(server.url)));
		expect(server.accepted).toBe(5);
		await send(server.url);
		expect(server.accepted).toBe(5);
	});

	it('is HTTP/2 through the tunnel of a proxy too', async () => {
		const proxy = await startProxy();
		setEnvironment({ HTTPS_PROXY: proxy.url });
		const { url, versions } = await eitherServer((_request, response) => response.end(), identity);
		await Promise.all(times(5, () => send(url)));
		expect(versions).toEqual(times(5, () => '2.0'));
		expect(proxy.tunnels).toHaveLength(1);
	});

	it('is HTTP/1.1 from then on where the service asks for it, and what it said so of did not run', async () => {
		const { url, versions } = await eitherServer((request, response) => {
			if (request.httpVersionMajor > 1) request.stream.close(codes.NGHTTP2_HTTP_1_1_REQUIRED);
			else response.end('answer');
		}, identity);
		const failure = await transportFailureOf(send(url));
		expect(failure).toMatchObject({ kind: 'dropped', requestSent: false });
		expect(failure.message).toContain('HTTP/1.1');
		await send(url);
		await send(url);
		expect(versions).toEqual(['2.0', '1.1', '1.1']);
	});
});

it.each(['NGHTTP2_HTTP_1_1_REQUIRED', 'NGHTTP2_REFUSED_STREAM', 'NGHTTP2_ENHANCE_YOUR_CALM'] as const)(
	'a request whose answer had begun may have run, also where it ends with %s',
	async (code) => {
		const { url } = await eitherServer((request, response) => {
			response.write('some of it', () => {
				if (request.httpVersionMajor > 1) request.stream.close(codes[code]);
			});
		}, identity);
		expect(await transportFailureOf(send(url))).toMatchObject({ requestSent: true, answerBegan: true });
	},
);

it('a request that ends with ENHANCE_YOUR_CALM may have run, and others on its connection go on', async () => {
	const { url, held, answerAll } = await holding();
	const other = send(url, 'other');
	await until(() => held.length === 1);
	const ended = transportFailureOf(send(url, 'too much'));
	await until(() => held.length === 2);
	held[1]?.stream.close(codes.NGHTTP2_ENHANCE_YOUR_CALM);
	expect(await ended).toMatchObject({ kind: 'dropped', requestSent: true });
	answerAll();
	expect((await other).status).toBe(200);
});

describe('a request whose body nobody takes', () => {
	const large = 'x'.repeat(4 * 1024 * 1024);

	async function notReading(onStream: (stream: ServerHttp2Stream) => void) {
		const server = http2.createSecureServer({ ...identity, settings: { maxConcurrentStreams: 1 } });
		server.on('stream', (stream) => onStream(stream.on('error', () => {})));
		const sessions: ServerHttp2Session[] = [];
		server.on('session', (session) => sessions.push(session.on('error', () => {})));
		closeAfterTest(() => {
			for (const session of sessions) session.destroy();
			server.close();
		});
		await once(server.listen(0, '127.0.0.1'), 'listening');
		return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
	}

	it('is dropped when it is reset without an error', async () => {
		const url = await notReading((stream) => stream.close(codes.NGHTTP2_NO_ERROR));

		expect(await transportFailureOf(send(url, large))).toMatchObject({ kind: 'dropped', requestSent: true });
	});
});

describe('dials', () => {
	it('that fail are not made again and again while several are under way: all who wait hear of it', async () => {
		const { server, url, held, answerAll } = await holding({ maxConcurrentStreams: 1 });
		const first = send(url);
		await until(() => held.length === 1);
		answerAll();
		await first;
		await server.close();
		while ((await transportFailureOf(send(url))).kind !== 'unreachable');
		const failures = await Promise.all(times(3, () => transportFailureOf(send(url))));

		for (const failure of failures) expect(failure).toMatchObject({ kind: 'unreachable', requestSent: false });
	});
});

describe('a dial that many wait for', () => {
	it('fails for all of them when nothing comes of it in 10 s: nothing was sent', async () => {
		const silent = await rawServer((socket) => void socket.resume(), 'https');
		const failures = times(3, () => transportFailureOf(send(silent.url)));
		await until(() => silent.accepted === 1);
		await clock.advance(10_000);
		for (const failure of await Promise.all(failures)) {
			expect(failure).toMatchObject({ kind: 'unreachable', requestSent: false });
		}
		await until(() => silent.open === 0);
	});

	it('goes on when one of them is stopped, and is given up when all are', async () => {
		const silent = await rawServer((socket) => void socket.resume(), 'https');
		const callers = [new AbortController(), new AbortController()];
		const [first, second] = callers.map(({ signal }) => transportFailureOf(send(silent.url, '', signal)));
		await until(() => silent.accepted === 1);
		callers[0]?.abort();
		expect(await first).toMatchObject({ kind: 'aborted', requestSent: false });
		expect(silent.open).toBe(1);
		callers[1]?.abort();
		expect(await second).toMatchObject({ kind: 'aborted', requestSent: false });
		await until(() => silent.open === 0);
		expect(clock.pendingTimers).toBe(0);
	});
});
