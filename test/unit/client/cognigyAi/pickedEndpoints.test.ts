import { endpointBaseOf } from '../../../../client/cognigyAi/endpointBase';
import { takesMessages } from '../../../../client/cognigyAi/endpointChannels';
import type { CognigyAiTriggerFlowInput } from '../../../../client/cognigyAi/inputs';
import {
	callOptions,
	cognigyAiSetup,
	triggerInput,
	type CognigyAiSetup,
	type CognigyAiSetupOptions,
} from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { FakeClock } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { allThatShows } from '../../../support/secrets';
import { closeSetups } from '../../../support/setups';

let setup: CognigyAiSetup;
const begin = async (options: CognigyAiSetupOptions = {}) => (setup = await cognigyAiSetup(options));

afterEach(closeSetups);

const idOf = (name: string) => setup.sandbox.endpoint(name).id;
const picked = (name: string, more: Partial<CognigyAiTriggerFlowInput> = {}): CognigyAiTriggerFlowInput => ({
	...triggerInput({ text: 'text', ...more }),
	endpoint: undefined,
	endpointId: idOf(name),
});
const start = async (input: CognigyAiTriggerFlowInput, options = callOptions) =>
	await setup.client.triggerFlow(input, options);
const calls = (operation: string) => setup.sandbox.requests.filter((call) => call.operation === operation).length;

describe('where the endpoints are', () => {
	it.each([
		['https://api-trial.cognigy.ai', 'https://endpoint-trial.cognigy.ai'],
		['https://api-app-us.cognigy.ai', 'https://endpoint-app-us.cognigy.ai'],
		['https://api-company.cognigy.cloud:8443', 'https://endpoint-company.cognigy.cloud:8443'],
		['https://cognigy-api-na1.nicecxone.com', 'https://cognigy-endpoint-na1.nicecxone.com'],
	])('is told from %s', (apiBaseUrl, base) => {
		expect(endpointBaseOf({ apiBaseUrl, endpointBaseUrl: '' })).toBe(base);
	});

	it.each(['https://api.live.example.com', 'https://cognigy.example.com', 'https://api-x.example.com/cognigy'])(
		'cannot be told from %s, but said',
		(apiBaseUrl) => {
			expect(() => endpointBaseOf({ apiBaseUrl, endpointBaseUrl: '' })).toThrow('Endpoint Base URL is empty');
			const endpointBaseUrl = 'https://talk.example.com/e';
			expect(endpointBaseOf({ apiBaseUrl, endpointBaseUrl })).toBe(endpointBaseUrl);
		},
	);

	it('is asked for before anything is sent', async () => {
		await begin({ fields: { endpointBaseUrl: '' } });
		expect(() => setup.client.check('triggerFlow', picked('Showcase REST'), callOptions)).toThrow('Endpoint Base URL');
		expect(await cognigyErrorOf(start(picked('Showcase REST')))).toMatchObject({
			category: 'invalidInput',
			parameter: 'endpointBaseUrl',
			audit: { attempts: 0 },
		});
		expect(setup.sandbox.requests).toEqual([]);
	});
});

it.each([
	['rest', 'input', ['rest']],
	['rest', 'notify', ['rest']],
	['socketio', 'input', ['socket', 'webchat2', 'webchat3']],
	['socketio', 'inject', ['socket', 'webchat2', 'webchat3', 'webhook', 'voiceGateway2', 'new']],
	['webhook', 'input', ['webhook']],
	['webhook', 'notify', ['socket', 'webchat2', 'webchat3', 'webhook', 'voiceGateway2', 'new']],
] as const)('%s, %s: takes the endpoints that can', (channel, deliverAs, kinds) => {
	const all = ['rest', 'socket', 'webchat2', 'webchat3', 'webhook', 'voiceGateway2', 'new'];
	expect(all.filter((kind) => takesMessages(kind, { channel, deliverAs }))).toEqual(kinds);
	expect(takesMessages('', { channel, deliverAs })).toBe(true);
});

describe('a message to an endpoint that was picked', () => {
	it.each([
		['Showcase REST', 'rest'],
		['Showcase Socket', 'socketio'],
	] as const)('is that by its URL: %s', async (name, channel) => {
		await begin();
		const reply = { maxWaitSeconds: 10 };
		const input = picked(name, { channel, reply, sessionId: 'a' });
		const { url } = setup.sandbox.endpoint(name);
		const byUrl = await start(triggerInput({ channel, reply, text: 'text', sessionId: 'b', endpoint: url }));
		const byId = await start(input);
		expect(byId).toMatchObject({ status: 'COMPLETED', reply: byUrl.reply, flowId: byUrl.flowId });
		expect(byId.audit).toMatchObject({ flowId: byUrl.flowId, attempts: byUrl.audit.attempts, status: 'success' });
	});

	it('finds it by the name in an output as well', async () => {
		await begin();
		const { flowId } = await start(picked('Showcase REST'));
		const input = { ...triggerInput({ text: 'text' }), endpoint: undefined, endpointId: flowId };
		expect(await start(input)).toMatchObject({ flowId, reply: 'Plain text.' });
	});

	it('takes its ID in capital letters, too', async () => {
		await begin();
		const { endpointId = '', ...input } = picked('Showcase REST');
		expect(await start({ ...input, endpointId: endpointId.toUpperCase() })).toMatchObject({ status: 'COMPLETED' });
	});

	it('is looked up once for many, and anew after a minute', async () => {
		const clock = new FakeClock({ skipsUpToMs: 900 });
		await begin({ clock });
		await Promise.all(Array.from({ length: 20 }, async () => await start(picked('Showcase REST'))));
		await start(picked('Showcase REST'));
		expect(calls('readEndpoint')).toBe(1);
		expect(calls('message')).toBe(21);

		await start(picked('Orders REST'));
		expect(calls('readEndpoint')).toBe(2);
		await clock.advance(60_001);
		await start(picked('Showcase REST'));
		expect(calls('readEndpoint')).toBe(3);
	});

	it('is the same start as by its URL: a key holds for both', async () => {
		await begin({ dependencies: { registry: new MemoryRegistry() } });
		const { url: endpoint } = setup.sandbox.endpoint('Showcase REST');
		const how = { text: 'text', sessionId: '', idempotencyKey: 'event-1' };
		const first = await start(triggerInput({ ...how, endpoint }));
		const second = await start(picked('Showcase REST', how));
		expect(second).toMatchObject({ repeated: true, sessionId: first.sessionId, reply: 'Plain text.' });
		expect(second.audit).toMatchObject({ attempts: 0, repeated: true });
		expect(calls('message')).toBe(1);
	});

	it.each([
		['Showcase Socket', { channel: 'rest' }, '"Showcase Socket" is of the channel "socket", and not a REST endpoint'],
		['Showcase REST', { channel: 'socketio' }, 'not a Socket.IO or Webchat endpoint'],
		['Website', { channel: 'webhook' }, 'not a Webhook endpoint'],
		['Showcase REST', { channel: 'webhook', deliverAs: 'notify' }, 'into which nothing can be injected or notified'],
	] as const)('is refused for an endpoint of another kind: %s, %j', async (name, how, words) => {
		await begin();
		const error = await cognigyErrorOf(start(picked(name, how)));
		expect(error).toMatchObject({ category: 'invalidInput', parameter: 'endpointId' });
		expect(error.message).toContain(words);
		expect(calls('message') + calls('notify') + calls('connect')).toBe(0);
	});

	it.each([
		['', 'endpointId is empty'],
		['https://endpoint.example.com/token-7261', 'endpointId must be the ID of an endpoint'],
	])('is refused for what is no id: %j', async (endpointId, words) => {
		await begin();
		const input = { ...triggerInput({}), endpoint: undefined, endpointId };
		const error = await cognigyErrorOf(start(input));
		expect(error.message).toContain(words);
		expect(allThatShows(error)).not.toContain('token-7261');
		expect(setup.sandbox.requests).toEqual([]);
	});

	it('says which endpoint is not there', async () => {
		await begin();
		const input = { ...triggerInput({}), endpoint: undefined, endpointId: 'f'.repeat(24) };
		const error = await cognigyErrorOf(start(input));
		expect(error).toMatchObject({ category: 'notFound', mayHaveRun: false, audit: { attempts: 0 } });
		expect(error.message).toContain(`Cognigy knows no endpoint "${'f'.repeat(24)}"`);
	});

	it('says so when the service hides the token', async () => {
		await begin();
		const { id, name, channel } = setup.sandbox.endpoint('Showcase REST');
		const body = { _id: id, name, channel, active: true, URLToken: '••••' };
		setup.sandbox.faults.inject({ operation: 'readEndpoint', kind: 'answer', body });
		const error = await cognigyErrorOf(start(picked('Showcase REST')));
		expect(error).toMatchObject({ category: 'protocol', mayHaveRun: false });
		expect(error.message).toContain('does not tell the URL of endpoint "Showcase REST"');
		expect(calls('message')).toBe(0);
	});

	it('checks what is deployed to just that endpoint', async () => {
		await begin();
		const deployment = { kind: 'snapshot', name: 'v1.1' } as const;
		expect(await start(picked('Showcase REST', { deployment }))).toMatchObject({ reply: 'Plain text.' });
		expect(calls('listEndpoints')).toBe(0);
		const wrong = picked('Showcase REST', { deployment: { kind: 'snapshot', name: 'v2.0' } });
		expect(await cognigyErrorOf(start(wrong))).toMatchObject({ category: 'notPublished' });
	});
});

describe('an endpoint that has got another token', () => {
	const renew = (urlToken: string) => setup.sandbox.changeEndpoint('Showcase REST', { urlToken });
	const other = '5'.repeat(64);

	it.each(['notFound', 'empty'] as const)('is looked up anew, and gets the message once: %s', async (unknownToken) => {
		await begin({ sandbox: { unknownToken }, dependencies: { registry: new MemoryRegistry() } });
		const before = await start(picked('Showcase REST'));
		renew(other);
		const many = ['a', 'b', 'c'].map(async (sessionId) => {
			return await start(picked('Showcase REST', { sessionId, idempotencyKey: sessionId }));
		});
		const after = await Promise.all(many);
		for (const { reply, flowId, audit } of after) {
			expect(reply).toBe('Plain text.');
			expect(flowId).not.toBe(before.flowId);
			expect(audit.flowId).toBe(flowId);
		}
		expect(calls('readEndpoint')).toBe(2);
		for (const sessionId of ['a', 'b', 'c']) expect(setup.sandbox.session(sessionId)?.conversation).toHaveLength(2);

		// What is kept is a start of the new token.
		const endpoint = `${setup.sandbox.endpointUrl}/${other}`;
		const again = triggerInput({ text: 'text', sessionId: 'a', idempotencyKey: 'a', endpoint });
		expect(await start(again)).toMatchObject({ repeated: true });
	});

	it('is no reason to send again what was refused for something else', async () => {
		await begin();
		await start(picked('Showcase REST'));
		setup.sandbox.faults.inject({ operation: 'message', kind: 'textError', status: 404, text: 'no', times: 5 });
		const error = await cognigyErrorOf(start(picked('Showcase REST')));
		expect(error).toMatchObject({ category: 'notFound', audit: { attempts: 1 } });
		expect(error.advice).toContain('Endpoint Base URL of the credential');
		expect(calls('message')).toBe(2);
	});

	// What an output transformer says comes after the run, and may look like anything.
	it.each([500, 400])('is no reason to send again what may have run: %i', async (status) => {
		await begin();
		await start(picked('Showcase REST'));
		renew(other);
		setup.sandbox.faults.inject({ operation: 'message', kind: 'textError', status, text: 'no', times: 5 });
		expect(await cognigyErrorOf(start(picked('Showcase REST')))).toMatchObject({ mayHaveRun: true });
		expect(calls('readEndpoint')).toBe(1);
	});
});

describe('a look-up that others wait for', () => {
	it('fails for all of them when it fails', async () => {
		await begin();
		setup.sandbox.faults.inject({ operation: 'readEndpoint', kind: 'textError', status: 403, text: 'no', times: 5 });
		const both = [1, 2].map(async () => await cognigyErrorOf(start(picked('Showcase REST'))));
		for (const { category } of await Promise.all(both)) expect(category).toBe('permission');
		expect(calls('readEndpoint')).toBe(1);
	});

	it('goes on for the others when whoever asked is cancelled', async () => {
		await begin();
		setup.sandbox.faults.inject({ operation: 'readEndpoint', kind: 'hang', times: 1 });
		const stop = new AbortController();
		const first = cognigyErrorOf(start(picked('Showcase REST'), { ...callOptions, signal: stop.signal }));
		await setup.sandbox.when(() => calls('readEndpoint') === 1);
		const second = start(picked('Showcase REST'));
		stop.abort();
		expect(await first).toMatchObject({ category: 'cancelled' });
		expect(await second).toMatchObject({ reply: 'Plain text.' });
	});

	it('ends for one that is cancelled itself', async () => {
		await begin();
		setup.sandbox.faults.inject({ operation: 'readEndpoint', kind: 'hang', times: 1 });
		const stops = [new AbortController(), new AbortController()];
		const both = stops.map(async ({ signal }) => {
			return await cognigyErrorOf(start(picked('Showcase REST'), { ...callOptions, signal }));
		});
		await setup.sandbox.when(() => calls('readEndpoint') === 1);
		stops[1]?.abort();
		expect(await both[1]).toMatchObject({ category: 'cancelled' });
		stops[0]?.abort();
		expect(await both[0]).toMatchObject({ category: 'cancelled' });
	});
});

it('shows the token nowhere (guarantee 6)', async () => {
	await begin();
	const { urlToken } = setup.sandbox.endpoint('Showcase REST');
	const result = await start(picked('Showcase REST'), { ...callOptions, auditInput: 'full' });
	setup.sandbox.faults.inject({ operation: 'message', kind: 'textError', status: 400, text: urlToken, times: 5 });
	const error = await cognigyErrorOf(start(picked('Showcase REST')));
	expect(allThatShows([result, error, error.audit])).not.toContain(urlToken);
});
