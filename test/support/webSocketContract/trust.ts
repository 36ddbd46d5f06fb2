import type { LookupFunction } from 'node:net';

import { createTlsMaterial } from '../../../sandbox/http/tls';
import { selfSigned } from '../certificates';
import { setEnvironment } from '../environment';
import { closeProxies, startProxy } from '../proxy';
import { rawServer, type ServerIdentity } from '../servers';
import { trust } from '../trust';
import { webSocketServer } from '../webSocketServer';
import { PATH, TOKEN, webSocketHarness, type Differs, type MakeTransport } from './harness';

/** A name that only the policy's lookup knows. */
const NAME = 'cognigy.example.test';

const failed = (details: { code?: string; name?: string }): Error => Object.assign(new Error('No.'), details);

export function describeTrust(makeTransport: MakeTransport, differs: Differs): void {
	const harness = webSocketHarness(makeTransport);
	const { connect, expectFailure } = harness;
	afterEach(closeProxies);

	describe('over TLS', () => {
		let identity: ServerIdentity & { ca: string };
		beforeAll(async () => {
			identity = await createTlsMaterial();
		});

		it('reaches a server whose certificate is trusted', async () => {
			const server = await webSocketServer(undefined, identity);
			trust(identity.ca);
			await connect(server.url);

			expect(server.requests[0]).toMatchObject({ path: PATH });
		});

		it('says its host name to the server', async () => {
			const name = differs('no-lookup') ? 'localhost' : NAME;
			const server = await webSocketServer(undefined, await trustedFor(name));
			harness.egress = { check: async () => {}, lookup: lookupOf('127.0.0.1') };
			await connect(`wss://${name}:${server.port}`);

			expect(server.requests[0]?.headers.host).toBe(`${name}:${server.port}`);
		});

		it('sends nothing to a server whose certificate authority nobody knows', async () => {
			const server = await webSocketServer(undefined, identity);

			await expectFailure(server.url, 'tls');
			expect(server.requests).toHaveLength(0);
		});

		it('sends nothing to a server whose certificate is self-signed', async () => {
			const server = await webSocketServer(undefined, await selfSigned('127.0.0.1'));

			await expectFailure(server.url, 'tls');
			expect(server.requests).toHaveLength(0);
		});

		it.each([
			['is for another host', 'cognigy.example.com', false],
			['has expired', '127.0.0.1', true],
		])('sends nothing to a server whose certificate is trusted, but %s', async (_, host, isExpired) => {
			const server = await webSocketServer(undefined, await trustedFor(host, { isExpired }));

			await expectFailure(server.url, 'tls');
			expect(server.requests).toHaveLength(0);
		});

		it('sends nothing to a server that does not speak TLS', async () => {
			const server = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'wss');
			await expectFailure(server.url, 'tls');
		});
	});

	describe('the egress policy', () => {
		it.each([
			['wss', 'https'],
			['ws', 'http'],
		])('is asked for %s as for %s, without the query', async (scheme, asked) => {
			const checked: string[] = [];
			const server = await webSocketServer();
			harness.egress = {
				check: async (url) => {
					checked.push(url);
					throw failed({ name: 'SsrfBlockedError' });
				},
			};

			await expectFailure(`${scheme}://127.0.0.1:${server.port}`, 'egress');
			expect(checked).toEqual([`${asked}://127.0.0.1:${server.port}/ws/v1`]);
			expect(checked.join()).not.toContain(TOKEN);
			expect(server.accepted).toBe(0);
		});

		it('that agrees lets the connection through', async () => {
			const checked: string[] = [];
			const server = await webSocketServer();
			harness.egress = { check: async (url) => void checked.push(url) };
			await connect(server.url);

			expect(checked).toEqual([`http://127.0.0.1:${server.port}/ws/v1`]);
		});

		it('that cannot look the host up is a matter of DNS', async () => {
			harness.egress = {
				check: async () => {
					throw failed({ code: 'ENOTFOUND' });
				},
			};
			await expectFailure(`wss://${NAME}`, 'dns');
		});

		if (differs('no-lookup')) {
			it('is not asked to look host names up: the runtime does', async () => {
				const asked: string[] = [];
				const server = await webSocketServer();
				harness.egress = { check: async () => {}, lookup: lookupOf('127.0.0.1', asked) };
				await connect(`ws://localhost:${server.port}`);
				await expectFailure('ws://nobody.invalid', 'dns');

				expect(asked).toEqual([]);
				expect(server.accepted).toBe(1);
			});
		} else {
			it('resolves host names with its own lookup', async () => {
				const asked: string[] = [];
				const server = await webSocketServer();
				harness.egress = { check: async () => {}, lookup: lookupOf('127.0.0.1', asked) };
				await connect(`ws://${NAME}:${server.port}`);

				expect(asked).toEqual([NAME]);
				expect(server.accepted).toBe(1);
			});

			it.each([
				['knows nobody of that name', { code: 'ENOTFOUND' }, 'dns'],
				['forbids the address', { name: 'SsrfBlockedIpError' }, 'egress'],
			] as const)('ends the handshake when its lookup %s', async (_, details, kind) => {
				const lookup: LookupFunction = (_name, _options, done) => done(failed(details), []);
				harness.egress = { check: async () => {}, lookup };

				await expectFailure(`ws://${NAME}`, kind);
				await expectFailure(`wss://${NAME}`, kind);
			});
		}
	});

	describe('a proxy in the environment', () => {
		it(differs('no-proxies') ? 'is not asked' : 'is tunnelled through', async () => {
			const server = await webSocketServer();
			const proxy = await startProxy();
			setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
			await connect(server.url);

			expect(proxy.tunnels).toEqual(differs('no-proxies') ? [] : [`127.0.0.1:${server.port}`]);
			expect(server.accepted).toBe(1);
		});
	});
}

/** A certificate for `host` that is trusted until the end of the test. */
async function trustedFor(host: string, options: { isExpired?: boolean } = {}): Promise<ServerIdentity> {
	const identity = await selfSigned(host, options);
	trust(identity.cert);
	return identity;
}

function lookupOf(address: string, asked: string[] = []): LookupFunction {
	return (name, { all }, done) => {
		asked.push(name);
		if (all) done(null, [{ address, family: 4 }]);
		else done(null, address, 4);
	};
}
