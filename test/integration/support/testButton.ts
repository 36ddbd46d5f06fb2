import 'reflect-metadata';
import { ExecuteContext, RoutingNode } from 'n8n-core';
import {
	createEmptyRunExecutionData,
	Workflow,
	type IAuthenticate,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type IHttpRequestHelper,
	type IHttpRequestOptions,
	type INode,
	type INodeType,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

interface RequestFailure {
	message: string;
	cause?: { code?: string; response?: { status: number; statusText: string } };
}

/** What n8n's "Test" button says: the way of n8n's `CredentialsTester.runRequestTest`, on n8n's own `RoutingNode`. */
export async function pressTest(type: ICredentialType, fields: ICredentialDataDecryptedObject): Promise<string> {
	const properties = [
		{
			displayName: 'Temp',
			name: 'temp',
			type: 'string',
			default: '',
			routing: { request: (type.test as { request?: object } | undefined)?.request },
		},
	];
	const nodeType = {
		description: {
			...{ displayName: 'Temp', name: 'temp', group: [], version: 1, description: '', defaults: {} },
			...{ inputs: ['main'], outputs: ['main'], credentials: [{ name: type.name, required: true }], properties },
		},
	} as unknown as INodeType;
	const node: INode = {
		...{ id: 'temp', name: 'Temp-Node', type: 'temp', typeVersion: 1, position: [0, 0], parameters: {} },
		credentials: { [type.name]: { id: '1', name: 'Cognigy account' } },
	};
	const nodeTypes = { getByName: () => nodeType, getByNameAndVersion: () => nodeType, getKnownTypes: () => ({}) };
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const authenticate = type.authenticate as Extract<IAuthenticate, (...args: never[]) => unknown>;
	const additionalData = {
		credentialsHelper: {
			getParentTypes: () => [],
			isCredentialUsableByNode: () => true,
			getDecrypted: async () => ({ ...fields }),
			preAuthentication: async (helpers: IHttpRequestHelper, data: ICredentialDataDecryptedObject) => {
				return Object.assign(data, await type.preAuthentication?.call(helpers, data));
			},
			authenticate: async (data: ICredentialDataDecryptedObject, _type: string, options: IHttpRequestOptions) =>
				await authenticate(data, options),
		},
		...{ executionId: '1', variables: {}, currentNodeExecutionIndex: 0 },
	} as unknown as IWorkflowExecuteAdditionalData;
	const decrypted = { id: '1', name: 'Cognigy account', type: type.name, data: fields };
	const data = createEmptyRunExecutionData();
	const executeData = { node, data: {}, source: null };
	const input = { main: [[{ json: {} }]] };
	const context = new ExecuteContext(workflow, node, additionalData, 'internal', data, 0, [], input, executeData, []);
	try {
		await new RoutingNode(context, nodeType, decrypted).runNode();
		return 'Connection successful!';
	} catch (error) {
		const { message, cause } = error as RequestFailure;
		return cause?.response?.statusText ?? cause?.code ?? message;
	}
}
