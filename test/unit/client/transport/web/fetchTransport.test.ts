import { abortSignalClock } from '../../../../../client/time/abortSignalClock';
import { unrestrictedEgress } from '../../../../../client/transport/egress';
import type { HttpRequest } from '../../../../../client/transport/http';
import { FetchTransport } from '../../../../../client/transport/web/fetchTransport';
import { transportFailureOf } from '../../../../support/errors';
import { allThatShows } from '../../../../support/secrets';
import { closeServers, httpServer } from '../../../../support/servers';

const SECRET = 'very-secret-token';

let transport: FetchTransport;

beforeEach(() => {
	transport = new FetchTransport(unrestrictedEgress, abortSignalClock);
});
afterEach(async () => {
	jest.restoreAllMocks();
	transport.close();
	await closeServers();
});

const post = (url: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({
	method: 'POST',
	url,
	headers: { Authorization: `Bearer ${SECRET}` },
	body: '{}',
	signal: new AbortController().signal,
	...changes,
});
const bodiless = { method: 'GET', body: undefined } as const;
const failing = async (request: HttpRequest) => {
	const failure = await transportFailureOf(transport.send(request));
	expect(allThatShows(failure)).not.toContain(SECRET);
	return failure;
};
/** Lets `fetch` fail as undici does: its error wraps the one that says why. */
const fetchFails = (cause: object) =>
	jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause }));

describe('a request that HTTP does not allow', () => {
	it.each([
		['a line break in a header', { headers: { Authorization: `Bearer ${SECRET}\nX: y` } }],
		['another alphabet in a header', { headers: { Authorization: `Bearer ${SECRET}✓` } }],
		['a URL that is none', { url: `http://[${SECRET}` }],
	])('(%s) is malformed, and not sent', async (_, changes) => {
		const server = await httpServer((response) => response.end());
		for (const more of [{}, bodiless]) {
			expect(await failing(post(server.url, { ...changes, ...more }))).toMatchObject({
				kind: 'malformed',
				requestSent: false,
			});
		}
		expect(server.accepted).toBe(0);
	});
});

describe('the ports that browsers block (blocked-ports)', () => {
	it('cannot be reached, and nothing is sent', async () => {
		for (const changes of [{}, bodiless]) {
			expect(await failing(post('http://127.0.0.1:6667/', changes))).toMatchObject({
				kind: 'unreachable',
				message: 'fetch connects to no port that browsers block',
				requestSent: false,
			});
		}
	});
});

describe("fetch's own time limits (own-time-limits)", () => {
	it('of connecting: nothing was sent', async () => {
		fetchFails({ message: 'Connect Timeout Error', code: 'UND_ERR_CONNECT_TIMEOUT' });
		for (const request of [post('http://127.0.0.1/'), post('http://127.0.0.1/', bodiless)]) {
			expect(await failing(request)).toMatchObject({ kind: 'unreachable', requestSent: false });
		}
	});

	it('of waiting for an answer: the request may have run', async () => {
		jest.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
			// As undici reads the body before it writes.
			await new Response(init?.body).text();
			throw new TypeError('fetch failed', {
				cause: { message: 'Headers Timeout Error', code: 'UND_ERR_HEADERS_TIMEOUT' },
			});
		});
		expect(await failing(post('http://127.0.0.1/'))).toMatchObject({ kind: 'dropped', requestSent: true });
	});
});

describe('a request without a body', () => {
	it.each([
		['getaddrinfo', 'EAI_AGAIN', false],
		['connect', 'ECONNREFUSED', false],
		['connect', 'ETIMEDOUT', false],
		['read', 'ETIMEDOUT', true],
		['read', 'EHOSTUNREACH', true],
		['read', 'ECONNRESET', true],
		['write', 'EPIPE', true],
		['write', 'EPROTO', true],
		[undefined, 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', true],
		[undefined, 'ERR_TLS_CERT_ALTNAME_INVALID', false],
		[undefined, undefined, true],
	])('that fails in "%s" with %s: may it have been sent?', async (syscall, code, requestSent) => {
		fetchFails({ message: SECRET, code, syscall });
		expect(await failing(post('http://127.0.0.1/', bodiless))).toMatchObject({ requestSent });
	});

	it('that fails to connect to every address of a host was not sent', async () => {
		const errors = [{ message: 'connect', code: 'ETIMEDOUT', syscall: 'connect' }];
		fetchFails({ message: 'all failed', code: 'ETIMEDOUT', errors });
		expect(await failing(post('http://127.0.0.1/', bodiless))).toMatchObject({ requestSent: false });
	});
});

describe('an answer with status 421', () => {
	it('makes fetch send no start again', async () => {
		const server = await httpServer((response) => response.writeHead(421).end());
		expect(await transport.send(post(server.url))).toMatchObject({ status: 421 });
		expect(server.requests).toHaveLength(1);
	});
});

describe('close', () => {
	it('ends also a request that waits for the egress policy, before it is sent', async () => {
		const server = await httpServer((response) => response.end());
		// Just as the policy has said yes.
		transport = new FetchTransport({ check: async () => queueMicrotask(() => transport.close()) }, abortSignalClock);

		for (const changes of [{}, bodiless]) {
			const failure = await failing(post(server.url, changes));
			expect(failure).toMatchObject({ kind: 'dropped', requestSent: false });
		}
		expect(server.accepted).toBe(0);
	});

	it('waits for no egress policy that does not answer', async () => {
		transport = new FetchTransport(
			{ check: () => new Promise(() => queueMicrotask(() => transport.close())) },
			abortSignalClock,
		);
		expect(await failing(post('http://127.0.0.1/'))).toMatchObject({ kind: 'dropped', requestSent: false });
	});

	it('ends an answer that is under way', async () => {
		const server = await httpServer((response) => {
			response.write('{', () => transport.close());
		});
		expect(await failing(post(server.url))).toMatchObject({ kind: 'dropped', requestSent: true });
	});
});

describe('a stop', () => {
	it('is one also where fetch says what became of the connection instead', async () => {
		const caller = new AbortController();
		jest.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
			const cut = new Promise<never>((_, reject) => {
				init?.signal?.addEventListener('abort', () => reject(new TypeError('terminated')));
			});
			caller.abort();
			return await cut;
		});
		expect(await failing(post('http://127.0.0.1/', { signal: caller.signal }))).toMatchObject({ kind: 'aborted' });
	});
});
