import type { CognigyAiSandbox } from '../../../sandbox';
import { differs, itUnless } from '../../support/edition';
import { restoreEnvironment, setEnvironment, withoutProxies } from '../../support/environment';
import { closeProxies, startProxy, type TestProxy } from '../../support/proxy';
import { distrust, trust } from '../../support/trust';
import type { RunOptions } from '../engine';
import { messageTo, reset, session } from './operations';
import { closeSandboxes, credentialFor, jsonOf, picked, run, sandboxFor, stream } from './support';

let sandbox: CognigyAiSandbox;
let credential: RunOptions['credential'];
let proxy: TestProxy;

beforeEach(async () => {
	withoutProxies();
	sandbox = await sandboxFor({ tls: true });
	credential = credentialFor(sandbox);
	proxy = await startProxy();
});
afterEach(async () => {
	await closeSandboxes();
	await closeProxies();
	distrust();
	restoreEnvironment();
});

const api = () => new URL(sandbox.apiUrl).host;
const endpoints = () => new URL(sandbox.endpointUrl).host;

/** Everything that goes over the network. */
const ways = [
	['Validate Version', async () => await validate(), api],
	['Reset Session', async () => await run('cognigyResetSession', credential, reset(sandbox, 'state')), api],
	['a REST endpoint', async () => await say('rest'), endpoints],
	['a Webhook endpoint', async () => await say('webhook'), endpoints],
	['a Socket.IO endpoint', async () => await say('socketio'), endpoints],
] as const;

const validate = async () =>
	await run('cognigyValidateVersion', credential, { endpoint: picked('list', sandbox.endpoint('Orders REST').id) });
const say = async (channel: 'rest' | 'webhook' | 'socketio') =>
	await run('cognigyTriggerFlow', credential, messageTo(sandbox, channel));

describe.each(ways)('%s (guarantee 10)', (_name, go, host) => {
	it('is reached through HTTPS_PROXY, or not at all through proxies', async () => {
		trust(sandbox.caCertificate);
		setEnvironment({ HTTPS_PROXY: proxy.url });
		expect(jsonOf(await go())).toMatchObject({ audit: { status: 'success' } });
		expect(new Set(proxy.tunnels)).toEqual(new Set(differs('no-proxy', 'no-proxies') ? [] : [host()]));
	});

	it('is reached directly where NO_PROXY says so', async () => {
		trust(sandbox.caCertificate);
		setEnvironment({ HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' });
		expect(jsonOf(await go())).toMatchObject({ audit: { status: 'success' } });
		expect(proxy.accepted).toBe(0);
	});

	it.each([false, true])('has to have a certificate that is trusted, through a proxy: %s', async (isThrough) => {
		if (isThrough) setEnvironment({ HTTPS_PROXY: proxy.url });
		const { error } = await go();
		expect(error?.message).toContain('no secure connection to 127.0.0.1');
		expect(error?.description).toContain('NODE_EXTRA_CA_CERTS');
		expect(proxy.tunnels.length > 0).toBe(isThrough && !differs('no-proxy', 'no-proxies'));
		expect(sandbox.requests).toHaveLength(0);
	});
});

itUnless('no-proxies')('Stream Messages listens through HTTPS_PROXY (guarantee 10)', async () => {
	trust(sandbox.caCertificate);
	setEnvironment({ HTTPS_PROXY: proxy.url });
	const { url: endpoint } = sandbox.endpoint('Showcase Socket');
	const trigger = await stream(credential, { follow: 'session', endpoint, ...session });
	await sandbox.when(() => sandbox.stats().sockets.open === 1);
	jsonOf(await say('socketio'));
	await trigger.emitted(1);
	expect(new Set(proxy.tunnels)).toEqual(new Set([api(), endpoints()]));
	await trigger.close();
	await sandbox.when(() => sandbox.stats().sockets.open === 0);
});
