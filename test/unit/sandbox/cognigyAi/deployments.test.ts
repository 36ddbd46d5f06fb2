import { api, closeAll, message, sandboxFor } from './support';

afterEach(closeAll);

const update = (sandbox: Awaited<ReturnType<typeof sandboxFor>>, name: string, body: unknown) =>
	api(sandbox, `/endpoints/${sandbox.endpoint(name).id}`, { method: 'PATCH', body });
const version = async (sandbox: Awaited<ReturnType<typeof sandboxFor>>, sessionId: string) =>
	(await message(sandbox, 'Showcase REST', { sessionId, text: 'version' })).json.text;

describe('an endpoint', () => {
	it('is deployed to a snapshot or to the live project; sessions stay where they are', async () => {
		const sandbox = await sandboxFor();
		expect(await version(sandbox, 's-1')).toBe('This is v1.1.');

		const flowId = sandbox.flowReferenceId('Showcase');
		const reply = await update(sandbox, 'Showcase REST', { entrypoint: sandbox.snapshotId('v2.0'), flowId });

		expect(reply).toMatchObject({ status: 204, text: '' });
		expect(sandbox.endpoint('Showcase REST')).toMatchObject({ deployment: 'v2.0' });
		expect(await version(sandbox, 's-1')).toBe('This is v1.1.');
		expect(await version(sandbox, 's-2')).toBe('This is v2.0.');
		await update(sandbox, 'Showcase REST', { entrypoint: sandbox.projectId });
		expect(await version(sandbox, 's-3')).toBe('This is live project.');
	});

	it('is switched off and renamed, and may be answered with', async () => {
		const sandbox = await sandboxFor({ updateAnswer: 'endpoint' });

		const reply = await update(sandbox, 'Orders REST', { active: false, name: 'Closed' });

		expect(reply).toMatchObject({
			status: 200,
			json: { name: 'Closed', active: false, entrypoint: sandbox.projectId },
		});
		expect(sandbox.endpoint('Closed')).toMatchObject({ active: false });
	});

	it.each([
		[{ flowReferenceId: 'x' }, 1005, "Field 'flowReferenceId' is not allowed"],
		[{ entrypoint: '0'.repeat(24) }, 1005, 'entrypoint'],
		[{ flowId: 'x' }, 1005, 'flowId'],
		[{ active: 'yes' }, 1005, 'active'],
		['{', 1005, 'not JSON'],
		[undefined, 1000, 'Missing payload'],
	])('refuses %j', async (body, code, detail) => {
		const sandbox = await sandboxFor();
		const reply = await update(sandbox, 'Orders REST', body);

		expect(reply).toMatchObject({ status: 400, json: { code, detail: expect.stringContaining(detail) } });
		expect(sandbox.endpoint('Orders REST')).toMatchObject({ deployment: 'live project', active: true });
	});

	it('refuses the snapshot of another project', async () => {
		const sandbox = await sandboxFor();
		const { entrypoint } = sandbox.endpoint('Elsewhere REST');

		expect(await update(sandbox, 'Orders REST', { entrypoint })).toMatchObject({ status: 400 });
	});

	it.each([
		['merge', 'bob'],
		['replace', ''],
	] as const)('has webhook settings, which a PATCH may %s', async (settingsPatch, basicAuthUser) => {
		const sandbox = await sandboxFor({ settingsPatch });
		await update(sandbox, 'Orders Webhook', { settings: { basicAuthUser: 'bob', basicAuthPassword: 'builder' } });

		await update(sandbox, 'Orders Webhook', { settings: { webhookUrl: 'http://127.0.0.1:1/x' } });

		const { json } = await api(sandbox, `/endpoints/${sandbox.endpoint('Orders Webhook').id}`);
		expect(json).toMatchObject({ settings: { webhookUrl: 'http://127.0.0.1:1/x', basicAuthUser } });
		expect(JSON.stringify(sandbox.requests)).not.toContain('builder');
	});

	it('gets a webhook key, which it asks for from then on', async () => {
		const sandbox = await sandboxFor();
		const { id } = sandbox.endpoint('Orders Webhook');
		expect(await message(sandbox, 'Orders Webhook')).toMatchObject({ status: 200 });

		const { status, json } = await api(sandbox, `/endpoints/${id}/apikeys`, { body: { name: 'n8n' } });

		expect({ status, json }).toMatchObject({ status: 201, json: { name: 'n8n', keyPreview: expect.any(String) } });
		expect(await message(sandbox, 'Orders Webhook')).toMatchObject({ status: 401 });
		const headers = { 'x-webhook-key': String(json.key) };
		expect(await message(sandbox, 'Orders Webhook', {}, { headers })).toMatchObject({ status: 200 });
		const rest = sandbox.endpoint('Orders REST').id;
		expect(await api(sandbox, `/endpoints/${rest}/apikeys`, { body: { name: 'n8n' } })).toMatchObject({ status: 400 });
	});

	it('can be changed from outside', async () => {
		const sandbox = await sandboxFor();
		sandbox.changeEndpoint('Orders REST', { active: false, deployment: 'v1.0' });

		expect(sandbox.endpoint('Orders REST')).toMatchObject({ active: false, deployment: 'v1.0' });
		expect(() => sandbox.changeEndpoint('Orders REST', { deployment: 'v9' })).toThrow('v9');
		expect(() => sandbox.endpoint('Nothing')).toThrow('Nothing');
	});
});
