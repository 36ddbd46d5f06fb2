import { callOptions, cognigyAiSetup, validateInput } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { closeServers, httpServer } from '../../../support/servers';
import { v1Setup } from '../../../support/v1';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);
afterEach(closeSetups);

it('lists endpoints with their channels, a page at a time', async () => {
	const { client } = await cognigyAiSetup({ sandbox: { fillers: 120 } });
	const first = await client.listEndpoints({}, callOptions);
	expect(first.items).toHaveLength(100);
	expect(first.nextCursor).toBeDefined();
	const second = await client.listEndpoints({ cursor: first.nextCursor ?? '' }, callOptions);
	expect(second.items).toContainEqual(expect.objectContaining({ name: 'Orders Socket', channel: 'socket' }));
	expect(second.nextCursor).toBeUndefined();
	expect(JSON.stringify([first, second])).not.toContain('URLToken');
});

it('lists snapshots whose names hold a text', async () => {
	const { sandbox, client } = await cognigyAiSetup();
	expect(await client.listSnapshots({ filter: 'v1' }, callOptions)).toEqual({
		items: ['v1.0', 'v1.1'].map((name) => ({ id: sandbox.snapshotId(name), name })),
	});
});

it('finds parts of names also where the service compares whole names', async () => {
	const { client } = await cognigyAiSetup({ sandbox: { filter: 'exact' } });
	const { items } = await client.listSnapshots({ filter: 'V1' }, callOptions);
	expect(items.map(({ name }) => name)).toEqual(['v1.0', 'v1.1']);
});

describe('a search', () => {
	const project = 'p'.repeat(24);
	const PAGE = 5;
	const endpoints = Array.from({ length: 300 }, (_, index) => ({
		_id: `e${index}`,
		name: index % 10 === 9 ? `Orders ${index}` : `Archive ${index}`,
		channel: 'rest',
	}));
	const orders = endpoints.filter(({ name }) => name.startsWith('Orders')).map(({ name }) => name);

	/** A service with pages of a few, by cursors or by `skip`, that does with a filter what it likes. */
	async function serviceWith(
		howToFilter: (items: typeof endpoints, filter: string) => typeof endpoints,
		{ hasCursors = true, filtersFirst = false } = {},
	) {
		const server = await httpServer((response, { path }) => {
			const query = new URL(path, 'http://localhost').searchParams;
			const filter = query.get('filter');
			const filtered = (items: typeof endpoints) => (filter === null ? items : howToFilter(items, filter));
			const all = filtersFirst ? filtered(endpoints) : endpoints;
			const start = Number(query.get('next') ?? query.get('skip') ?? 0);
			const end = start + PAGE;
			const next = hasCursors && end < all.length ? { nextCursor: String(end) } : {};
			const items = filtered(all.slice(start, end));
			response.writeHead(200).end(JSON.stringify({ items, total: all.length, ...next }));
		});
		const { client } = await cognigyAiSetup({ fields: { apiBaseUrl: server.url, projectId: project } });
		const pages: string[][] = [];
		let cursor: string | undefined;
		do {
			const page = await client.listEndpoints({ filter: 'orders', ...(cursor ? { cursor } : {}) }, callOptions);
			pages.push(page.items.map(({ name }) => name));
			cursor = page.nextCursor;
		} while (cursor !== undefined && pages.length < 100);
		return { pages, server };
	}
	const parts = (items: typeof endpoints, filter: string) =>
		items.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));

	afterEach(closeServers);

	it.each<[string, Parameters<typeof serviceWith>[0], Parameters<typeof serviceWith>[1]?]>([
		['compares whole names', (items, filter) => items.filter(({ name }) => name === filter)],
		[
			'compares whole names, without cursors',
			(items, filter) => items.filter(({ name }) => name === filter),
			{ hasCursors: false },
		],
		['finds nothing at all', () => [], { filtersFirst: true }],
		['leaves everything as it is', (items) => items],
		['leaves out what does not fit on each page', parts],
		['compares parts of names', parts, { filtersFirst: true }],
	])('finds all that fits, on whatever page it is, where the service %s', async (_what, howToFilter, more = {}) => {
		const { pages } = await serviceWith(howToFilter, more);
		expect(pages.flat()).toEqual(orders);
		// Enough to fill a list, so that it can be scrolled for the next ones.
		for (const page of pages.slice(0, -1)) expect(page.length).toBeGreaterThanOrEqual(20);
	});

	it('does not read without end for one that finds nothing', async () => {
		const server = await httpServer((response, { path }) => {
			const next = Number(new URL(path, 'http://localhost').searchParams.get('next') ?? 0) + 1;
			response.writeHead(200).end(JSON.stringify({ items: [endpoints[0]], nextCursor: String(next) }));
		});
		const { client } = await cognigyAiSetup({ fields: { apiBaseUrl: server.url, projectId: project } });
		const page = await client.listEndpoints({ filter: 'nothing of the kind' }, callOptions);
		expect(page.items).toEqual([]);
		expect(page.nextCursor).toBeDefined();
		expect(server.requests.length).toBeLessThanOrEqual(50);
	});
});

it.each(['URLToken', 'urlToken'] as const)(
	'finds an endpoint by its URL where the token is called %s',
	async (tokenName) => {
		const { sandbox, client } = await cognigyAiSetup({ sandbox: { tokenName } });
		const { url: endpoint } = sandbox.endpoint('Orders REST');
		expect(await client.validateVersion(validateInput({ endpoint }), callOptions)).toMatchObject({ valid: true });
		const { flowId } = await client.readEndpoint(sandbox.endpoint('Orders REST').id, callOptions);
		expect(flowId).toMatch(/^endpoint-[0-9a-f]{12}$/);
	},
);

it('tells of a key without access', async () => {
	const { client } = await cognigyAiSetup({ fields: { apiKey: 'outsider-api-key-a71b95' } });
	const error = await cognigyErrorOf(client.listEndpoints({}, callOptions));
	expect(['permission', 'notFound']).toContain(error.category);
});

it('checks the key', async () => {
	const { sandbox, client } = await cognigyAiSetup();
	const { signal } = new AbortController();
	await client.logIn(signal);
	sandbox.setKeyState('demo', 'revoked');
	expect((await cognigyErrorOf(client.logIn(signal))).category).toBe('authentication');
});

it('has nothing to list on the v1 API', async () => {
	const { client } = await v1Setup();
	expect(await client.listEndpoints({}, callOptions)).toEqual({ items: [] });
	expect(await client.listSnapshots({}, callOptions)).toEqual({ items: [] });
});

describe('the pages of a list', () => {
	const project = 'p'.repeat(24);
	const snapshots = ['s1', 's2', 's3'].map((name) => ({ _id: name, name }));
	const endpoint = { _id: 'e'.repeat(24), name: 'E', channel: 'rest', active: true, entrypoint: 's3', flowId: 'f' };

	/** Snapshots found in pages of one, as `page` shows them. */
	async function found(page: (index: number) => object) {
		const server = await httpServer((response, { path }) => {
			const query = new URL(path, 'http://localhost').searchParams;
			const index = Number(query.get('next') ?? query.get('skip') ?? 0);
			const answer = path.includes('/snapshots')
				? { items: snapshots.slice(index, index + 1), ...page(index) }
				: endpoint;
			response.writeHead(200).end(JSON.stringify(answer));
		});
		const { client } = await cognigyAiSetup({ fields: { apiBaseUrl: server.url, projectId: project } });
		const input = validateInput({ endpoint: endpoint._id, deployment: { kind: 'snapshot', name: 's3' } });
		const { available, valid } = await client.validateVersion(input, callOptions);
		const queries = server.requests.map(({ path }) => new URL(path, 'http://localhost').searchParams);
		return { valid, names: available.map(({ name }) => name), queries };
	}
	const next = (index: number) => (index < 2 ? String(index + 1) : null);

	afterEach(closeServers);

	it.each([
		['nextCursor', (index: number) => ({ nextCursor: next(index), total: 3 })],
		['next, the older name of it', (index: number) => ({ next: next(index) })],
	])('are followed by %s, without skip', async (_what, page) => {
		const { valid, names, queries } = await found(page);
		expect([valid, names]).toEqual([true, ['s1', 's2', 's3']]);
		expect(queries.map((query) => query.get('next'))).toEqual([null, null, '1', '2']);
		expect(queries.some((query) => query.has('skip'))).toBe(false);
	});

	it('are followed by skip where there is no cursor', async () => {
		const { valid, names } = await found(() => ({ total: 3 }));
		expect([valid, names]).toEqual([true, ['s1', 's2', 's3']]);
	});

	it('end, even if cursors go in circles', async () => {
		const { names } = await found((index) => ({ nextCursor: String((index + 1) % 3) }));
		expect(names.slice(0, 3)).toEqual(['s1', 's2', 's3']);
		expect(names.length).toBeLessThan(10);
	});
});
