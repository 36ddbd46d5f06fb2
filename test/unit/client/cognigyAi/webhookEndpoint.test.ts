import { endpointName } from '../../../../client/cognigyAi/endpointAddress';
import { callOptions, cognigyAiSetup, type CognigyAiSetupOptions } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { allThatShows } from '../../../support/secrets';
import { closeServers, httpServer } from '../../../support/servers';
import { v1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);
afterEach(closeSetups);
afterEach(closeServers);

const NAME = 'Orders Webhook';
const OLD = 'https://old.example.com/hook?token=old-token-5521';
const NEW = 'https://new.example.com/hook?token=new-token-8834';
const USER = 'cognigy-user';
const PASSWORD = 'basic-password-7301';

async function setup(options: CognigyAiSetupOptions['sandbox'] = {}) {
	const { sandbox, client, transport } = await cognigyAiSetup({ sandbox: { webhookUrl: OLD, ...options } });
	const endpointId = sandbox.endpoint(NAME).id;
	return {
		sandbox,
		client,
		transport,
		endpointId,
		set: async (url = NEW, instead?: string) =>
			await client.setWebhookUrl({ endpointId, url, ...(instead === undefined ? {} : { instead }) }, callOptions),
		urlNow: () => sandbox.endpoint(NAME).webhookUrl,
		changes: () => transport.requests.filter(({ method }) => method === 'PATCH'),
	};
}

/** A service with one endpoint, whose settings are as it shows them. */
async function serviceWith(settings: unknown) {
	const server = await httpServer((response, { method }) => {
		const answer = { _id: 'e1', name: 'E', channel: 'webhook', active: true, settings };
		response.writeHead(200).end(method === 'GET' ? JSON.stringify(answer) : 'OK');
	});
	const { client } = await cognigyAiSetup({ fields: { apiBaseUrl: server.url } });
	return { client, changes: () => server.requests.filter(({ method }) => method === 'PATCH') };
}

describe('an endpoint', () => {
	it('is read without its secrets', async () => {
		const { sandbox, client, endpointId } = await setup();
		sandbox.changeEndpoint(NAME, { basicAuthUser: USER, basicAuthPassword: PASSWORD });
		expect(await client.readEndpoint(endpointId, callOptions)).toEqual({
			id: endpointId,
			name: NAME,
			channel: 'webhook',
			isActive: true,
			webhookUrl: OLD,
			basicAuthUser: USER,
			botId: sandbox.projectId,
			flowId: endpointName(sandbox.endpoint(NAME).urlToken),
		});
	});

	it('is read whatever it is', async () => {
		const { sandbox, client } = await setup();
		const read = async (name: string) => await client.readEndpoint(sandbox.endpoint(name).id, callOptions);
		expect(await read('Retired Webhook')).toMatchObject({ isActive: false, basicAuthUser: '' });
		const rest = await read('Orders REST');
		expect(rest).toMatchObject({ channel: 'rest', webhookUrl: '' });
		expect(rest).not.toHaveProperty('basicAuthUser');
	});

	it.each([undefined, null, {}, { webhookUrl: null, basicAuthUser: 7 }])(
		'may have the settings %j',
		async (settings) => {
			const { client } = await serviceWith(settings);
			const endpoint = await client.readEndpoint('e1', callOptions);
			expect(endpoint).toMatchObject({ webhookUrl: '', flowId: '' });
			expect(endpoint).not.toHaveProperty('basicAuthUser');
		},
	);

	it.each(['[]', '{"_id":"e1","settings":["x"]}', '{}'])('is not read of %s', async (answer) => {
		const server = await httpServer((response) => response.writeHead(200).end(answer));
		const { client } = await cognigyAiSetup({ fields: { apiBaseUrl: server.url } });
		const error = await cognigyErrorOf(client.readEndpoint('e1', callOptions));
		expect(error).toMatchObject({ category: 'protocol', message: expect.stringContaining('Reading endpoint "e1"') });
	});

	it('is not read any longer once that is cancelled', async () => {
		const { sandbox, client, endpointId } = await setup();
		sandbox.faults.inject({ operation: 'readEndpoint', kind: 'hang' });
		const stop = new AbortController();
		const reading = cognigyErrorOf(client.readEndpoint(endpointId, { ...callOptions, signal: stop.signal }));
		await sandbox.when(() => sandbox.requests.some(({ operation }) => operation === 'readEndpoint'));
		stop.abort();
		expect((await reading).category).toBe('cancelled');
	});
});

describe('its webhook URL', () => {
	it.each([
		['merge', 'empty'],
		['merge', 'endpoint'],
		['replace', 'empty'],
		['replace', 'endpoint'],
	] as const)('is set, and nothing else (settings: %s, answer: %s)', async (settingsPatch, updateAnswer) => {
		const { sandbox, endpointId, set, urlNow, changes } = await setup({ settingsPatch, updateAnswer });
		sandbox.changeEndpoint(NAME, { basicAuthUser: USER, basicAuthPassword: PASSWORD });
		await set();
		expect(urlNow()).toBe(NEW);
		expect(changes()).toHaveLength(1);
		const [change] = changes();
		expect(change?.url).toBe(`${sandbox.apiUrl}/new/v2.0/endpoints/${endpointId}`);
		expect(change?.headers).toMatchObject({ Accept: 'application/json', 'Content-Type': 'application/json' });
		expect(JSON.parse(change?.body ?? '')).toEqual({
			settings: { webhookUrl: NEW, basicAuthUser: USER, basicAuthPassword: PASSWORD },
		});
	});

	it('goes with all settings as they are, but for those that are only shown as asterisks', async () => {
		const kept = { basicAuthUser: '', retries: 3, mark: '*x*', inner: { some: ['thing', null] } };
		const { client, changes } = await serviceWith({
			webhookUrl: OLD,
			basicAuthPassword: '********',
			key: '••••',
			token: 'abc****',
			...kept,
		});
		// This service never changes anything.
		await cognigyErrorOf(client.setWebhookUrl({ endpointId: 'e1', url: NEW }, callOptions));
		expect(changes().map(({ body }) => JSON.parse(body) as unknown)).toEqual([
			{ settings: { ...kept, webhookUrl: NEW } },
		]);
	});

	it.each(['••••', 'abc••••', '••••wxyz', 'ab•••yz', '●●●●●●', '****wxyz', 'ab***yz'])(
		'never goes with a mask, wherever it stands: %s',
		async (mask) => {
			const { client, changes } = await serviceWith({
				webhookUrl: OLD,
				token: mask,
				auth: { kind: 'basic', password: mask },
				keys: [{ name: 'one', key: mask }],
				kept: '• one point',
			});
			await cognigyErrorOf(client.setWebhookUrl({ endpointId: 'e1', url: NEW }, callOptions));
			expect(changes().map(({ body }) => JSON.parse(body) as unknown)).toEqual([
				{ settings: { kept: '• one point', webhookUrl: NEW } },
			]);
		},
	);

	it('is set where Cognigy.AI hides passwords and URLs, and the password stays', async () => {
		const { sandbox, client, endpointId, set, urlNow, changes } = await setup({
			hiddenSettings: ['basicAuthPassword', 'webhookUrl'],
		});
		sandbox.changeEndpoint(NAME, { basicAuthUser: USER, basicAuthPassword: PASSWORD });
		await set(NEW, OLD);
		expect(urlNow()).toBe(NEW);
		expect(changes().map(({ body }) => JSON.parse(body ?? '') as unknown)).toEqual([
			{ settings: { webhookUrl: NEW, basicAuthUser: USER } },
		]);
		await set(OLD, 'https://another.example.com/');
		expect(urlNow()).toBe(NEW);
		const { webhookUrl } = await client.readEndpoint(endpointId, callOptions);
		expect(webhookUrl).toMatch(/•$/);
		expect(await cognigyErrorOf(set(webhookUrl))).toMatchObject({ category: 'invalidInput' });
		expect(urlNow()).toBe(NEW);
	});

	it.each<[string, Record<string, unknown>, Record<string, unknown>, string | undefined]>([
		['a password that was hidden and is gone', { password: '****' }, { password: '' }, 'password'],
		['a password that was there and is hidden', { password: PASSWORD }, { password: '****' }, 'password'],
		['two that are gone', { password: 'abc****', user: USER, retries: 3 }, { retries: 3 }, 'password, user'],
		['one that is changed within', { inner: { some: ['thing'] } }, { inner: { some: ['other'] } }, 'inner'],
		['one that is new', {}, { retries: 3 }, 'retries'],
		['one that is hidden in another way', { password: '****' }, { password: '••••••' }, undefined],
		[
			'one that is hidden within, and another one that changed there',
			{ a: { key: '••••', n: 1 } },
			{ a: { key: '••••', n: 2 } },
			'a',
		],
		['one that is hidden within', { a: { key: '••••', n: 1 } }, { a: { key: 'abc••', n: 1 } }, undefined],
		['one that is empty in another way', { user: null, password: '' }, { user: '' }, undefined],
	])('is set, and told of when other settings changed: %s', async (_what, before, after, names) => {
		let settings: Record<string, unknown> = { ...before, webhookUrl: OLD };
		const server = await httpServer((response, { method }) => {
			if (method === 'PATCH') settings = { ...after, webhookUrl: NEW };
			response.writeHead(200).end(JSON.stringify({ _id: 'e1', name: 'E', channel: 'webhook', settings }));
		});
		const { client } = await cognigyAiSetup({ fields: { apiBaseUrl: server.url } });
		const setting = client.setWebhookUrl({ endpointId: 'e1', url: NEW }, callOptions);
		if (names === undefined) return await setting;
		const error = await cognigyErrorOf(setting);
		expect(error).toMatchObject({
			category: 'protocol',
			message: `Setting the webhook URL of endpoint "E" changed other settings of the endpoint (${names})`,
			advice: expect.stringContaining('Enter them again in Cognigy.AI'),
		});
		expect(allThatShows(error)).not.toMatch(/token|7301|cognigy-user|abc/);
	});

	it('may be put back to none', async () => {
		const { set, urlNow } = await setup();
		await set('');
		expect(urlNow()).toBe('');
	});

	it('takes the place of the one that is expected there, and of no other', async () => {
		const { set, urlNow, changes } = await setup();
		await set(NEW, 'https://another.example.com/');
		expect(urlNow()).toBe(OLD);
		expect(changes()).toEqual([]);
		await set(NEW, OLD);
		expect(urlNow()).toBe(NEW);
	});

	it('is not set once more', async () => {
		const { set, changes } = await setup();
		await set(OLD);
		expect(changes()).toEqual([]);
	});

	it.each([
		{ kind: 'status', status: 503 },
		{ kind: 'status', status: 429 },
		{ kind: 'htmlError', status: 502 },
		{ kind: 'dropBefore' },
		{ kind: 'dropAfter' },
	] as const)('is set in spite of $kind $status', async (fault) => {
		const { sandbox, set, urlNow, changes } = await setup();
		sandbox.faults.inject({ operation: 'updateEndpoint', ...fault });
		await set();
		expect(urlNow()).toBe(NEW);
		expect(changes()).toHaveLength(2);
	});

	it.each([
		[
			400,
			'invalidInput',
			'malformed',
			'Check the settings of the endpoint in Cognigy.AI. Or set the webhook URL by hand',
			1,
		],
		[401, 'authentication', 'did not accept the API key', 'Put a valid API Key into the credential', 1],
		[402, 'permission', 'the licence', 'Ask your Cognigy administrator', 1],
		[403, 'permission', 'the user of the API key may not do that', 'a role that allows it', 1],
		[404, 'notFound', 'Cognigy knows no endpoint', 'the credential points to the right Cognigy.AI', 1],
		[429, 'rateLimit', 'too many requests', 'Try again in some minutes', 4],
		[503, 'server', 'could not process the request', 'Try again later', 4],
	] as const)('%i: says what happened, to what, and what to do', async (status, category, what, advice, times) => {
		const { sandbox, set, urlNow, changes } = await setup();
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'status', status, times });
		const error = await cognigyErrorOf(set());
		expect(error).toMatchObject({ category, httpStatus: status, advice: expect.stringContaining(advice) });
		expect(error.message).toContain(`Setting the webhook URL of endpoint "${NAME}" failed: `);
		expect(error.message).toContain(what);
		expect(changes()).toHaveLength(times);
		expect(urlNow()).toBe(OLD);
	});

	it.each([400, 403, 500])('does not show in an error, nor does any setting (%i)', async (status) => {
		const { sandbox, set } = await setup();
		sandbox.changeEndpoint(NAME, { basicAuthUser: USER, basicAuthPassword: PASSWORD });
		const detail = `No: ${OLD} ${PASSWORD} ${NEW} ${sandbox.apiKey}`;
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'status', status, body: { detail }, times: 4 });
		const shown = allThatShows(await cognigyErrorOf(set()));
		expect(shown).toContain(NAME);
		for (const secret of [OLD, 'old-token', PASSWORD, NEW, 'new-token', sandbox.apiKey]) {
			expect(shown).not.toContain(secret);
		}
	});

	it('is looked at afterwards: a service that takes it, but does not change it, is told of', async () => {
		const { sandbox, set } = await setup();
		sandbox.faults.inject({ operation: 'updateEndpoint', kind: 'status', status: 200, body: {} });
		const error = await cognigyErrorOf(set());
		expect(error).toMatchObject({
			category: 'protocol',
			message: `Setting the webhook URL of endpoint "${NAME}" failed: Cognigy.AI took it, but did not change it`,
			advice: expect.stringContaining('by hand'),
		});
		expect(allThatShows(error)).not.toMatch(/old-token|new-token/);
	});
});

it.each([
	['', 'endpoint is empty'],
	['  ', 'endpoint is empty'],
	['../users/me', 'endpoint is not the ID of an endpoint'],
	['https://endpoint.example.com/t0ken', 'endpoint is not the ID of an endpoint'],
])('refuses %j before anything is sent', async (endpointId, message) => {
	const { client, transport } = await setup();
	for (const call of [
		async () => await client.readEndpoint(endpointId, callOptions),
		async () => await client.setWebhookUrl({ endpointId, url: NEW }, callOptions),
	]) {
		expect(await cognigyErrorOf(call())).toMatchObject({ category: 'invalidInput', parameter: 'endpoint', message });
	}
	expect(transport.requests).toEqual([]);
});

it('is nothing that the v1 API has', async () => {
	const { client, transport } = await v1Setup();
	for (const call of [
		async () => await client.readEndpoint('e'.repeat(24), callOptions),
		async () => await client.setWebhookUrl({ endpointId: 'e'.repeat(24), url: NEW }, callOptions),
	]) {
		expect(await cognigyErrorOf(call())).toMatchObject({
			category: 'invalidInput',
			message: 'The Cognigy v1 API has no endpoints',
			advice: expect.stringMatching(/\w/),
		});
	}
	expect(transport.requests).toEqual([]);
});
