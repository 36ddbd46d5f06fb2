import { call, manualClock } from '../support';
import { api, closeAll, sandboxFor } from './support';

afterEach(closeAll);

describe('access to the management API', () => {
	it('needs a good key in the header', async () => {
		const sandbox = await sandboxFor();
		const url = `${sandbox.apiUrl}/new/v2.0/users/me`;

		expect(await api(sandbox, '/users/me')).toMatchObject({
			status: 200,
			json: { name: 'demo', projects: ['Demo', 'Other'] },
		});
		expect(await call(url)).toMatchObject({
			status: 401,
			json: { code: 401, detail: expect.stringContaining('missing') },
		});
		expect(await call(`${url}?api_key=${sandbox.apiKey}`)).toMatchObject({ status: 401 });
		expect(await call(url, { headers: { 'x-api-key': 'nonsense' } })).toMatchObject({ status: 401 });
		expect(sandbox.stats()).toMatchObject({ keysAccepted: 1, keysRefused: 3, calls: { readMe: 4 } });
	});

	it.each(['expired', 'revoked'] as const)('ends when a key is %s, and comes back with it', async (state) => {
		const sandbox = await sandboxFor();
		sandbox.setKeyState('demo', state);
		expect(await api(sandbox, '/users/me')).toMatchObject({
			status: 401,
			json: { detail: expect.stringContaining(state) },
		});

		sandbox.setKeyState('demo', 'valid');
		expect(await api(sandbox, '/users/me')).toMatchObject({ status: 200 });
		expect(() => sandbox.setKeyState('nobody', state)).toThrow('nobody');
	});

	it('is for members of the project', async () => {
		const sandbox = await sandboxFor();
		const outsider = { headers: { 'x-api-key': 'outsider-api-key-a71b95' } };
		const member = { headers: { 'x-api-key': 'member-api-key-83d0c4e6' } };

		expect(await api(sandbox, `/endpoints?projectId=${sandbox.projectId}`, outsider)).toMatchObject({
			status: 403,
			json: { code: 403 },
		});
		expect((await api(sandbox, '/projects', outsider)).json).toMatchObject({ items: [], total: 0 });
		expect((await api(sandbox, '/projects', member)).json).toMatchObject({ items: [{ name: 'Demo' }], total: 1 });
		const elsewhere = sandbox.endpoint('Elsewhere REST');
		expect(await api(sandbox, `/endpoints/${elsewhere.id}`, member)).toMatchObject({ status: 403 });
	});

	it.each(['seconds', 'http-date', 'none'] as const)(
		'is limited per 5 minutes (Retry-After: %s)',
		async (retryAfter) => {
			const clock = manualClock();
			const sandbox = await sandboxFor({ requestsPer5Minutes: 2, retryAfter, now: clock.now });
			await api(sandbox, '/users/me');
			clock.advance(60_000);
			await api(sandbox, '/users/me');

			const refused = await api(sandbox, '/users/me');
			expect(refused).toMatchObject({ status: 429, json: { code: 429, title: 'Too Many Requests' } });
			const date = new Date(clock.now() + 240_000).toUTCString();
			expect(refused.headers['retry-after']).toBe({ seconds: '240', 'http-date': date, none: undefined }[retryAfter]);
			clock.advance(240_000);
			expect(await api(sandbox, '/users/me')).toMatchObject({ status: 200 });
			expect(sandbox.stats()).toMatchObject({ rateLimited: 1 });
		},
	);
});

describe('answers of the management API', () => {
	it('are there under both prefixes', async () => {
		const sandbox = await sandboxFor();
		const headers = { 'x-api-key': sandbox.apiKey };

		expect(await call(`${sandbox.apiUrl}/v2.0/users/me`, { headers })).toMatchObject({ status: 200 });
		expect(await call(`${sandbox.apiUrl}/v1.0/users/me`, { headers })).toMatchObject({
			status: 404,
			json: { code: 1002 },
		});
	});

	it('are HAL for who does not ask for JSON', async () => {
		const sandbox = await sandboxFor();
		const headers = { 'x-api-key': sandbox.apiKey };
		const base = `${sandbox.apiUrl}/new/v2.0`;

		const list = await fetch(`${base}/snapshots?projectId=${sandbox.projectId}&limit=2`, { headers });
		expect(list.headers.get('content-type')).toContain('application/hal+json');
		expect(await list.json()).toMatchObject({
			_embedded: { snapshots: [{ snapshotId: sandbox.snapshotId('v1.0'), name: 'v1.0' }, { name: 'v1.1' }] },
			_links: { next: { href: expect.stringMatching(/^\/new\/v2\.0\/snapshots\?.*next=[0-9a-f]{24}$/) } },
		});
		const one = await fetch(`${base}/snapshots/${sandbox.snapshotId('v1.0')}`, { headers });
		const item = (await one.json()) as object;
		expect(item).toMatchObject({ snapshotId: sandbox.snapshotId('v1.0') });
		expect(item).not.toHaveProperty('_id');
	});

	it('are JSON for everybody on request', async () => {
		const sandbox = await sandboxFor({ defaultFormat: 'json', cursorNames: 'next' });
		const reply = await fetch(`${sandbox.apiUrl}/v2.0/snapshots?limit=1`, { headers: { 'x-api-key': sandbox.apiKey } });

		expect(await reply.json()).toMatchObject({ items: [{}], next: expect.any(String), previous: null });
	});

	it('say no as RFC 7807 does', async () => {
		const sandbox = await sandboxFor();
		const reply = await api(sandbox, `/snapshots/${'0'.repeat(24)}?x=1`);

		expect(reply).toMatchObject({
			status: 404,
			json: {
				type: 'about:blank',
				title: 'Not Found',
				status: 404,
				detail: 'Resource not found.',
				instance: `/v2.0/snapshots/${'0'.repeat(24)}`,
				code: 1002,
				traceId: expect.stringMatching(/^api--[0-9a-f-]{36}$/),
				details: {},
			},
		});
	});

	it('refuse a GET with a body with 403, unless told otherwise', async () => {
		// Node sends a body with GET only as it is: its length must be told.
		const withBody = { method: 'GET', body: {}, headers: { 'content-length': '2' } };

		expect(await api(await sandboxFor(), '/users/me', withBody)).toMatchObject({ status: 403, json: { code: 403 } });
		const lenient = await sandboxFor({ refuseGetBody: false });
		expect(await api(lenient, '/users/me', withBody)).toMatchObject({ status: 200 });
	});

	it('refuse a body of more than 60 kB with 413', async () => {
		const sandbox = await sandboxFor();
		const context = { text: 'x'.repeat(60_000) };
		const path = '/sessions/s-1/context/inject';

		expect(await api(sandbox, path, { body: { userId: 'user-1', context } })).toMatchObject({
			status: 413,
			json: { code: 413 },
		});
		expect(
			await api(sandbox, path, { body: { userId: 'user-1', context: { text: 'x'.repeat(59_000) } } }),
		).toMatchObject({ status: 200 });
		expect(sandbox.requests[0]).toMatchObject({ operation: 'injectContext', status: 413 });
	});
});

describe('lists', () => {
	interface Page {
		items: Array<{ _id: string; name: string }>;
		total: number;
		nextCursor: string | null;
		previousCursor: string | null;
	}
	const names = ({ items }: Page) => items.map(({ name }) => name);

	it('have pages that are followed by cursor', async () => {
		const sandbox = await sandboxFor({ fillers: 30 });
		const path = `/snapshots?projectId=${sandbox.projectId}`;
		const first = (await api(sandbox, path)).json as unknown as Page;
		const second = (await api(sandbox, `${path}&next=${first.nextCursor}`)).json as unknown as Page;
		const back = (await api(sandbox, `${path}&previous=${second.previousCursor}`)).json as unknown as Page;

		expect(first).toMatchObject({ total: 33, previousCursor: null });
		expect(first.items).toHaveLength(25);
		expect(second).toMatchObject({ total: 33, nextCursor: null });
		expect(names(second).slice(-3)).toEqual(['v1.0', 'v1.1', 'v2.0']);
		expect(back.items).toEqual(first.items);
	});

	it('have pages that are followed by skip, and may be smaller than asked for', async () => {
		const sandbox = await sandboxFor({ fillers: 5, maxPageSize: 3 });
		const path = `/snapshots?projectId=${sandbox.projectId}&limit=100`;
		const pages = [];
		for (const skip of [0, 3, 6, 9])
			pages.push(names((await api(sandbox, `${path}&skip=${skip}`)).json as unknown as Page));

		expect(pages.map(({ length }) => length)).toEqual([3, 3, 2, 0]);
		expect(pages[2]).toEqual(['v1.1', 'v2.0']);
	});

	it('are sorted and filtered', async () => {
		const sandbox = await sandboxFor();
		const list = async (query: string) =>
			names((await api(sandbox, `/snapshots?projectId=${sandbox.projectId}&${query}`)).json as unknown as Page);

		expect(await list('sort=name:desc')).toEqual(['v2.0', 'v1.1', 'v1.0']);
		expect(await list('sort=createdBy:asc,createdAt:desc')).toEqual(['v2.0', 'v1.1', 'v1.0']);
		expect(await list('filter=V1')).toEqual(['v1.0', 'v1.1']);
		const exact = await sandboxFor({ filter: 'exact' });
		expect(names((await api(exact, '/snapshots?filter=v1.1')).json as unknown as Page)).toEqual(['v1.1', 'v1.1']);
	});

	it.each([
		['limit=0', 'limit'],
		['limit=101', 'limit'],
		['skip=-1', 'skip'],
		['next=nonsense', 'next'],
		['next=0&skip=1', 'exclude'],
		['previous=0', 'previous'],
		['sort=name', 'sort'],
		['sort=colour:asc', 'colour'],
	])('refuse ?%s', async (query, problem) => {
		const reply = await api(await sandboxFor(), `/endpoints?${query}`);
		expect(reply).toMatchObject({ status: 400, json: { code: 1005, detail: expect.stringContaining(problem) } });
	});

	it('hold projects, flows and endpoints without what is only in each of them', async () => {
		const sandbox = await sandboxFor();
		const list = async (path: string) => (await api(sandbox, path)).json as unknown as Page;

		expect(names(await list('/projects'))).toEqual(['Demo', 'Other']);
		const flows = await list(`/flows?projectId=${sandbox.projectId}`);
		expect(flows.items).toContainEqual(
			expect.objectContaining({ name: 'Showcase', referenceId: sandbox.flowReferenceId('Showcase') }),
		);
		const [flow] = flows.items;
		expect(await list(`/flows/${flow?._id}`)).toEqual(flow);
		expect(await list(`/projects/${sandbox.projectId}`)).toMatchObject({ name: 'Demo' });

		const endpoints = await list(`/endpoints?projectId=${sandbox.projectId}`);
		const { id, urlToken } = sandbox.endpoint('Showcase REST');
		const item = endpoints.items.find(({ _id }) => _id === id);
		expect(item).toMatchObject({ channel: 'rest', URLToken: urlToken, name: 'Showcase REST' });
		for (const field of ['active', 'entrypoint', 'settings', 'projectId']) expect(item).not.toHaveProperty(field);
		expect(await list(`/endpoints/${id}`)).toMatchObject({
			...item,
			active: true,
			entrypoint: sandbox.snapshotId('v1.1'),
			settings: {},
		});
		// One snapshot of this name is in the other project.
		expect((await list('/snapshots?filter=v1.1')).total).toBe(2);
	});
});

it('serves TLS with a certificate of its own', async () => {
	const sandbox = await sandboxFor({ tls: true });

	expect(sandbox.apiUrl).toMatch(/^https:/);
	expect(sandbox.endpointUrl).toMatch(/^https:/);
	expect(await api(sandbox, '/users/me')).toMatchObject({ status: 200 });
});
