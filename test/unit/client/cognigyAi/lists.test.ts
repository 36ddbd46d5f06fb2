import { callOptions, closeCognigyAiSetups, cognigyAiSetup, validateInput } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { closeServers, httpServer } from '../../../support/servers';
import { v1Setup, closeV1Setups } from '../../../support/v1';

afterEach(closeCognigyAiSetups);
afterEach(closeV1Setups);

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
	expect(await client.listEndpoints()).toEqual({ items: [] });
	expect(await client.listSnapshots()).toEqual({ items: [] });
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
