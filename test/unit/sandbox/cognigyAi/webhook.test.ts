import type { CognigyAiFaultRequest } from '../../../../sandbox';
import { call } from '../support';
import { closeAll, message, sandboxFor, webhookFor } from './support';

afterEach(closeAll);

const key = { headers: { 'x-webhook-key': 'demo-webhook-key' } };

describe('a Webhook endpoint', () => {
	it('answers at once and posts each output, in order', async () => {
		const webhook = await webhookFor();
		const sandbox = await sandboxFor({ webhookUrl: webhook.url });

		const reply = await message(sandbox, 'Showcase Webhook', { text: 'several' }, key);
		expect(reply).toMatchObject({ status: 200, text: '{}' });
		await sandbox.when(
			() => sandbox.requests.filter(({ via, status }) => via === 'callback' && status === 200).length === 3,
		);

		expect(webhook.calls.map(({ body }) => body.AIOutput.text)).toEqual(['One.', 'Two.', 'Three.']);
		expect(webhook.calls[0]).toMatchObject({
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: { userId: 'user-1', sessionId: 's-1', AIOutput: { data: {}, source: 'bot', traceId: expect.any(String) } },
		});
		expect(webhook.calls[0]?.headers).not.toHaveProperty('authorization');
		expect(sandbox.session('s-1')?.conversation[1]?.delivery).toEqual({ sent: 1, state: 'delivered' });
		expect(sandbox.stats().calls.callback).toBe(3);
	});

	it('posts with Basic auth when that is set, and what comes later too', async () => {
		const webhook = await webhookFor();
		const sandbox = await sandboxFor();
		sandbox.changeEndpoint('Showcase Webhook', {
			webhookUrl: webhook.url,
			basicAuthUser: 'n8n',
			basicAuthPassword: 'p:w',
			webhookKeys: null,
		});

		await message(sandbox, 'Showcase Webhook', { text: 'later' });
		await sandbox.when(() => webhook.calls.length === 2);

		expect(webhook.calls[1]?.headers.authorization).toBe(`Basic ${Buffer.from('n8n:p:w').toString('base64')}`);
		expect(webhook.calls[1]?.body.AIOutput.text).toBe('Here I am again.');
	});

	it('asks for its key', async () => {
		const sandbox = await sandboxFor();

		expect(await message(sandbox, 'Showcase Webhook')).toMatchObject({ status: 401 });
		expect(await message(sandbox, 'Showcase Webhook', {}, { headers: { 'x-webhook-key': 'wrong' } })).toMatchObject({
			status: 401,
		});
		expect(sandbox.stats().turns).toBe(0);
		expect(await message(sandbox, 'Showcase Webhook', {}, key)).toMatchObject({ status: 200 });
		expect(await message(sandbox, 'Retired Webhook')).toMatchObject({ status: 403 });
	});

	it('posts to this machine only', async () => {
		const sandbox = await sandboxFor({ webhookUrl: 'http://192.0.2.1/hook' });
		await message(sandbox, 'Orders Webhook');
		await sandbox.when(() => sandbox.requests.at(-1)?.refusal !== null);

		expect(sandbox.requests.at(-1)).toMatchObject({
			via: 'callback',
			status: null,
			refusal: expect.stringContaining('this machine only'),
		});
		expect(sandbox.session('s-1')?.conversation[1]?.delivery).toEqual({ sent: 1, state: 'failed' });
	});

	it('loses what it says when it has no webhook URL, or nobody is there', async () => {
		const sandbox = await sandboxFor();
		await message(sandbox, 'Orders Webhook');
		await sandbox.when(() => sandbox.stats().outputs.lost === 1);

		sandbox.changeEndpoint('Orders Webhook', { webhookUrl: 'http://127.0.0.1:1/' });
		await message(sandbox, 'Orders Webhook');
		await sandbox.when(() => sandbox.session('s-1')?.conversation.at(-1)?.delivery?.state === 'failed');
	});

	it('notes what the webhook answers', async () => {
		const webhook = await webhookFor(503);
		const sandbox = await sandboxFor({ webhookUrl: webhook.url });
		await message(sandbox, 'Orders Webhook');
		await sandbox.when(() => sandbox.requests.at(-1)?.status === 503);

		expect(sandbox.requests.at(-1)).toMatchObject({ path: '/hook', endpoint: 'Orders Webhook', sessionId: 's-1' });
	});

	it.each([
		['lost', 0],
		['twice', 2],
		['latency', 1],
	])('on request has a callback %s', async (kind, count) => {
		const webhook = await webhookFor();
		const sandbox = await sandboxFor({ webhookUrl: webhook.url });
		sandbox.faults.inject({
			operation: 'callback',
			kind,
			...(kind === 'latency' && { ms: 5 }),
		} as CognigyAiFaultRequest);

		await message(sandbox, 'Orders Webhook');
		await sandbox.when(
			() => sandbox.requests.at(-1)?.via === 'callback' && sandbox.requests.at(-1)?.durationMs !== null,
		);

		expect(webhook.calls).toHaveLength(count);
		expect(sandbox.requests.at(-1)).toMatchObject({ fault: kind, ran: count > 0 });
	});
});

describe('inject and notify', () => {
	const bodyOf = (text: string) => ({ userId: 'user-1', sessionId: 's-1', text, data: {} });

	it.each(['new', 'old'])('reach a webhook (%s routes)', async (age) => {
		const webhook = await webhookFor();
		const sandbox = await sandboxFor({ webhookUrl: webhook.url });
		const { urlToken } = sandbox.endpoint('Showcase Webhook');
		const post = (what: string, text: string) =>
			age === 'new'
				? call(`${sandbox.endpointUrl}/${what}/${urlToken}`, { body: bodyOf(text) })
				: call(`${sandbox.apiUrl}/new/v2.0/endpoint/${what}`, {
						headers: { 'x-api-key': sandbox.apiKey },
						body: { ...bodyOf(text), URLToken: urlToken },
					});

		expect(await post('inject', 'turn')).toMatchObject({
			status: 200,
			text: '"Message was sent to AI for Flow processing"',
		});
		await sandbox.when(() => webhook.calls.length === 1);
		expect(await post('notify', 'turn')).toMatchObject({ status: 200, text: '"Sucessfully sent message to user"' });
		await sandbox.when(() => webhook.calls.length === 2);

		expect(webhook.calls.map(({ body }) => body.AIOutput.text)).toEqual(['This is turn 1.', 'turn']);
		expect(sandbox.session('s-1')?.conversation.map(({ type, source }) => `${type} ${source}`)).toEqual([
			'input inject',
			'output bot',
			'output notify',
		]);
		expect(sandbox.stats().turns).toBe(1);
		expect(JSON.stringify(sandbox.requests)).not.toContain(urlToken);
	});

	it('need an endpoint that can send, and on request a session that was used', async () => {
		const sandbox = await sandboxFor({ unknownSession: 'notFound', oldInjectRoutes: false });
		const post = (name: string) =>
			call(`${sandbox.endpointUrl}/inject/${sandbox.endpoint(name).urlToken}`, { body: bodyOf('turn') });

		expect(await post('Orders REST')).toMatchObject({ status: 400 });
		expect(await post('Retired Socket')).toMatchObject({ status: 403 });
		expect(await post('Orders Webhook')).toMatchObject({ status: 404 });
		expect(await call(`${sandbox.endpointUrl}/notify/nonsense`, { body: bodyOf('x') })).toMatchObject({ status: 404 });
		const old = { headers: { 'x-api-key': sandbox.apiKey }, body: { ...bodyOf('x'), URLToken: 'x' } };
		expect(await call(`${sandbox.apiUrl}/new/v2.0/endpoint/inject`, old)).toMatchObject({ status: 404 });
		expect(await call(`${sandbox.apiUrl}/new/v2.0/endpoint/notify`, old)).toMatchObject({ status: 404 });
	});
});
