import 'reflect-metadata';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExecuteContext, RoutingNode } from 'n8n-core';
import {
	createEmptyRunExecutionData,
	Workflow,
	type IAuthenticate,
	type ICredentialDataDecryptedObject,
	type IHttpRequestOptions,
	type INode,
	type INodeType,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import { CognigyAiApi } from '../../credentials/CognigyAiApi.credentials';
import { startCognigyAiSandbox, type CognigyAiSandbox } from '../../sandbox';
import { restoreEnvironment, withoutProxies } from '../support/environment';

const type = new CognigyAiApi();
let sandbox: CognigyAiSandbox;

beforeAll(async () => {
	withoutProxies();
	sandbox = await startCognigyAiSandbox();
});
afterAll(async () => {
	await sandbox.close();
	restoreEnvironment();
});

interface RequestFailure {
	message: string;
	cause?: { code?: string; response?: { status: number; statusText: string } };
}

/** What n8n's "Test" button says: the way of n8n's `CredentialsTester.runRequestTest`, on n8n's own `RoutingNode`. */
async function pressTest(fields: ICredentialDataDecryptedObject): Promise<string> {
	const properties = [
		{ displayName: 'Temp', name: 'temp', type: 'string', default: '', routing: { request: type.test?.request } },
	];
	const nodeType = {
		description: {
			...{ displayName: 'Temp', name: 'temp', group: [], version: 1, description: '', defaults: {} },
			...{ inputs: ['main'], outputs: ['main'], credentials: [{ name: type.name, required: true }], properties },
		},
	} as unknown as INodeType;
	const node: INode = {
		...{ id: 'temp', name: 'Temp-Node', type: 'temp', typeVersion: 1, position: [0, 0], parameters: {} },
		credentials: { [type.name]: { id: '1', name: 'Cognigy.AI account' } },
	};
	const nodeTypes = { getByName: () => nodeType, getByNameAndVersion: () => nodeType, getKnownTypes: () => ({}) };
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const authenticate = type.authenticate as Extract<IAuthenticate, (...args: never[]) => unknown>;
	const additionalData = {
		credentialsHelper: {
			getParentTypes: () => [],
			isCredentialUsableByNode: () => true,
			getDecrypted: async () => ({ ...fields }),
			preAuthentication: async () => undefined,
			authenticate: async (data: ICredentialDataDecryptedObject, _type: string, options: IHttpRequestOptions) =>
				await authenticate(data, options),
		},
		...{ executionId: '1', variables: {}, currentNodeExecutionIndex: 0 },
	} as unknown as IWorkflowExecuteAdditionalData;
	const decrypted = { id: '1', name: 'Cognigy.AI account', type: type.name, data: fields };
	const data = createEmptyRunExecutionData();
	const executeData = { node, data: {}, source: null };
	const input = { main: [[{ json: {} }]] };
	const context = new ExecuteContext(workflow, node, additionalData, 'internal', data, 0, [], input, executeData, []);
	const rules = (type.test?.rules ?? []) as Array<{
		type: string;
		properties: { key?: string; value: unknown; message: string };
	}>;
	try {
		const answer = await new RoutingNode(context, nodeType, decrypted).runNode();
		const body: unknown = answer?.[0]?.[0]?.json;
		const failed = rules.find((rule) => {
			return rule.type === 'responseSuccessBody' && firstCharacter(body) === rule.properties.value;
		});
		return failed?.properties.message ?? 'Connection successful!';
	} catch (error) {
		const { message, cause } = error as RequestFailure;
		if (!cause?.response) return cause?.code ?? message;
		const { status, statusText } = cause.response;
		const rule = rules.find((one) => one.type === 'responseCode' && one.properties.value === status);
		return rule?.properties.message ?? statusText;
	}
}

/** As n8n's `get(body, '[0]')`. */
function firstCharacter(body: unknown): unknown {
	return typeof body === 'string' ? body[0] : undefined;
}

const fieldsOf = (more: ICredentialDataDecryptedObject = {}) => ({
	apiBaseUrl: sandbox.apiUrl,
	apiKey: sandbox.apiKey,
	allowInsecure: false,
	...more,
});

describe('the Test button of "Cognigy.AI API"', () => {
	it.each(['', '/', '/new', '/new/v2.0', '/new/v2.0/', '/openapi'])('finds a good key good (%s)', async (path) => {
		expect(await pressTest(fieldsOf({ apiBaseUrl: ` ${sandbox.apiUrl}${path} ` }))).toBe('Connection successful!');
		expect(sandbox.requests.at(-1)).toMatchObject({ operation: 'readMe', status: 200 });
	});

	it('tells a wrong key', async () => {
		expect(await pressTest(fieldsOf({ apiKey: 'wrong' }))).toBe('Cognigy.AI does not accept this API Key');
	});

	it.each([
		[403, 'The user of this API Key may not use the management API'],
		[404, 'API Base URL does not point to the management API. It often begins with "https://api-".'],
		[429, 'Cognigy.AI got too many requests. Try again in some minutes.'],
	])('tells what %i means', async (status, words) => {
		sandbox.faults.inject({ operation: 'readMe', kind: 'status', status });
		expect(await pressTest(fieldsOf())).toBe(words);
	});

	it('tells what cannot be right before anything is sent', async () => {
		expect(await pressTest(fieldsOf({ apiBaseUrl: 'http://192.0.2.1' }))).toMatch(/must begin with https/);
		expect(await pressTest(fieldsOf({ apiKey: 'a b' }))).toMatch(/must be printable text/);
	});

	it('tells a website, and does not follow it elsewhere with the key', async () => {
		const asked: Array<string | undefined> = [];
		const elsewhere = createServer((request, response) => {
			asked.push(String(request.headers['x-api-key']));
			response.end('{}');
		});
		await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
		const { port } = elsewhere.address() as AddressInfo;
		sandbox.faults.inject({
			...{ operation: 'readMe', kind: 'status', status: 302 },
			headers: { location: `http://127.0.0.1:${port}/` },
		});
		expect(await pressTest(fieldsOf())).toMatch(/answers with a redirect/);
		elsewhere.close();
		expect(asked).toEqual([]);

		const headers = { 'content-type': 'text/html' };
		sandbox.faults.inject({ operation: 'readMe', kind: 'status', status: 200, headers, body: '<!doctype html>' });
		expect(await pressTest(fieldsOf())).toMatch(/points to a website/);
	});
});
