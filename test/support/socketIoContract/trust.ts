import type { LookupFunction } from 'node:net';

import { setEnvironment } from '../environment';
import { startProxy } from '../proxy';
import { trust } from '../trust';
import { until } from '../until';
import { addressAt, endpointOf, socketIoHarness, type Differs, type MakeTransport } from './harness';

/** A name that only the policy's lookup knows. */
const NAME = 'cognigy.example.test';

export function describeTrust(makeTransport: MakeTransport, differs: Differs): void {
	const harness = socketIoHarness(makeTransport);
	const { dial, failureOf, sandboxWith } = harness;

	if (differs('no-proxies')) {
		it('a proxy in the environment is not asked (guarantee 10)', async () => {
			const sandbox = await sandboxWith();
			const proxy = await startProxy();
			setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
			await dial(endpointOf(sandbox));
			expect(proxy.accepted).toBe(0);
			expect(sandbox.stats().sockets.opened).toBe(1);
		});
	} else {
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
				harness.caller.abort();
				expect(await waiting).toMatchObject({ kind: 'aborted' });
				await until(() => proxy.open === 0);
			});

			it('do not keep TLS from being verified', async () => {
				const sandbox = await sandboxWith({ tls: true });
				const proxy = await startProxy();
				setEnvironment({ HTTPS_PROXY: proxy.url });
				expect(await failureOf(endpointOf(sandbox))).toMatchObject({ kind: 'tls' });
				expect(proxy.tunnels).toHaveLength(1);
				expect(sandbox.requests).toHaveLength(0);
			});
		});
	}

	it('TLS is verified (guarantee 10)', async () => {
		const sandbox = await sandboxWith({ tls: true });
		expect(await failureOf(endpointOf(sandbox))).toMatchObject({ kind: 'tls' });
		expect(sandbox.stats().calls.connect).toBe(0);
		trust(sandbox.caCertificate);
		await dial(endpointOf(sandbox));
		expect(sandbox.stats().sockets.opened).toBe(1);
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

		if (differs('no-lookup')) {
			it('is not asked to look names up: the runtime does', async () => {
				const sandbox = await sandboxWith();
				const asked: string[] = [];
				const lookup: LookupFunction = (name, _options, done) => {
					asked.push(name);
					done(new Error('No.'), []);
				};
				await dial(endpointOf(sandbox, `http://localhost:${sandbox.endpointPort}`), { check: async () => {}, lookup });
				expect(asked).toEqual([]);
				expect(sandbox.stats().sockets.opened).toBe(1);
			});
		} else {
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
					const failure = await failureOf(addressAt(`${scheme}://${NAME}`), { check: async () => {}, lookup });
					expect(failure).toMatchObject({ kind });
				}
			});
		}
	});
}
