import { callOptions, cognigyAiSetup, validateInput } from '../../../support/cognigyAi';
import { cognigyErrorOf } from '../../../support/errors';
import { closeSetups } from '../../../support/setups';

afterEach(closeSetups);

const live = { kind: 'live' } as const;
const snapshot = (name: string) => ({ kind: 'snapshot', name }) as const;

it('is valid for the live project', async () => {
	const { sandbox, client, transport } = await cognigyAiSetup();
	const { url } = sandbox.endpoint('Orders REST');
	const { audit, ...result } = await client.validateVersion(
		validateInput({ endpoint: url, expectedChannel: 'rest', deployment: live }),
		callOptions,
	);
	expect(result).toEqual({
		valid: true,
		botId: sandbox.projectId,
		flowId: sandbox.flowReferenceId('Order Status'),
		targetEnvironment: 'live',
		version: { id: sandbox.projectId, name: 'live', state: 'deployed' },
		available: ['v1.0', 'v1.1', 'v2.0'].map((name) => ({ id: sandbox.snapshotId(name), name, state: 'snapshot' })),
	});
	expect(audit).toMatchObject({ operation: 'validateVersion', botId: sandbox.projectId, status: 'success' });
	for (const { method, headers, body } of transport.requests) {
		expect(method).toBe('GET');
		expect(body).toBeUndefined();
		expect(headers.Accept).toBe('application/json');
	}
});

it('is valid for the snapshot that is deployed, by URL and by id', async () => {
	const { sandbox, client } = await cognigyAiSetup();
	const { url, id } = sandbox.endpoint('Showcase Socket');
	for (const endpoint of [url, id, url.replace(/\/([^/]+)$/, '/test/$1')]) {
		const result = await client.validateVersion(
			validateInput({ endpoint, expectedChannel: 'socket', deployment: snapshot('v1.1') }),
			callOptions,
		);
		expect(result.valid).toBe(true);
		expect(result.version).toEqual({ id: sandbox.snapshotId('v1.1'), name: 'v1.1', state: 'deployed' });
		expect(result.available.map(({ state }) => state)).toEqual(['snapshot', 'deployed', 'snapshot']);
	}
});

it.each([
	['Showcase REST', 'rest', live, 'does not run the live project. Deployed to it is snapshot "v1.1"'],
	['Showcase REST', 'rest', snapshot('v2.0'), 'does not run snapshot "v2.0". Deployed to it is snapshot "v1.1"'],
	['Orders REST', 'rest', snapshot('v1.1'), 'does not run snapshot "v1.1". Deployed to it is the live project'],
	['Orders REST', 'rest', snapshot('nowhere'), 'does not run snapshot "nowhere". Deployed to it is the live project'],
	['Orders REST', 'socket', live, 'is of the channel "rest", not "socket"'],
	['Retired REST', 'rest', live, 'is not active'],
])('%s, expected %s %j: says what is there instead', async (name, expectedChannel, deployment, words) => {
	const { sandbox, client } = await cognigyAiSetup();
	const input = validateInput({ endpoint: sandbox.endpoint(name).id, expectedChannel, deployment });
	expect(await client.validateVersion(input, callOptions)).toMatchObject({ valid: false, version: null });

	const error = await cognigyErrorOf(client.validateVersion({ ...input, failIfNotPublished: true }, callOptions));
	expect(error.category).toBe('notPublished');
	expect(error.message).toContain(`Endpoint "${name}" ${words}`);
	expect(error.audit).toMatchObject({ status: 'error', errorCategory: 'notPublished' });
});

it('tells of a snapshot that is not in the project', async () => {
	const { sandbox, client } = await cognigyAiSetup();
	const { id } = sandbox.endpoints.find(({ name }) => name === 'Elsewhere REST') ?? { id: '' };
	const input = validateInput({ endpoint: id, failIfNotPublished: true });
	const error = await cognigyErrorOf(client.validateVersion(input, callOptions));
	expect(error.message).toContain('Deployed to it is snapshot "v1.1", which is not in this project');
});

it('finds endpoint and snapshot on later pages, whatever cursors are called', async () => {
	for (const cursorNames of ['nextCursor', 'next'] as const) {
		const { sandbox, client } = await cognigyAiSetup({ sandbox: { fillers: 130, cursorNames } });
		const input = validateInput({ endpoint: sandbox.endpoint('Showcase REST').url, deployment: snapshot('v1.1') });
		const { valid, available } = await client.validateVersion(input, callOptions);
		expect(valid).toBe(true);
		expect(available).toHaveLength(133);
	}
});

it('says that the project has no such endpoint, without showing its token', async () => {
	const { sandbox, client } = await cognigyAiSetup();
	const token = 'abcd'.repeat(16);
	const error = await cognigyErrorOf(
		client.validateVersion(validateInput({ endpoint: `${sandbox.endpointUrl}/${token}` }), callOptions),
	);
	expect(error.category).toBe('notFound');
	expect(error.message).toMatch(/^Project "[^"]+" has no endpoint with this URL \(endpoint-[0-9a-f]{12}\)$/);
	expect(JSON.stringify([error.message, error.advice, error.audit])).not.toContain(token);
	const other = await cognigyErrorOf(client.validateVersion(validateInput({ endpoint: 'a'.repeat(24) }), callOptions));
	expect(other.category).toBe('notFound');
	const named = await cognigyErrorOf(client.validateVersion(validateInput({ endpoint: 'endpoint-0a1b' }), callOptions));
	expect(named.message).toMatch(/^Project "[^"]+" has no endpoint "endpoint-0a1b"$/);
});

it.each([
	['expired', 'authentication'],
	['revoked', 'authentication'],
] as const)('tells of a key that is %s, and does not repeat the call', async (state, category) => {
	const { sandbox, client, transport } = await cognigyAiSetup();
	sandbox.setKeyState('demo', state);
	const input = validateInput({ endpoint: sandbox.endpoint('Orders REST').url });
	const error = await cognigyErrorOf(client.validateVersion(input, callOptions));
	expect(error.category).toBe(category);
	expect(error.message).not.toContain(sandbox.apiKey);
	expect(transport.requests).toHaveLength(1);
});

it('rides out passing faults: HTML, plain text, 429 with and without Retry-After', async () => {
	const { sandbox, client } = await cognigyAiSetup();
	sandbox.faults.inject({ operation: 'listEndpoints', kind: 'htmlError', status: 502 });
	sandbox.faults.inject({ operation: 'listEndpoints', kind: 'textError', status: 500 });
	sandbox.faults.inject({ operation: 'readEndpoint', kind: 'status', status: 429 });
	sandbox.faults.inject({ operation: 'listSnapshots', kind: 'dropBefore' });
	const input = validateInput({ endpoint: sandbox.endpoint('Orders REST').url });
	expect((await client.validateVersion(input, callOptions)).valid).toBe(true);
});

it.each([
	[{ endpoint: '' }, 'endpoint'],
	[{ endpoint: 'nonsense' }, 'endpoint'],
	[{ endpoint: 'a'.repeat(24), deployment: snapshot('') }, 'deployment.name'],
] as const)('refuses %j before anything is sent', async (input, parameter) => {
	const { client, transport } = await cognigyAiSetup();
	const error = await cognigyErrorOf(client.validateVersion(validateInput(input), callOptions));
	expect(error).toMatchObject({ category: 'invalidInput', parameter });
	expect(() => client.check('validateVersion', validateInput(input), callOptions)).toThrow(error.message);
	expect(transport.requests).toHaveLength(0);
});

it('asks for the project if it has to be known', async () => {
	const { sandbox, client } = await cognigyAiSetup({ fields: { projectId: '' } });
	const { url } = sandbox.endpoint('Orders REST');
	const error = await cognigyErrorOf(client.validateVersion(validateInput({ endpoint: url }), callOptions));
	expect(error).toMatchObject({ category: 'invalidInput', parameter: 'projectId' });
});
