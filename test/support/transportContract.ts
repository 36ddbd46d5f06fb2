import { getEventListeners, once } from 'node:events';
import http2 from 'node:http2';
import { connect, type Socket } from 'node:net';
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

import { unrestrictedEgress, type EgressPolicy } from '../../client/transport/egress';
import type { DownloadRequest, FileTransport, HttpRequest } from '../../client/transport/http';
import type { TransportFailure, TransportFailureKind } from '../../client/transport/transportFailure';
import { createTlsMaterial } from '../../sandbox/http/tls';
import { selfSigned } from './certificates';
import type { HttpDifference } from '../editions/httpDifferences';
import { restoreEnvironment, setEnvironment, withoutProxies } from './environment';
import { transportFailureOf } from './errors';
import { closeProxies, startProxy } from './proxy';
import { allThatShows } from './secrets';
import {
	afterRequest,
	closedPort,
	closeServers,
	eitherServer,
	http2Server,
	httpServer as http1Server,
	rawServer,
	type HttpTestServer,
	type ServerIdentity,
} from './servers';
import { distrust, trust } from './trust';
import { until } from './until';

const SECRET = 'very-secret-token';
const MEBIBYTE = 1024 * 1024;

type Test = [title: string, test: () => Promise<void>];

const text = 'Größe ✓ 日本語 🚀';

/**
 * What every `FileTransport` must do. Which library is behind it does not matter here: the other side are servers on
 * this machine that speak plain bytes.
 * @param differences what this transport does not do; tests of what it does instead take the place of those
 * @param version of HTTP that the servers speak: 2, always over TLS; or 1.1
 */
export function describeTransportContract(
	name: string,
	makeTransport: (egress: EgressPolicy) => FileTransport,
	differences: readonly HttpDifference[] = [],
	version: '1.1' | '2' = '1.1',
): void {
	/** One of two tests: of what every transport does, or of what happens where it differs. */
	const itUnless = (difference: HttpDifference, same: Test, different: Test): void => {
		const [title, test] = differences.includes(difference) ? different : same;
		it(title, test);
	};

	describe(`the transport contract: ${name}`, () => {
		let transport: FileTransport;
		let caller: AbortController;
		let own: ServerIdentity & { ca: string };

		const httpServer = async (
			answer: Parameters<typeof http1Server>[0],
			identity?: ServerIdentity,
		): Promise<HttpTestServer> =>
			version === '2' ? await http2Server(answer, identity ?? own) : await http1Server(answer, identity);
		/** Until a request that was ended is gone; over HTTP/1.1 its connection is, too. */
		const ended = async (server: HttpTestServer) =>
			await until(() => (version === '2' ? server.underWay : server.open) === 0);

		beforeAll(async () => {
			own = await createTlsMaterial();
		});
		beforeEach(() => {
			withoutProxies();
			if (version === '2') trust(own.ca);
			transport = makeTransport(unrestrictedEgress);
			caller = new AbortController();
		});
		afterEach(async () => {
			transport.close();
			await closeServers();
			await closeProxies();
			distrust();
			restoreEnvironment();
			jest.restoreAllMocks();
		});

		const request = (url: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({
			method: 'POST',
			url: `${url}/path`,
			headers: { Authorization: `Bearer ${SECRET}`, 'Content-Type': 'application/json' },
			body: '{"some":"body"}',
			signal: caller.signal,
			...changes,
		});
		const send = (url: string, changes?: Partial<HttpRequest>) => transport.send(request(url, changes));
		const failing = async (url: string, changes?: Partial<HttpRequest>): Promise<TransportFailure> => {
			const failure = await transportFailureOf(send(url, changes));
			expect(allThatShows(failure)).not.toContain(SECRET);
			expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
			return failure;
		};
		const expectFailure = async (url: string, kind: TransportFailureKind, requestSent: boolean) => {
			expect(await failing(url)).toMatchObject({ kind, requestSent });
		};

		describe('the request', () => {
			it('arrives as it was given', async () => {
				const server = await httpServer((response) => response.end());
				const body = ` ${JSON.stringify({ text, list: [1, null, { 'a b': '"' }] })}\n`;

				await transport.send({
					method: 'POST',
					url: `${server.url}/a%20b/%2F%3F%23/%C3%A4/it's?x=1&y=%25`,
					headers: { Authorization: 'Bearer t0ken', Accept: 'application/json', 'Content-Type': 'application/json' },
					body,
					signal: caller.signal,
				});

				expect(server.requests).toHaveLength(1);
				expect(server.requests[0]).toMatchObject({
					method: 'POST',
					path: "/a%20b/%2F%3F%23/%C3%A4/it's?x=1&y=%25",
					headers: {
						host: `127.0.0.1:${server.port}`,
						authorization: 'Bearer t0ken',
						accept: 'application/json',
						'content-type': 'application/json',
						'content-length': String(Buffer.byteLength(body)),
					},
					body,
				});
			});

			it.each([
				['a line break in a header', `Bearer ${SECRET}\nX: y`],
				['another alphabet in a header', `Bearer ${SECRET}✓`],
				['a character in a header that ends texts elsewhere', `Bearer ${SECRET}\0`],
			])('with %s is malformed, and not sent', async (_, Authorization) => {
				const server = await httpServer((response) => response.end());
				const failure = await failing(server.url, { headers: { Authorization } });

				expect(failure).toMatchObject({ kind: 'malformed', requestSent: false });
				expect(server.requests).toHaveLength(0);
			});

			it('has no body when none is given', async () => {
				const server = await httpServer((response) => response.end());
				await transport.send({ method: 'GET', url: `${server.url}/`, headers: {}, signal: caller.signal });

				expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/', body: '' });
				expect(server.requests[0]?.headers).not.toHaveProperty('content-type');
				expect(server.requests[0]?.headers).not.toHaveProperty('transfer-encoding');
			});

			const headersOf = async () => {
				const server = await httpServer((response) => response.end());
				await send(server.url);
				return Object.keys(server.requests[0]?.headers ?? {}).sort();
			};
			const expected = 'accept-encoding authorization connection content-length content-type host user-agent'
				.split(' ')
				.filter((header) => version === '1.1' || header !== 'connection');
			const versionSpoken = async () => {
				trust(own.ca);
				const { url, versions } = await eitherServer((_request, response) => response.end(), own);
				await send(url);
				return versions;
			};
			itUnless(
				'no-http2',
				['goes over HTTP/2 where the service takes both', async () => expect(await versionSpoken()).toEqual(['2.0'])],
				['goes over HTTP/1.1 where the service takes both', async () => expect(await versionSpoken()).toEqual(['1.1'])],
			);
			itUnless(
				'fetch-adds-headers',
				[
					'has no headers but the given ones and those that HTTP needs',
					async () => expect(await headersOf()).toEqual(expected),
				],
				[
					'has the headers that fetch adds',
					async () =>
						expect(await headersOf()).toEqual([...expected, 'accept', 'accept-language', 'sec-fetch-mode'].sort()),
				],
			);

			it('tells who calls, and nothing about the libraries behind it', async () => {
				const server = await httpServer((response) => response.end());
				await send(server.url);
				expect(server.requests[0]?.headers['user-agent']).toBe('n8n-nodes-cognigy');
			});

			it('may be large', async () => {
				const server = await httpServer((response) => response.end());
				const body = JSON.stringify('x'.repeat(12 * MEBIBYTE));
				await send(server.url, { body });

				expect(server.requests[0]?.body.length).toBe(body.length);
			});
		});

		describe('an answer', () => {
			it.each([200, 201, 202, 400, 401, 403, 404, 408, 409, 410, 418, 421, 429, 500, 502, 503, 504, 599])(
				'with status %d is an answer, not an error',
				async (status) => {
					const server = await httpServer((response) => response.writeHead(status).end('"body"'));

					expect(await send(server.url)).toMatchObject({ status, body: '"body"' });
					expect(server.requests).toHaveLength(1);
				},
			);

			const answering407 = () => httpServer((response) => response.writeHead(407).end('"body"'));
			itUnless(
				'no-answer-407',
				[
					'with status 407 is one, too',
					async () => expect(await send((await answering407()).url)).toMatchObject({ status: 407, body: '"body"' }),
				],
				[
					'with status 407 is none: the request may have run',
					async () => await expectFailure((await answering407()).url, 'dropped', true),
				],
			);

			const timesSentWith421 = async () => {
				const server = await httpServer((response) => response.writeHead(421).end());
				expect(await send(server.url, { method: 'GET', body: undefined })).toMatchObject({ status: 421 });
				return server.requests.length;
			};
			itUnless(
				'get-again-after-421',
				['with status 421 is one, and nothing is sent again', async () => expect(await timesSentWith421()).toBe(1)],
				[
					'with status 421 makes fetch send a request without a body once more',
					async () => expect(await timesSentWith421()).toBe(2),
				],
			);

			it.each([204, 304])('with status %d has an empty body', async (status) => {
				const server = await httpServer((response) => response.writeHead(status).end());
				expect(await send(server.url)).toMatchObject({ status, body: '' });
			});

			it('has headers with lower-case names', async () => {
				const server = await httpServer((response) => {
					response.writeHead(429, { 'Retry-After': '7', 'X-CUSTOM': 'Value', 'Content-Type': 'text/plain' }).end();
				});
				const { headers } = await send(server.url);

				expect(headers['retry-after']).toBe('7');
				expect(headers['x-custom']).toBe('Value');
				expect(headers['content-type']).toBe('text/plain');
				expect(headers['x-missing']).toBeUndefined();
			});

			it('is text in UTF-8, also when its bytes come one by one', async () => {
				const server = await httpServer((response) => {
					response.setHeader('content-type', 'application/json');
					for (const byte of Buffer.from(text)) response.write(Buffer.of(byte));
					response.end();
				});
				expect((await send(server.url)).body).toBe(text);
			});

			it('is text without a byte order mark, with a replacement for what is no UTF-8', async () => {
				const server = await httpServer((response) => {
					response.end(Buffer.concat([Buffer.from('\ufeffa\ufeff'), Buffer.of(0xff, 0xe2, 0x82, 0x41, 0xe2)]));
				});
				expect((await send(server.url)).body).toBe('a\ufeff\ufffd\ufffdA\ufffd');
			});

			it('is what was sent, whatever its content type says', async () => {
				const server = await httpServer((response) => {
					response.setHeader('content-type', 'application/json; charset=utf-8');
					response.end(' {"a": 1, "a": 2} ');
				});
				expect((await send(server.url)).body).toBe(' {"a": 1, "a": 2} ');
			});

			it.each([
				['gzip', gzipSync],
				['GZIP', gzipSync],
				['br', brotliCompressSync],
				['deflate', deflateSync],
				['deflate', deflateRawSync],
			])('may be compressed with %s (%o)', async (encoding, compress) => {
				const server = await httpServer((response) => {
					response.setHeader('content-encoding', encoding);
					response.end(compress(text));
				});
				expect((await send(server.url)).body).toBe(text);
			});

			it.each([
				['gzip', gzipSync],
				['deflate', deflateSync],
			])('is what is there where the last bytes of %s are missing', async (encoding, compress) => {
				const server = await httpServer((response) => {
					response.setHeader('content-encoding', encoding);
					response.end(compress(text).subarray(0, -4));
				});
				expect((await send(server.url)).body).toBe(text);
			});

			it('may say how it would be compressed, and be empty', async () => {
				const server = await httpServer((response) => response.writeHead(204, { 'content-encoding': 'gzip' }).end());
				expect(await send(server.url)).toMatchObject({ status: 204, body: '' });
			});

			it('of a megabyte is no problem', async () => {
				const server = await httpServer((response) => response.end('x'.repeat(MEBIBYTE)));
				expect((await send(server.url)).body).toHaveLength(MEBIBYTE);
			});

			it('of a megabyte is text also where its pieces end within a character', async () => {
				const long = `x${text}`.repeat(MEBIBYTE / text.length);
				const server = await httpServer((response) => response.end(long));
				expect((await send(server.url)).body === long).toBe(true);
			});

			it('belongs to its request, also when many are under way', async () => {
				const server = await httpServer((response, { body }) => {
					// The later they come, the sooner they are answered.
					setTimeout(() => response.end(body), 50 - Number(body));
				});
				const numbers = Array.from({ length: 50 }, (_, index) => String(index));
				const answers = await Promise.all(numbers.map((body) => send(server.url, { body })));

				expect(answers.map(({ body }) => body)).toEqual(numbers);
			});

			it.each([1, 5])('comes over no more connections than there are requests at the same time: %i', async (width) => {
				const server = await httpServer((response) => response.end('answer'));
				const inTurn = async () => {
					for (let sent = 0; sent < 10; sent++) await send(server.url);
				};
				await Promise.all(Array.from({ length: width }, inTurn));

				expect(server.requests).toHaveLength(10 * width);
				expect(server.accepted).toBeLessThanOrEqual(width);
			});
		});

		describe('a redirect', () => {
			it.each([301, 302, 303, 307, 308])(
				'(%d) is an answer, and the bearer does not reach the other host',
				async (status) => {
					const other = await httpServer((response) => response.end('other'));
					const server = await httpServer((response) => {
						response.writeHead(status, { Location: `${other.url}/elsewhere` }).end();
					});

					expect(await send(server.url)).toMatchObject({ status, headers: { location: `${other.url}/elsewhere` } });
					expect(await send(server.url, { method: 'GET', body: undefined })).toMatchObject({ status });
					expect(other.accepted).toBe(0);
				},
			);
		});

		describe('an answer that is too large', () => {
			const endless = 1024 * MEBIBYTE;

			it('has more than 8 MiB', async () => {
				const server = await httpServer((response, { body }) => response.end(Buffer.alloc(Number(body), 'x')));

				expect((await send(server.url, { body: String(8 * MEBIBYTE) })).body).toHaveLength(8 * MEBIBYTE);
				expect(await failing(server.url, { body: String(8 * MEBIBYTE + 1) })).toMatchObject({
					kind: 'tooLarge',
					requestSent: true,
					answerBegan: true,
				});
			});

			it('is not read to its end', async () => {
				let written = 0;
				const server = await httpServer((response) => {
					const chunk = Buffer.alloc(MEBIBYTE, 'x');
					const write = () => {
						while (written < endless && !response.destroyed) {
							written += chunk.length;
							if (!response.write(chunk)) return response.once('drain', write);
						}
						return response.end();
					};
					write();
				});
				await expectFailure(server.url, 'tooLarge', true);
				await ended(server);

				expect(written).toBeLessThan(64 * MEBIBYTE);
			});

			it('is recognised also when it is small on the wire: a gzip bomb', async () => {
				const server = await httpServer((response) => {
					response.setHeader('content-encoding', 'gzip');
					const gzip = createGzip();
					gzip.pipe(response);
					gzip.end(Buffer.alloc(100 * MEBIBYTE));
				});
				await expectFailure(server.url, 'tooLarge', true);
				await ended(server);
			});

			it.each([
				['br', brotliCompressSync],
				['deflate', deflateSync],
				['deflate', deflateRawSync],
			])('the same with %s (%o)', async (encoding, compress) => {
				const small = compress(Buffer.alloc(9 * MEBIBYTE));
				const server = await httpServer((response) => {
					response.setHeader('content-encoding', encoding);
					response.end(small);
				});
				await expectFailure(server.url, 'tooLarge', true);
			});
		});

		describe('a file', () => {
			const wanted = (url: string, changes: Partial<DownloadRequest> = {}): DownloadRequest => ({
				url: `${url}/file`,
				headers: { 'X-API-Key': SECRET },
				signal: caller.signal,
				maxBytes: MEBIBYTE,
				...changes,
			});
			const everyByte = Buffer.from(Array.from({ length: 256 * 300 }, (_, index) => index % 256));

			it('comes byte by byte as it was sent, and is asked for with the headers that are given', async () => {
				const server = await httpServer((response) => {
					response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
					response.write(everyByte.subarray(0, 1000));
					response.end(everyByte.subarray(1000));
				});
				const { status, headers, bytes } = await transport.download(wanted(server.url));
				expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/plain; charset=utf-8' });
				expect(Buffer.from(bytes).equals(everyByte)).toBe(true);
				expect(server.requests).toMatchObject([
					{ method: 'GET', path: '/file', body: '', headers: { 'x-api-key': SECRET } },
				]);
			});

			it.each([200, 302, 404, 500])('that is none is an answer all the same: %d', async (status) => {
				const server = await httpServer((response) => response.writeHead(status, { Location: '/elsewhere' }).end('no'));
				const { bytes, ...head } = await transport.download(wanted(server.url));
				expect(head).toMatchObject({ status, headers: { location: '/elsewhere' } });
				expect(Buffer.from(bytes).toString()).toBe('no');
				expect(server.requests).toHaveLength(1);
			});

			it('may be larger than other answers, but not than the bound', async () => {
				const server = await httpServer((response) => response.end(Buffer.alloc(9 * MEBIBYTE)));
				const { bytes } = await transport.download(wanted(server.url, { maxBytes: 9 * MEBIBYTE }));
				expect(bytes.byteLength).toBe(9 * MEBIBYTE);
				const failure = await transportFailureOf(
					transport.download(wanted(server.url, { maxBytes: 9 * MEBIBYTE - 1 })),
				);
				expect(failure).toMatchObject({ kind: 'tooLarge', answerBegan: true });
				expect(allThatShows(failure)).not.toContain(SECRET);
				await until(() => (version === '2' ? server.underWay === 0 : server.open <= 1));
			});

			it('that breaks off is dropped, and one that is stopped aborted', async () => {
				const broken = await httpServer((response) => {
					response.writeHead(200, { 'content-length': '10' });
					response.write('abc', () => response.destroy());
				});
				expect(await transportFailureOf(transport.download(wanted(broken.url)))).toMatchObject({ kind: 'dropped' });
				const slow = await httpServer((response) => response.write('abc'));
				const stopped = transportFailureOf(transport.download(wanted(slow.url)));
				await until(() => slow.requests.length === 1);
				caller.abort();
				expect(await stopped).toMatchObject({ kind: 'aborted' });
				await ended(slow);
			});

			it('is not asked for where the policy forbids it', async () => {
				const forbidding: EgressPolicy = { check: async () => await Promise.reject(new Error('SSRF')) };
				const server = await httpServer((response) => response.end());
				const strict = makeTransport(forbidding);
				expect(await transportFailureOf(strict.download(wanted(server.url)))).toMatchObject({ kind: 'egress' });
				expect(server.accepted).toBe(0);
				strict.close();
			});
		});

		/** Ways in which an exchange of HTTP/1.1 breaks, byte by byte. */
		function describeBrokenBytes(): void {
			it('is dropped when the connection is closed as soon as it stands', async () => {
				const server = await rawServer((socket) => socket.destroy());
				await expectFailure(server.url, 'dropped', true);
			});

			it('is dropped when the connection is closed after the request', async () => {
				const server = await rawServer(afterRequest((socket) => socket.end()));
				await expectFailure(server.url, 'dropped', true);
			});

			it('is dropped when the connection is reset after the request', async () => {
				const server = await rawServer(afterRequest((socket) => socket.resetAndDestroy()));
				await expectFailure(server.url, 'dropped', true);
			});

			it.each([
				['in its first line', 'HTTP/1.1 20', false],
				['in its headers', 'HTTP/1.1 200 OK\r\nContent-Type: appli', false],
				['before its body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', true],
				['in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"a"', true],
				['between two chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n', true],
				['within a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"a"', true],
				[
					'in its headers, on a connection that is to be closed',
					'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: appli',
					false,
				],
				[
					'in its body, on a connection that is to be closed',
					'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n{"a"',
					true,
				],
				[
					'between two chunks, on a connection that is to be closed',
					'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\n',
					true,
				],
			])('is dropped when the answer breaks off %s', async (_, answer, answerBegan) => {
				const server = await rawServer(afterRequest((socket) => socket.end(answer)));
				expect(await failing(server.url)).toMatchObject({ kind: 'dropped', requestSent: true, answerBegan });
			});

			it('is dropped when the connection is reset in the middle of the body', async () => {
				const server = await rawServer(
					afterRequest((socket) => {
						socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"a"', () => socket.resetAndDestroy());
					}),
				);
				await expectFailure(server.url, 'dropped', true);
			});

			it.each([
				['not HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n'],
				['HTTP of another world', 'HTTP/9.9 200 OK\r\n\r\n'],
				['a header that is none', 'HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'],
				['a chunk of no length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
				['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
				['headers without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(MEBIBYTE)}`],
			])('is malformed when the answer is %s', async (_, answer) => {
				const server = await rawServer(afterRequest((socket) => socket.end(answer)));
				await expectFailure(server.url, 'malformed', true);
			});
		}

		/** What ends an exchange of HTTP/2. */
		function describeBrokenStreams(): void {
			const codes = http2.constants;
			const broken = async (breakOff: (stream: http2.ServerHttp2Stream) => void) =>
				await httpServer((response) => breakOff((response as unknown as http2.Http2ServerResponse).stream));
			const cut = ({ session }: http2.ServerHttp2Stream) => session?.destroy();

			it('is dropped when the connection is closed after the request', async () => {
				await expectFailure((await broken(cut)).url, 'dropped', true);
			});

			it('is dropped when the connection is closed before anything could be sent: nothing was', async () => {
				const server = await http2Server((response) => response.end(), own);
				server.http2.on('secureConnection', (socket: Socket) => socket.destroy());
				await expectFailure(server.url, 'dropped', false);
				expect(server.requests).toHaveLength(0);
			});

			it.each([
				['before its body', '', {}],
				['in its body', '{"a"', {}],
				['in its body, whose length is known', '{"a"', { 'content-length': '10' }],
			])('is dropped when the answer breaks off %s', async (_, begin, headers) => {
				const endings: Array<(stream: http2.ServerHttp2Stream) => unknown> = [
					cut,
					(stream) => stream.destroy(),
					// With INTERNAL_ERROR.
					(stream) => stream.destroy(new Error('broken')),
				];
				for (const ending of endings) {
					const server = await broken((stream) => {
						stream.respond({ ':status': 200, ...headers });
						stream.on('error', () => {});
						stream.write(begin || ' ');
						setTimeout(() => ending(stream), 20);
					});
					expect(await failing(server.url)).toMatchObject({ kind: 'dropped', requestSent: true, answerBegan: true });
				}
			});

			it.each([
				['NGHTTP2_NO_ERROR', true],
				['NGHTTP2_CANCEL', true],
				['NGHTTP2_PROTOCOL_ERROR', true],
				['NGHTTP2_INTERNAL_ERROR', true],
				['NGHTTP2_ENHANCE_YOUR_CALM', true],
				['NGHTTP2_REFUSED_STREAM', false],
				['NGHTTP2_HTTP_1_1_REQUIRED', false],
			] as const)('is dropped when the request is reset with %s', async (code, requestSent) => {
				const server = await broken((stream) => stream.close(codes[code]));
				expect(await failing(server.url)).toMatchObject({ kind: 'dropped', requestSent, answerBegan: false });
			});

			it('is malformed when its headers are too large', async () => {
				const server = await httpServer((response) => response.writeHead(200, { 'x-long': 'x'.repeat(100_000) }).end());
				expect(await failing(server.url)).toMatchObject({ requestSent: true });
			});
		}

		describe('an exchange without a whole answer', () => {
			if (version === '1.1') describeBrokenBytes();
			else describeBrokenStreams();

			it.each([
				['gzip', Buffer.from('no gzip')],
				['br', Buffer.from('no br')],
				['deflate', Buffer.from('no deflate')],
			])('is malformed when the body cannot be decompressed (%s, %o)', async (encoding, body) => {
				const server = await httpServer((response) => {
					response.setHeader('content-encoding', encoding);
					response.end(body);
				});
				await expectFailure(server.url, 'malformed', true);
			});
		});

		describe('a connection that does not come about', () => {
			it('is unreachable when nobody listens at the port', async () => {
				await expectFailure(`http://127.0.0.1:${await closedPort()}`, 'unreachable', false);
				await expectFailure(`https://127.0.0.1:${await closedPort()}`, 'unreachable', false);
			});

			it('is unreachable when nobody listens at any address of the host', async () => {
				await expectFailure(`http://localhost:${await closedPort()}`, 'unreachable', false);
			});

			it('is a matter of DNS when nobody knows the host', async () => {
				await expectFailure('http://nosuch.invalid', 'dns', false);
				await expectFailure('https://nosuch.invalid', 'dns', false);
			});
		});

		describe('over TLS', () => {
			let identity: ServerIdentity & { ca: string };
			beforeAll(async () => {
				identity = await createTlsMaterial();
			});

			it('reaches a server whose certificate is trusted', async () => {
				const server = await httpServer((response) => response.end(text), identity);
				trust(identity.ca);

				expect(await send(server.url)).toMatchObject({ status: 200, body: text });
			});

			it('sends nothing to a server whose certificate authority nobody knows', async () => {
				const server = await httpServer((response) => response.end(), identity);

				await expectFailure(server.url, 'tls', false);
				expect(server.requests).toHaveLength(0);
			});

			it('sends nothing to a server whose certificate is self-signed', async () => {
				const server = await httpServer((response) => response.end(), await selfSigned('127.0.0.1'));

				await expectFailure(server.url, 'tls', false);
				expect(server.requests).toHaveLength(0);
			});

			it.each([
				['is for another host', 'cognigy.example.com', false],
				['has expired', '127.0.0.1', true],
			])('sends nothing to a server whose certificate is trusted, but %s', async (_, host, isExpired) => {
				const trusted = await selfSigned(host, { isExpired });
				trust(trusted.cert);
				const server = await httpServer((response) => response.end(), trusted);

				await expectFailure(server.url, 'tls', false);
				expect(server.requests).toHaveLength(0);
			});

			it('sends nothing to a server that does not speak TLS', async () => {
				const server = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'https');
				await expectFailure(server.url, 'tls', false);
			});

			it.each([
				['closed', false],
				['reset', true],
			])('has sent nothing when the connection is %s during the handshake', async (_, isReset) => {
				const server = await rawServer((socket) => {
					socket.once('data', () => (isReset ? socket.resetAndDestroy() : socket.end()));
				}, 'https');

				expect((await failing(server.url)).requestSent).toBe(false);
			});

			const resetOfBodiless = async () => {
				const server = await rawServer((socket) => {
					socket.once('data', () => socket.resetAndDestroy());
				}, 'https');
				return await failing(server.url, { method: 'GET', body: undefined });
			};
			itUnless(
				'bodiless-counts-as-sent',
				[
					'has sent no request without a body either when the connection is reset during the handshake',
					async () => expect(await resetOfBodiless()).toMatchObject({ requestSent: false }),
				],
				[
					'may have sent a request without a body when the connection is reset during the handshake',
					async () => expect(await resetOfBodiless()).toMatchObject({ kind: 'dropped', requestSent: true }),
				],
			);

			it('has sent no request without a body when the connection cannot be made', async () => {
				const bodiless = { method: 'GET', body: undefined } as const;
				const closing = await rawServer((socket) => socket.once('data', () => socket.end()), 'https');
				const unknown = await httpServer((response) => response.end(), identity);
				const urls = [`http://127.0.0.1:${await closedPort()}`, 'http://nosuch.invalid', closing.url, unknown.url];

				for (const url of urls) expect(await failing(url, bodiless)).toMatchObject({ requestSent: false });
				expect(unknown.requests).toHaveLength(0);
			});

			it('may have sent the request when the connection is closed afterwards', async () => {
				const server = await httpServer((response) => response.destroy(), identity);
				trust(identity.ca);

				await expectFailure(server.url, 'dropped', true);
				expect(server.requests).toHaveLength(1);
			});

			/** Holds handshakes back until it is told to let them go on. */
			const heldBack = async () => {
				const { port, requests } = await httpServer((response) => response.end('answer'), identity);
				let goOn = () => {};
				const released = new Promise<void>((resolve) => {
					goOn = resolve;
				});
				const server = await rawServer((socket) => {
					const received: Buffer[] = [];
					socket.on('data', (chunk) => received.push(chunk));
					socket.once('data', () => caller.abort());
					void released.then(() => {
						const onward = connect(port, '127.0.0.1');
						// Whoever was stopped is gone, or will be.
						onward.on('error', () => {});
						onward.write(Buffer.concat(received));
						socket.pipe(onward).pipe(socket);
					});
				}, 'https');
				return { server, requests, goOn };
			};
			itUnless(
				'stopped-handshake-stays',
				[
					'has sent nothing when it is stopped during the handshake, and the connection is closed',
					async () => {
						const { server } = await heldBack();
						await expectFailure(server.url, 'aborted', false);
						await until(() => server.open === 0);
					},
				],
				[
					'has sent nothing when it is stopped during the handshake, and sends nothing when that goes on',
					async () => {
						trust(identity.ca);
						const { server, requests, goOn } = await heldBack();
						await expectFailure(server.url, 'aborted', false);
						expect(server.open).toBe(1);
						goOn();

						const { signal } = new AbortController();
						expect(await send(server.url, { body: 'later', signal })).toMatchObject({ body: 'answer' });
						expect(requests.map(({ body }) => body)).toEqual(['later']);
					},
				],
			);

			const unverified = async () => {
				// Node warns of the variable, once.
				jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
				setEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
				return await httpServer((response) => response.end('answer'), identity);
			};
			itUnless(
				'unverified-by-variable',
				[
					'verifies certificates also when NODE_TLS_REJECT_UNAUTHORIZED=0 turns that off',
					async () => await expectFailure((await unverified()).url, 'tls', false),
				],
				[
					'verifies no certificates when NODE_TLS_REJECT_UNAUTHORIZED=0 turns that off',
					async () => expect(await send((await unverified()).url)).toMatchObject({ body: 'answer' }),
				],
			);
		});

		describe('the egress policy', () => {
			class SsrfBlockedIpError extends Error {}
			const use = (egress: EgressPolicy) => {
				transport = makeTransport(egress);
			};

			it('is asked for every URL before anything is sent', async () => {
				const server = await httpServer((response) => response.end());
				const check = jest.fn(() => Promise.resolve());
				use({ check });
				await send(server.url);
				await send(server.url);

				expect(check.mock.calls).toEqual([[`${server.url}/path`], [`${server.url}/path`]]);
			});

			it('that forbids the URL stops the request before any connection', async () => {
				const server = await httpServer((response) => response.end());
				use({ check: () => Promise.reject(new SsrfBlockedIpError('blocked')) });

				await expectFailure(server.url, 'egress', false);
				expect(server.accepted).toBe(0);
			});

			it('that cannot find the host is a matter of DNS', async () => {
				const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
				use({ check: () => Promise.reject(notFound) });

				await expectFailure('https://cognigy.example.com', 'dns', false);
			});

			it('that does not answer holds no request back that is stopped', async () => {
				use({ check: () => new Promise(() => caller.abort()) });
				await expectFailure('https://cognigy.example.com', 'aborted', false);
			});

			describe.each(version === '2' ? ['https'] : ['http', 'https'])(
				'that forbids the address a name resolves to (%s)',
				(scheme) => {
					const forbidding = async () => {
						const identity = await selfSigned('localhost');
						trust(identity.cert);
						use({
							...unrestrictedEgress,
							lookup: (_host, _options, found) => found(new SsrfBlockedIpError('no'), '', 0),
						});
						const server = await httpServer((response) => response.end(), scheme === 'https' ? identity : undefined);
						return { server, url: `${scheme}://localhost:${server.port}` };
					};
					itUnless(
						'no-egress-at-connect',
						[
							'stops the connection',
							async () => {
								const { server, url } = await forbidding();
								await expectFailure(url, 'egress', false);
								expect(server.accepted).toBe(0);
							},
						],
						[
							'is not asked for it',
							async () => {
								const { url } = await forbidding();
								expect(await send(url)).toMatchObject({ status: 200 });
							},
						],
					);
				},
			);
		});

		describe('a proxy that HTTP_PROXY names', () => {
			const forwarded = async () => {
				const proxy = await startProxy();
				const server = await http1Server((response) => response.end());
				setEnvironment({ HTTP_PROXY: proxy.url });
				await send(server.url);
				return proxy.forwarded.length;
			};
			itUnless(
				'no-proxy',
				['passes requests on', async () => expect(await forwarded()).toBe(1)],
				['is not used', async () => expect(await forwarded()).toBe(0)],
			);
		});

		describe('a stop', () => {
			it('that came before sends nothing', async () => {
				const server = await httpServer((response) => response.end());
				caller.abort();

				await expectFailure(server.url, 'aborted', false);
				expect(server.accepted).toBe(0);
			});

			it('ends a request that nobody answers, and its connection', async () => {
				const server = await httpServer(() => caller.abort());

				await expectFailure(server.url, 'aborted', true);
				await ended(server);
			});

			it('ends an answer that is under way, and its connection', async () => {
				const server = await httpServer((response) => {
					response.writeHead(200, { 'content-length': '1000' });
					response.write('{"a"', () => setImmediate(() => caller.abort()));
				});

				await expectFailure(server.url, 'aborted', true);
				await ended(server);
			});

			it('that comes after the answer harms nobody, and leaves no listener', async () => {
				const server = await httpServer((response) => response.end('answer'));
				await send(server.url);
				expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
				caller.abort();

				const { signal } = new AbortController();
				expect(await send(server.url, { signal })).toMatchObject({ body: 'answer' });
			});

			it('ends only its own request', async () => {
				const other = new AbortController();
				const server = await httpServer((response, { body }) => {
					if (body === 'stopped') caller.abort();
					else void once(caller.signal, 'abort').then(() => response.end('answer'));
				});
				const answered = send(server.url, { body: 'answered', signal: other.signal });
				await until(() => server.requests.length === 1);

				expect(await failing(server.url, { body: 'stopped' })).toMatchObject({ kind: 'aborted' });
				expect((await answered).body).toBe('answer');
			});
		});

		describe('close', () => {
			const closedAfterUse = async () => {
				const server = await httpServer((response) => response.end());
				await send(server.url);
				transport.close();
				return server;
			};
			itUnless(
				'idle-connections-stay',
				[
					'leaves no connection open',
					async () => {
						const server = await closedAfterUse();
						await until(() => server.open === 0);
					},
				],
				[
					'leaves idle connections to the runtime, which closes them by itself',
					async () => {
						const server = await closedAfterUse();
						expect(server.open).toBe(1);
						await until(() => server.open === 0);
					},
				],
			);

			it('is not the end: what is sent later is answered', async () => {
				const server = await closedAfterUse();
				expect(await send(server.url)).toMatchObject({ status: 200 });
			});

			it('ends what is under way', async () => {
				const server = await httpServer(() => transport.close());

				await expectFailure(server.url, 'dropped', true);
				await until(() => server.open === 0);
			});

			it('may be called twice, and before anything was sent', () => {
				transport.close();
				transport.close();
			});
		});
	});
}
