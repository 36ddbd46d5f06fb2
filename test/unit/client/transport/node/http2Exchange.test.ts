import { once } from 'node:events';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { Http2Connection } from '../../../../../client/transport/node/http2Connection';
import { Http2Exchange } from '../../../../../client/transport/node/http2Exchange';
import { systemClock } from '../../../../../client/time/systemClock';
import { FakeClock } from '../../../../support/fakeClock';
import { heldUp } from '../../../../support/heldUp';
import { hastyHttp2 } from '../../../../support/rawHttp2';
import { closeAfterTest, closeSetups } from '../../../../support/setups';
import { until } from '../../../../support/until';

const REQUESTS = 3;

afterEach(closeSetups);

async function service() {
	const streams: ServerHttp2Stream[] = [];
	const sessions: ServerHttp2Session[] = [];
	const server = http2.createServer();
	server.on('session', (session) => sessions.push(session));
	server.on('stream', (stream) => streams.push(stream.on('error', () => {})));
	await once(server.listen(0, '127.0.0.1'), 'listening');
	closeAfterTest(() => {
		for (const session of sessions) session.destroy();
		server.close();
	});
	const { port } = server.address() as AddressInfo;
	return { port, origin: `http://127.0.0.1:${port}`, streams, sessions };
}

async function connected() {
	const { port, origin, ...there } = await service();
	const way = heldUp(port);
	way.client.on('error', () => {});
	// Only what comes with TLS is missing, which is not looked at.
	const socket = way.client as TLSSocket;
	const connection = new Http2Connection({ socket, origin, clock: systemClock, idleMs: 1000, onChange: () => {} });
	await until(() => connection.hasRoom);
	return { ...there, ...way, connection, url: `${origin}/path` };
}

async function send(connection: Http2Connection, url: string, signal = new AbortController().signal): Promise<string> {
	connection.reserve();
	const exchange = new Http2Exchange(connection, { method: 'GET', url, headers: {}, signal }, 1000);
	return (await exchange.send()).bytes.toString();
}

describe('answers that came whole are there, though nobody has read them when their connection ends', () => {
	it.each([
		['fails', 200],
		['fails', 204],
		['is ended by the service with an error', 200],
		['is ended by the service with an error', 204],
	])('because it %s (after %i)', async (end, status) => {
		const { connection, url, client, streams, sessions, hold, isOver, release } = await connected();
		const answers = Array.from({ length: REQUESTS }, () => send(connection, url));
		await until(() => streams.length === REQUESTS);
		hold();
		const written = streams.map(async (stream) => {
			stream.respond({ ':status': status }, { endStream: status === 204 });
			if (status === 200) stream.end('whole');
			await once(stream, 'close');
		});
		await Promise.all(written);
		if (end !== 'fails') sessions[0]?.goaway(http2.constants.NGHTTP2_INTERNAL_ERROR, 2 * REQUESTS - 1);
		sessions[0]?.close();
		await until(isOver);
		release();
		if (end === 'fails') client.destroy(new Error('reset'));

		expect(await Promise.all(answers)).toEqual(Array.from({ length: REQUESTS }, () => (status === 200 ? 'whole' : '')));
	});
});

it('an answer that has come whole is there, though its request is stopped before its head is told of', async () => {
	const { connection, url, streams } = await connected();
	const stopping = new AbortController();
	const { request } = connection;
	let isTold = false;
	let wasToldBefore: boolean | undefined;
	jest.spyOn(connection, 'request').mockImplementation((...asked) => {
		const stream = request.apply(connection, asked);
		stream.on('response', () => (isTold = true));
		const { push } = stream;
		stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
			if (chunk === null) {
				wasToldBefore ??= isTold;
				stopping.abort();
			}
			return push.call(stream, chunk, encoding);
		};
		return stream;
	});
	const answer = send(connection, url, stopping.signal);
	await until(() => streams.length === 1);
	// One frame, of which Node tells the end first.
	streams[0]?.respond({ ':status': 204 }, { endStream: true });

	expect(await answer).toBe('');
	expect(wasToldBefore).toBe(false);
});

it('an answer that begins just when its request is stopped troubles nobody', async () => {
	const { connection, url, client, streams, hold, release } = await connected();
	const stopping = new AbortController();
	const answer = send(connection, url, stopping.signal);
	await until(() => streams.length === 1);
	hold();
	streams[0]?.respond({ ':status': 200 });
	streams[0]?.write('half of it');
	await until(() => streams[0]?.writableLength === 0);
	release();
	stopping.abort();
	client.destroy(new Error('reset'));

	await expect(answer).rejects.toThrow('the request was stopped');
	await until(() => !connection.isOpen);
});

it('a request that was answered before all of it was sent gives its place back, also when the service says nothing more', async () => {
	const port = await hastyHttp2();
	const socket = connect(port, '127.0.0.1').on('error', () => {}) as TLSSocket;
	closeAfterTest(() => void socket.destroy());
	const clock = new FakeClock();
	const origin = `http://127.0.0.1:${port}`;
	const connection = new Http2Connection({ socket, origin, clock, idleMs: 60_000, onChange: () => {} });
	await until(() => connection.hasRoom);
	connection.reserve();
	const { signal } = new AbortController();
	// More than a service takes before it says so.
	const body = 'x'.repeat(70_000);
	const exchange = new Http2Exchange(connection, { method: 'POST', url: origin, headers: {}, body, signal }, 1000);
	expect(await exchange.send()).toMatchObject({ status: 413 });
	expect(connection.hasRoom).toBe(false);
	await clock.advance(5_000);

	await until(() => connection.hasRoom);
});
