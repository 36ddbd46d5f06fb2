import { getEventListeners, once } from 'node:events';

import { closedPort, httpServer, rawServer } from '../servers';
import { until } from '../until';
import { handMadeWebSocketServer, upgradeAnswer, webSocketServer } from '../webSocketServer';
import { ORIGIN, PATH, SUBPROTOCOL, TOKEN, webSocketHarness, type Differs, type MakeTransport } from './harness';

export function describeHandshakes(makeTransport: MakeTransport, differs: Differs): void {
	const harness = webSocketHarness(makeTransport);
	const { connect, refused, expectFailure } = harness;

	describe('a handshake', () => {
		it('arrives as it was given', async () => {
			const server = await webSocketServer();
			await connect(server.url);

			expect(server.requests).toHaveLength(1);
			expect(server.requests[0]).toMatchObject({
				method: 'GET',
				path: PATH,
				headers: {
					host: `127.0.0.1:${server.port}`,
					origin: ORIGIN,
					'user-agent': 'n8n-nodes-cognigy',
					upgrade: 'websocket',
					'sec-websocket-version': '13',
					'sec-websocket-protocol': SUBPROTOCOL,
				},
			});
		});

		it('holds the token in its query alone', async () => {
			const server = await webSocketServer();
			await connect(server.url);

			expect(JSON.stringify(server.requests[0]?.rawHeaders)).not.toContain(TOKEN);
		});

		if (differs('offers-compression')) {
			it('offers compression, and then takes what is compressed', async () => {
				const server = await webSocketServer((end) => end.send('x'.repeat(10_000)));
				await connect(server.url);
				await until(() => harness.listener.events.length > 0);

				expect(server.requests[0]?.headers['sec-websocket-extensions']).toMatch(/^permessage-deflate/);
				expect(server.connections[0]?.extensions).toMatch(/^permessage-deflate/);
				expect(harness.listener.events).toEqual(['x'.repeat(10_000)]);
			});
		} else {
			it('offers no compression', async () => {
				const server = await webSocketServer();
				await connect(server.url);

				expect(server.requests[0]?.headers).not.toHaveProperty('sec-websocket-extensions');
			});
		}

		it('leads to a connection of its own, each time', async () => {
			const server = await webSocketServer();
			await connect(server.url);
			await connect(server.url);

			expect(server.accepted).toBe(2);
			expect(server.open).toBe(2);
		});

		it('that succeeded is not undone by a stop that comes later', async () => {
			const server = await webSocketServer((end) => end.on('message', (data) => end.send(String(data))));
			const connection = await connect(server.url);
			expect(getEventListeners(harness.caller.signal, 'abort')).toHaveLength(0);
			harness.caller.abort();
			await connection.send('still here');
			await until(() => harness.listener.events.length > 0);

			expect(harness.listener.events).toEqual(['still here']);
		});
	});

	if (differs('unseen-refusals')) {
		describe('an answer other than an upgrade', () => {
			it.each([200, 204, 301, 307, 401, 403, 404, 426, 429, 500, 503])(
				'with status %d is told as refused; the address is asked once more, without secrets',
				async (status) => {
					const other = await webSocketServer();
					const server = await httpServer((response) => response.writeHead(status, { Location: other.url }).end());
					await expectFailure(server.url, 'refused');

					// After a 401 Node 24 sends the handshake again by itself.
					const asked = server.requests.map(({ method, path }) => `${method} ${path}`);
					expect([...new Set(asked)]).toEqual([`GET ${PATH}`, 'HEAD /ws/v1']);
					expect(asked.length).toBeLessThanOrEqual(status === 401 ? 3 : 2);
					expect(server.requests.at(-1)?.headers).toMatchObject({ 'user-agent': 'n8n-nodes-cognigy' });
					expect(JSON.stringify(server.requests.at(-1))).not.toContain(TOKEN);
					expect(other.accepted).toBe(0);
				},
			);

			it('is not read to its end, and leaves no connection', async () => {
				const server = await httpServer((response, { method }) => {
					response.writeHead(403);
					const write = () => {
						while (!response.destroyed) if (!response.write('x'.repeat(16_384))) return response.once('drain', write);
						return response;
					};
					if (method === 'HEAD') response.end();
					else write();
				});
				await expectFailure(server.url, 'refused');
				await until(() => server.open === 0);
			});

			it('is no refusal when the address is not there any more', async () => {
				const server = await handMadeWebSocketServer((socket) => {
					void server.close();
					socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
				});
				expect((await harness.failing(server.url)).kind).toMatch(/^(unreachable|dropped)$/);
			});

			it('is not asked for again after a stop', async () => {
				const server = await httpServer((response, { method }) => {
					if (method === 'HEAD') harness.caller.abort();
					else response.writeHead(403).end();
				});
				await expectFailure(server.url, 'aborted');
				await until(() => server.open === 0);
			});
		});
	} else {
		describe('an answer other than an upgrade', () => {
			it.each([200, 201, 301, 302, 307, 308, 400, 401, 403, 404, 407, 408, 418, 426, 429, 500, 502, 503, 504])(
				'with status %d is told, with headers and body',
				async (status) => {
					const other = await webSocketServer();
					const server = await httpServer((response) => {
						response.writeHead(status, { 'Retry-After': '7', Location: other.url, 'Set-Cookie': ['a=1', 'b=2'] });
						response.end('{"message":"Größe"}');
					});
					const refusal = await refused(server.url);

					expect(refusal).toMatchObject({ status, body: '{"message":"Größe"}' });
					expect(refusal.headers).toMatchObject({ 'retry-after': '7', 'set-cookie': 'a=1, b=2' });
					expect(other.accepted).toBe(0);
					expect(server.requests).toHaveLength(1);
					await until(() => server.open === 0);
				},
			);

			it('may have no body', async () => {
				const server = await httpServer((response) => response.writeHead(204).end());
				expect(await refused(server.url)).toMatchObject({ status: 204, body: '' });
			});

			it('is text in UTF-8, also when its bytes come one by one', async () => {
				const server = await httpServer((response) => {
					response.writeHead(403);
					const bytes = [...Buffer.from('日本語 🚀')];
					const writeNext = () => {
						const byte = bytes.shift();
						if (byte === undefined) return response.end();
						return response.write(Buffer.of(byte), () => setImmediate(writeNext));
					};
					writeNext();
				});
				expect((await refused(server.url)).body).toBe('日本語 🚀');
			});

			it('is not read to its end when it is large', async () => {
				const server = await httpServer((response) => {
					response.writeHead(403);
					const write = () => {
						while (!response.destroyed) if (!response.write('x'.repeat(16_384))) return response.once('drain', write);
						return response;
					};
					write();
				});
				const { status, body } = await refused(server.url);

				expect(status).toBe(403);
				expect(body.length).toBeLessThan(1024 * 1024);
				await until(() => server.open === 0);
			});

			it('that breaks off is dropped', async () => {
				const server = await httpServer((response) => {
					response.writeHead(403, { 'Content-Length': '100' });
					response.write('{"a"', () => response.destroy());
				});
				await expectFailure(server.url, 'dropped');
			});
		});
	}

	describe('an upgrade to something else', () => {
		const kind = differs('unseen-refusals') ? 'refused' : 'malformed';
		const extension = differs('offers-compression') ? 'bbf-usp-protocol' : 'permessage-deflate';
		it.each<[string, Record<string, string | null>]>([
			['no subprotocol', { 'Sec-WebSocket-Protocol': null }],
			['another subprotocol', { 'Sec-WebSocket-Protocol': 'cognigy-runtime-v2' }],
			['several subprotocols', { 'Sec-WebSocket-Protocol': `${SUBPROTOCOL}, other` }],
			['no accept key', { 'Sec-WebSocket-Accept': null }],
			['a wrong accept key', { 'Sec-WebSocket-Accept': 'HSmrc0sMlYUkAGmm5OPpG2HaGWk=' }],
			['another protocol', { Upgrade: 'h2c' }],
			['an extension that was not asked for', { 'Sec-WebSocket-Extensions': extension }],
		])(`(%s) is ${kind}`, async (_, headers) => {
			const server = await handMadeWebSocketServer((socket, head) => {
				if (head.startsWith('HEAD ')) socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n');
				else socket.write(upgradeAnswer(head, headers));
			});
			await expectFailure(server.url, kind);
			await until(() => server.open === 0);
		});

		it.each([
			['not HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n'],
			['HTTP with a header that is none', 'HTTP/1.1 101 Switching Protocols\r\nno colon here\r\n\r\n'],
		])('(%s) is malformed', async (_, answer) => {
			const server = await handMadeWebSocketServer((socket) => socket.write(answer));
			await expectFailure(server.url, 'malformed');
			await until(() => server.open === 0);
		});
	});

	describe('a handshake without an answer', () => {
		it.each([
			['closed', false],
			['reset', true],
		])('is dropped when the connection is %s', async (_, isReset) => {
			const server = await handMadeWebSocketServer((socket) => (isReset ? socket.resetAndDestroy() : socket.end()));
			await expectFailure(server.url, 'dropped');
		});

		it('is dropped when its answer breaks off', async () => {
			const server = await handMadeWebSocketServer((socket) => socket.end('HTTP/1.1 101 Switching'));
			await expectFailure(server.url, 'dropped');
		});

		it('is unreachable when nobody listens at the port', async () => {
			await expectFailure(`ws://127.0.0.1:${await closedPort()}`, 'unreachable');
			await expectFailure(`wss://127.0.0.1:${await closedPort()}`, 'unreachable');
		});
	});

	describe('a stop', () => {
		it('that came before sends nothing', async () => {
			const server = await webSocketServer();
			harness.caller.abort();

			await expectFailure(server.url, 'aborted');
			expect(server.accepted).toBe(0);
		});

		it('ends a handshake that nobody answers, and its connection', async () => {
			const server = await handMadeWebSocketServer(() => harness.caller.abort());

			await expectFailure(server.url, 'aborted');
			await until(() => server.open === 0);
		});

		it('ends a handshake whose answer is under way, and its connection', async () => {
			const server = await handMadeWebSocketServer((socket) => {
				socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgr', () => harness.caller.abort());
			});

			await expectFailure(server.url, 'aborted');
			await until(() => server.open === 0);
		});

		it('ends a refusal whose body is under way, and its connection', async () => {
			const server = await httpServer((response) => {
				response.writeHead(403, { 'Content-Length': '1000' });
				response.write('{"a"', () => setImmediate(() => harness.caller.abort()));
			});

			await expectFailure(server.url, 'aborted');
			await until(() => server.open === 0);
		});

		it(`ends a TLS handshake that nobody answers${differs('cannot-cut') ? '' : ', and its connection'}`, async () => {
			const server = await rawServer((socket) => socket.once('data', () => harness.caller.abort()), 'wss');

			await expectFailure(server.url, 'aborted');
			if (differs('cannot-cut')) expect(server.open).toBe(1);
			else await until(() => server.open === 0);
		});

		it('ends the question to the egress policy, and sends nothing', async () => {
			const server = await webSocketServer();
			harness.egress = {
				check: async () => {
					queueMicrotask(() => harness.caller.abort());
					await once(new EventTarget(), 'never');
				},
			};

			await expectFailure(server.url, 'aborted');
			expect(server.accepted).toBe(0);
		});

		it('at the moment when the egress policy has agreed is a stop as any other', async () => {
			const server = await webSocketServer();
			for (let steps = 0; steps < 12; steps++) {
				const caller = new AbortController();
				harness.egress = { check: async () => void abortAfter(steps, caller) };
				const outcome = harness.dial(server.url, { signal: caller.signal });

				await expect(outcome).rejects.toMatchObject({ kind: 'aborted' });
			}
			await until(() => server.open === 0);
		});

		it('ends only its own handshake', async () => {
			const other = new AbortController();
			const server = await handMadeWebSocketServer((socket, head) => {
				if (head.startsWith('GET /answered ')) {
					void once(harness.caller.signal, 'abort').then(() => socket.write(upgradeAnswer(head)));
				} else harness.caller.abort();
			});
			const answered = harness.dial('', { url: `${server.url}/answered`, signal: other.signal });

			await until(() => server.accepted === 1);
			await expect(harness.dial(server.url)).rejects.toMatchObject({ kind: 'aborted' });
			expect(await answered).toHaveProperty('connection');
		});
	});
}

/** Aborts that many turns of the microtask queue later. */
async function abortAfter(steps: number, caller: AbortController): Promise<void> {
	for (let step = 0; step < steps; step++) await Promise.resolve();
	caller.abort();
}
