import { LoadOptionsContext } from 'n8n-core';
import { Workflow, type IDataObject, type INode, type INodeListSearchResult } from 'n8n-workflow';

import type { CognigyAiSandbox } from '../../../sandbox';
import { additionalDataOf, loadPackage, MemoryCredentials, nodeTypesOf } from '../engine';
import { authentication, closeSandboxes, credentialFor, sandboxFor, secretsOf, shownBy } from './support';

let sandbox: CognigyAiSandbox;
let credential: ReturnType<typeof credentialFor>;

beforeEach(async () => {
	sandbox = await sandboxFor({ fillers: 110 });
	credential = credentialFor(sandbox);
});
afterEach(closeSandboxes);

/** Opens a list of a node as n8n's editor does. */
async function search(
	type: string,
	method: string,
	filter?: string,
	paginationToken?: string,
	parameters: IDataObject = {},
): Promise<INodeListSearchResult> {
	const packageLoader = await loadPackage();
	const node: INode = {
		id: 'node-1',
		name: 'Cognigy',
		type: `${packageLoader.packageName}.${type}`,
		typeVersion: 1,
		position: [0, 0],
		// It has no choice.
		parameters: type === 'cognigyRelease' ? {} : { authentication, ...parameters },
		credentials: { [authentication]: { id: 'credential-1', name: 'Cognigy account' } },
	};
	const nodeTypes = nodeTypesOf(packageLoader);
	const workflow = new Workflow({ id: 'w', active: false, nodeTypes, nodes: [node], connections: {} });
	const credentials = new MemoryCredentials(packageLoader, { [authentication]: credential });
	const context = new LoadOptionsContext(
		workflow,
		node,
		// The editor tells them as they are now.
		{ ...additionalDataOf(workflow, credentials), currentNodeParameters: node.parameters },
		'',
	);
	const { methods } = nodeTypes.getByNameAndVersion(node.type);
	const list = methods?.listSearch?.[method];
	if (!list) throw new Error(`${type} has no ${method}`);
	return await list.call(context, filter, paginationToken);
}

/** All pages of a list. */
async function searchAll(type: string, method: string, filter?: string): Promise<IDataObject[]> {
	const results: IDataObject[] = [];
	let token: string | undefined;
	for (let page = 0; page < 10; page++) {
		const answer = await search(type, method, filter, token);
		results.push(...answer.results.map((item) => ({ ...item })));
		token = answer.paginationToken;
		if (token === undefined) return results;
	}
	throw new Error('The list has no end');
}

it.each(['cognigyValidateVersion', 'cognigyResetSession', 'cognigyRelease'])(
	'%s lists endpoints with their channels',
	async (type) => {
		const { name, id } = sandbox.endpoint('Orders Socket');
		expect(await searchAll(type, 'searchEndpoints', 'Orders S')).toEqual([{ name: `${name} (Socket.IO)`, value: id }]);
	},
);

it.each(['cognigyValidateVersion', 'cognigyTriggerFlow', 'cognigyRelease'])(
	'%s lists snapshots by name',
	async (type) => {
		expect(await searchAll(type, 'searchSnapshots', 'v1')).toEqual([
			{ name: 'v1.0', value: 'v1.0' },
			{ name: 'v1.1', value: 'v1.1' },
		]);
	},
);

it('shows what is on page 2', async () => {
	const first = await search('cognigyValidateVersion', 'searchEndpoints');
	expect(first.results.map(({ name }) => name)).not.toContain('Website (Webchat v3)');
	expect(first.paginationToken).toBeDefined();
	const all = await searchAll('cognigyValidateVersion', 'searchEndpoints');
	expect(all).toHaveLength(122);
	expect(all.map(({ name }) => name)).toContain('Website (Webchat v3)');
});

it('says what is wrong, without a secret', async () => {
	sandbox.setKeyState('demo', 'expired');
	const error = await search('cognigyValidateVersion', 'searchEndpoints').then(
		() => undefined,
		(cause: Error) => cause,
	);
	expect(error?.name).toBe('NodeApiError');
	expect(error?.message).toContain('API');
	const shown = shownBy({ output: [], errorOutput: [], error });
	for (const secret of secretsOf(sandbox)) expect(shown).not.toContain(secret);
});

it('says that the credential names no project', async () => {
	credential = credentialFor(sandbox, { projectId: '' });
	await expect(search('cognigyValidateVersion', 'searchSnapshots')).rejects.toThrow('Project ID in the credential is');
});

it.each<[IDataObject, string[]]>([
	[{}, ['Orders REST (REST)']],
	[{ channel: 'rest', deliverAs: 'notify' }, ['Orders REST (REST)']],
	[{ channel: 'socketio' }, ['Orders Socket (Socket.IO)']],
	[{ channel: 'webhook' }, ['Orders Webhook (Webhook)']],
	[{ channel: 'webhook', deliverAs: 'notify' }, ['Orders Webhook (Webhook)', 'Orders Socket (Socket.IO)']],
])('Trigger Flow lists the endpoints that take its messages: %j', async (parameters, names) => {
	const { results } = await search('cognigyTriggerFlow', 'searchEndpointsOfChannel', 'orders', undefined, parameters);
	expect(results.map(({ name }) => name)).toEqual(names);
	const shown = JSON.stringify(results);
	for (const secret of secretsOf(sandbox)) expect(shown).not.toContain(secret);
});
