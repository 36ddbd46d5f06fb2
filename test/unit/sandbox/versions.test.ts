import type { Sandbox } from '../../../sandbox';
import { call, closeSandboxes, logIn, sandboxFor, versionsUrl } from './support';

describe('bot versions (docs/protocol-v1.md#versions)', () => {
	let sandbox: Sandbox;
	let token: string;

	beforeAll(async () => {
		sandbox = await sandboxFor();
		token = await logIn(sandbox);
	});
	afterAll(closeSandboxes);

	it('lists every version with its state and its environment', async () => {
		const { status, json } = await call(versionsUrl(sandbox, 'order-status'), { token });

		expect(status).toBe(200);
		expect(json.versions).toEqual([
			expect.objectContaining({ id: expect.any(String), state: 'published', name: 'production' }),
			expect.objectContaining({ id: expect.any(String), state: 'draft', name: 'staging' }),
			expect.objectContaining({ id: expect.any(String), state: 'archived', name: 'old' }),
		]);
		expect(Object.keys(json).length).toBeGreaterThan(1);
	});

	it('knows a bot with nothing but a draft', async () => {
		const { json } = await call(versionsUrl(sandbox, 'returns-draft'), { token });

		expect(json.versions).toEqual([expect.objectContaining({ state: 'draft' })]);
	});

	it('decodes an id that needs every kind of URL encoding', async () => {
		const { status, json } = await call(versionsUrl(sandbox, 'Größe/Test "1" ✓'), { token });

		expect(status).toBe(200);
		expect(json.bot).toEqual({ id: 'Größe/Test "1" ✓', name: 'Awkward id' });
	});

	it('does not find an id that was encoded twice', async () => {
		const reply = await call(versionsUrl(sandbox, encodeURIComponent('Größe/Test "1" ✓')), { token });

		expect(reply).toMatchObject({ status: 404 });
	});

	it.each([
		['blank', '%20'],
		['empty', ''],
		['longer than 128 characters', 'x'.repeat(129)],
		['with a control character', 'a%0Ab'],
		['not decodable', '%ZZ'],
	])('answers 400 to a bot id that is %s', async (_case, encodedId) => {
		const reply = await call(`${sandbox.url}/api/v1/bots/${encodedId}/versions`, { token });

		expect(reply).toMatchObject({ status: 400, json: { error: 'bad_request', message: expect.any(String) } });
	});

	it('answers 404 to an id that no bot has', async () => {
		expect(await call(versionsUrl(sandbox, 'nobody'), { token })).toMatchObject({
			status: 404,
			json: { error: 'not_found', message: expect.any(String) },
		});
		expect(await call(versionsUrl(sandbox, 'x'.repeat(128)), { token })).toMatchObject({ status: 404 });
	});

	it('answers 403 without the permission bot:read', async () => {
		const starter = await logIn(sandbox, 'starter');

		const reply = await call(versionsUrl(sandbox, 'order-status'), { token: starter });

		expect(reply).toMatchObject({ status: 403, json: { message: expect.stringContaining('bot:read') } });
	});

	it('follows a change of permissions at once, also for a token issued before', async () => {
		const reader = await logIn(sandbox, 'reader');

		sandbox.setPermissions('reader', []);
		expect(await call(versionsUrl(sandbox, 'order-status'), { token: reader })).toMatchObject({ status: 403 });
		sandbox.setPermissions('reader', ['bot:read']);
		expect(await call(versionsUrl(sandbox, 'order-status'), { token: reader })).toMatchObject({ status: 200 });
		expect(() => sandbox.setPermissions('nobody', [])).toThrow('no user "nobody"');
	});
});
