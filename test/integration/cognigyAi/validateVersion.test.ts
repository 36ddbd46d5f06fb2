import type { IDataObject } from 'n8n-workflow';

import type { CognigyAiFaultRequest, CognigyAiSandbox } from '../../../sandbox';
import { auditOf } from '../support';
import { closeSandboxes, credentialFor, jsonOf, picked, run, sandboxFor } from './support';

jest.setTimeout(20_000);

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	sandbox = await sandboxFor();
	credential = credentialFor(sandbox);
});
afterEach(closeSandboxes);

const validate = async (parameters: IDataObject, more: Parameters<typeof run>[3] = {}) =>
	await run('cognigyValidateVersion', credential, parameters, more);

const inList = (name: string) => ({ endpoint: picked('list', sandbox.endpoint(name).id) });
const v11 = { deployment: 'snapshot', snapshot: picked('list', 'v1.1') };

it('puts out exactly the promised fields (docs/guarantees.md#outputs)', async () => {
	const { output } = await validate({ ...inList('Showcase REST'), expectedChannel: 'rest', ...v11 });

	const flowId = sandbox.flowReferenceId('Showcase');
	expect(output).toEqual([
		{
			json: {
				valid: true,
				botId: sandbox.projectId,
				flowId,
				targetEnvironment: 'v1.1',
				version: { id: sandbox.snapshotId('v1.1'), name: 'v1.1', state: 'deployed' },
				available: [
					{ id: sandbox.snapshotId('v1.0'), name: 'v1.0', state: 'snapshot' },
					{ id: sandbox.snapshotId('v1.1'), name: 'v1.1', state: 'deployed' },
					{ id: sandbox.snapshotId('v2.0'), name: 'v2.0', state: 'snapshot' },
				],
				audit: expect.objectContaining({
					operation: 'validateVersion',
					botId: sandbox.projectId,
					status: 'success',
					httpStatus: 200,
				}),
			},
			pairedItem: { item: 0 },
		},
	]);
});

it('knows the endpoint by its URL, by its ID and by the name that Trigger Flow gives to it', async () => {
	const { url, id } = sandbox.endpoint('Orders REST');
	const started = jsonOf(await run('cognigyTriggerFlow', credential, { endpoint: url, userId: 'u', input: 'Hello' }));
	for (const endpoint of [picked('url', url), picked('id', id), picked('id', String(started['flowId'])), url]) {
		expect(jsonOf(await validate({ endpoint }))).toMatchObject({ valid: true, targetEnvironment: 'live' });
	}
});

it('takes the endpoint from the item', async () => {
	const { output } = await validate(
		{ endpoint: picked('id', '={{ $json.endpoint }}'), onNotPublished: 'output' },
		{ items: ['Orders REST', 'Retired REST'].map((name) => ({ json: { endpoint: sandbox.endpoint(name).id } })) },
	);
	expect(output.map(({ json }) => json['valid'])).toEqual([true, false]);
});

it.each<[string, string, IDataObject, string]>([
	['an inactive endpoint', 'Retired REST', {}, 'Endpoint "Retired REST" is not active'],
	['another channel', 'Orders REST', { expectedChannel: 'socket' }, 'is of the channel "rest", not "socket"'],
	['another snapshot', 'Orders REST', v11, 'does not run snapshot "v1.1". Deployed to it is the live project'],
	['a snapshot', 'Showcase REST', {}, 'does not run the live project. Deployed to it is snapshot "v1.1"'],
])('fails the item and says what there is: %s', async (_what, name, parameters, words) => {
	const { error } = await validate({ ...inList(name), ...parameters });
	expect(error?.name).toBe('NodeApiError');
	expect(error?.message).toContain(words);

	const item = jsonOf(await validate({ ...inList(name), ...parameters, onNotPublished: 'output' }));
	expect(item).toMatchObject({ valid: false, version: null, audit: { status: 'success' } });
});

/** n8n itself refuses required parameters that are empty, but it cannot know what comes out of an expression. */
const empty = '={{ "" }}';

it.each<[string, IDataObject, string]>([
	['no endpoint', { endpoint: picked('url', empty) }, 'Endpoint is empty'],
	[
		'no snapshot',
		{ endpoint: picked('id', 'a'.repeat(24)), ...v11, snapshot: picked('name', empty) },
		'Snapshot is empty',
	],
	['an odd URL', { endpoint: picked('url', 'nonsense') }, 'Endpoint '],
])('refuses bad input before anything is sent: %s', async (_what, parameters, words) => {
	const { error } = await validate(parameters);
	expect(error?.name).toBe('NodeOperationError');
	expect(error?.message).toContain(words);
	expect(sandbox.requests).toHaveLength(0);
});

it.each(['demo', 'outsider'])('says what is wrong with the key: %s', async (name) => {
	sandbox.setKeyState('demo', 'expired');
	const apiKey = sandbox.apiKeys.find((key) => key.name === name)?.key ?? '';
	const { output } = await run('cognigyValidateVersion', credentialFor(sandbox, { apiKey }), inList('Orders REST'), {
		onError: 'continueRegularOutput',
	});
	const errorCategory = name === 'demo' ? 'authentication' : 'permission';
	expect(output[0]?.json).toMatchObject({ errorCategory, audit: { attempts: 1 } });
});

it('says that there is no such endpoint', async () => {
	const endpoint = picked('url', `${sandbox.endpointUrl}/${'0'.repeat(64)}`);
	const { output } = await validate({ endpoint }, { onError: 'continueRegularOutput' });
	expect(output[0]?.json).toMatchObject({ errorCategory: 'notFound' });
});

it.each<[string, CognigyAiFaultRequest]>([
	['HTML 502', { operation: 'readEndpoint', kind: 'htmlError', status: 502 }],
	['a plain text', { operation: 'readEndpoint', kind: 'textError', status: 500 }],
	['429 with Retry-After', { operation: 'readEndpoint', kind: 'status', status: 429, headers: { 'Retry-After': '1' } }],
	['429 without', { operation: 'readEndpoint', kind: 'status', status: 429 }],
	['a cut connection', { operation: 'listSnapshots', kind: 'dropAfter' }],
])('rides out a passing fault: %s (guarantee 2)', async (_what, fault) => {
	sandbox.faults.inject(fault);
	const { output } = await validate(inList('Orders REST'));
	expect(output[0]?.json).toMatchObject({ valid: true });
	expect(auditOf(output[0]).attempts).toBeGreaterThan(1);
});

it('finds what is on page 2 of a list', async () => {
	sandbox = await sandboxFor({ fillers: 120 });
	credential = credentialFor(sandbox);
	const item = jsonOf(
		await validate({ endpoint: picked('url', sandbox.endpoint('Showcase Webhook').url), ...v11, expectedChannel: '' }),
	);
	expect(item).toMatchObject({ valid: true });
	expect(item['available']).toHaveLength(123);
	expect(sandbox.requests.filter(({ operation }) => operation === 'listEndpoints').length).toBeGreaterThan(1);
});
