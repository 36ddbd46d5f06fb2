import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import http2, { type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';

import { whenWritten } from '../../../sandbox/http/written';
import { heldUp } from '../../support/heldUp';
import { closeAfterTest, closeSetups } from '../../support/setups';
import { until } from '../../support/until';

afterEach(closeSetups);

/** A service of HTTP/2 that has got three requests over one connection, and what it is told of its answers. */
async function threeRequests() {
	const responses: Http2ServerResponse[] = [];
	const told: boolean[] = [];
	const server = http2.createServer((_request, response) => {
		responses.push(response);
		// Of HTTP/2, Node gives a class of its own that only looks the same.
		whenWritten(response as unknown as ServerResponse, (isWritten) => told.push(isWritten));
	});
	await once(server.listen(0, '127.0.0.1'), 'listening');
	closeAfterTest(() => void server.close());
	const { port } = server.address() as AddressInfo;
	const way = heldUp(port);
	const session = http2.connect(`http://127.0.0.1:${port}`, { createConnection: () => way.client });
	closeAfterTest(() => session.destroy());
	session.on('error', () => {});
	for (let count = 0; count < 3; count++)
		session
			.request({ ':path': '/' })
			.on('error', () => {})
			.resume();
	await until(() => responses.length === 3);
	return { ...way, session, responses, told };
}

describe('an answer over HTTP/2 was written', () => {
	it('once the client has read it', async () => {
		const { responses, told, hold, release } = await threeRequests();
		hold();
		const closed = responses.map(async ({ stream }) => await once(stream, 'close'));
		for (const response of responses) response.end('answer');
		await Promise.all(closed);
		expect(told).toEqual([]);

		release();
		await until(() => told.length === 3);
		expect(told).toEqual([true, true, true]);
	});

	it('not when its connection is cut before, though it had left', async () => {
		const { client, responses, told, hold } = await threeRequests();
		responses[0]?.end('answer');
		await until(() => told.length === 1);
		hold();
		const closed = responses.slice(1).map(async ({ stream }) => await once(stream, 'close'));
		responses[1]?.end('answer');
		responses[2]?.end('answer');
		await Promise.all(closed);
		client.destroy();

		await until(() => told.length === 3);
		expect(told).toEqual([true, false, false]);
	});

	it('not when it was reset', async () => {
		const { responses, told, session } = await threeRequests();
		for (const { stream } of responses) stream.close(http2.constants.NGHTTP2_CANCEL);
		await until(() => told.length === 3);

		expect(told).toEqual([false, false, false]);
		expect(session.destroyed).toBe(false);
	});
});
