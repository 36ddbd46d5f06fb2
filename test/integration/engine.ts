import 'reflect-metadata';
import { join } from 'node:path';
import { ExecutionLifecycleHooks, PackageDirectoryLoader, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	ICredentialsHelper,
	NodeHelpers,
	Workflow,
	type IAuthenticate,
	type IConnections,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type IExecuteData,
	type IHttpRequestHelper,
	type IHttpRequestOptions,
	type INode,
	type INodeCredentialsDetails,
	type INodeExecutionData,
	type INodeType,
	type INodeTypes,
	type IRun,
	type IWorkflowExecuteAdditionalData,
	type IWorkflowExecutionDataProcess,
} from 'n8n-workflow';

import { networkPolicy } from './engineDifferences';

type CredentialFields = Record<string, ICredentialDataDecryptedObject>;

const PACKAGE_FOLDER = join(__dirname, '..', '..');

/** n8n's own package loader, pointed at the TypeScript sources instead of `dist`. */
class SourceLoader extends PackageDirectoryLoader {
	protected override resolvePath(file: string): string {
		const source = file.endsWith('.js') ? file.replace(/^dist\//, '').replace(/\.js$/, '.ts') : file;
		return super.resolvePath(source);
	}
}

/** n8n's way with credentials: expressions per item, expirable token, login when it is missing or refused. */
export class MemoryCredentials extends ICredentialsHelper {
	constructor(
		private readonly loader: PackageDirectoryLoader,
		readonly store: CredentialFields,
	) {
		super();
	}

	private typeOf(name: string) {
		return this.loader.getCredential(name).type;
	}

	private fieldsOf(type: string): ICredentialDataDecryptedObject {
		const fields = this.store[type];
		if (!fields) throw new Error(`No credential of the type ${type}`);
		return fields;
	}

	getParentTypes(): string[] {
		return [];
	}

	getCredentialsProperties(type: string) {
		return this.typeOf(type).properties;
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async getCredentials(): Promise<never> {
		throw new Error('Not used by the engine');
	}

	async updateCredentials(_node: INodeCredentialsDetails, type: string, fields: ICredentialDataDecryptedObject) {
		this.store[type] = { ...fields };
	}

	async updateCredentialsOauthTokenData(): Promise<void> {}

	async runPreAuthentication(): Promise<undefined> {
		return undefined;
	}

	override async getDecrypted(
		_additionalData: IWorkflowExecuteAdditionalData,
		_node: INodeCredentialsDetails,
		type: string,
		mode: 'internal',
		executeData?: IExecuteData,
		_raw?: boolean,
		resolve?: {
			workflow: Workflow;
			node: INode;
			itemIndex: number;
			runIndex: number;
			runExecutionData: null;
			connectionInputData: INodeExecutionData[];
		},
	): Promise<ICredentialDataDecryptedObject> {
		const properties = this.getCredentialsProperties(type);
		const fields = NodeHelpers.getNodeParameters(
			properties,
			this.fieldsOf(type) as IDataObject as never,
			true,
			false,
			null,
			null,
		);
		if (!resolve || !fields) return fields as ICredentialDataDecryptedObject;
		const { workflow, node, itemIndex, runIndex, runExecutionData, connectionInputData } = resolve;
		return workflow.expression.getParameterValue(
			fields,
			runExecutionData,
			runIndex,
			itemIndex,
			node.name,
			connectionInputData,
			mode,
			{},
			executeData,
			false,
			fields,
		) as ICredentialDataDecryptedObject;
	}

	async preAuthentication(
		helpers: IHttpRequestHelper,
		credentials: ICredentialDataDecryptedObject,
		type: string,
		node: INode,
		isExpired: boolean,
	): Promise<ICredentialDataDecryptedObject | undefined> {
		const { properties, preAuthentication } = this.typeOf(type);
		const field = properties.find((property) => property.type === 'hidden' && property.typeOptions?.expirable)?.name;
		if (!field || !preAuthentication || (credentials[field] !== '' && !isExpired)) return undefined;
		const fresh = await preAuthentication.call(helpers, credentials);
		const details = node.credentials?.[type];
		if (details) await this.updateCredentials(details, type, { ...this.fieldsOf(type), ...fresh } as never);
		return Object.assign(credentials, fresh);
	}

	async authenticate(credentials: ICredentialDataDecryptedObject, type: string, options: IHttpRequestOptions) {
		const authenticate: IAuthenticate | undefined = this.typeOf(type).authenticate;
		return typeof authenticate === 'function' ? await authenticate(credentials, options) : options;
	}
}

export interface RunOptions {
	/** Node type of this package without its prefix, e.g. `cognigyTriggerFlow`. */
	type: string;
	parameters: IDataObject;
	credential: ICredentialDataDecryptedObject;
	items?: INodeExecutionData[];
	/** What the node does with a failing item; the editor's "On Error". */
	onError?: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput';
	/** Other settings of the node, Retry On Fail for example. */
	settings?: Partial<INode>;
	/** By default that of a new execution. */
	executionId?: string;
	/** How often the execution passes the node, with the same items. Default 1. */
	passes?: number;
	/** Called when the node begins, with the way to cancel the execution. */
	onStart?: (cancel: () => void) => void;
}

export interface RunOutcome {
	run: IRun;
	/** Items of the regular output. */
	output: INodeExecutionData[];
	/** Items of the error output. */
	errorOutput: INodeExecutionData[];
	/** What the node threw. */
	error: (Error & { description?: string | null; context?: IDataObject; httpCode?: string | null }) | undefined;
	/** The credential as it is stored after the run. */
	credential: ICredentialDataDecryptedObject | undefined;
}

const SOURCE_TYPE = 'test.itemSource';

/** The node before the one under test; puts out the items. */
function itemSource(items: INodeExecutionData[]): INodeType {
	return {
		description: {
			displayName: 'Source',
			name: SOURCE_TYPE,
			group: ['trigger'],
			version: 1,
			description: '',
			defaults: {},
			inputs: [],
			outputs: ['main'],
			properties: [],
		},
		execute: async () => [items],
	};
}

let loader: SourceLoader | undefined;

export async function loadPackage(): Promise<PackageDirectoryLoader> {
	if (loader) return loader;
	loader = new SourceLoader(PACKAGE_FOLDER);
	await loader.loadAll();
	return loader;
}

/** The nodes of this package, and others by their type. */
export function nodeTypesOf(packageLoader: PackageDirectoryLoader, others: Record<string, INodeType> = {}): INodeTypes {
	const nodeOf = (name: string): INodeType =>
		others[name] ?? (packageLoader.getNode(name.replace(`${packageLoader.packageName}.`, '')).type as INodeType);
	return {
		getByName: nodeOf,
		getByNameAndVersion: (name, version) => NodeHelpers.getVersionedNodeType(nodeOf(name), version),
		getKnownTypes: () => ({}),
	};
}

let executions = 0;

/**
 * What n8n's server gives its engine for an execution.
 * @param executionId by default that of a new one
 */
export function additionalDataOf(
	workflow: Workflow,
	credentialsHelper: ICredentialsHelper,
	executionId = String(++executions),
): IWorkflowExecuteAdditionalData {
	const hooks = new ExecutionLifecycleHooks('manual', executionId, {
		id: workflow.id,
		name: 'Test',
		nodes: Object.values(workflow.nodes),
		connections: workflow.connectionsBySourceNode,
	} as unknown as IWorkflowExecutionDataProcess['workflowData']);
	return {
		hooks,
		credentialsHelper,
		executionId,
		currentNodeExecutionIndex: 0,
		variables: {},
		restApiUrl: 'http://127.0.0.1/rest',
		instanceBaseUrl: 'http://127.0.0.1/',
		webhookWaitingBaseUrl: 'http://127.0.0.1/waiting',
		formWaitingBaseUrl: 'http://127.0.0.1/form',
		...networkPolicy(),
		setExecutionStatus() {},
		sendDataToUI() {},
	} as unknown as IWorkflowExecuteAdditionalData;
}

/** The credential that is chosen in the parameters of a node. */
export function credentialTypeIn({ authentication }: IDataObject): string {
	return typeof authentication === 'string' ? authentication : 'cognigyApi';
}

/** Runs one node of this package in n8n's own engine, fed with `items`. */
export async function runNode(options: RunOptions): Promise<RunOutcome> {
	const { type, parameters, credential, onError = 'stopWorkflow', items = [{ json: {} }] } = options;
	const credentialType = credentialTypeIn(parameters);
	const packageLoader = await loadPackage();
	const nodeTypes = nodeTypesOf(packageLoader, { [SOURCE_TYPE]: itemSource(items) });
	const node: INode = {
		id: 'node-1',
		name: 'Cognigy',
		type: `${packageLoader.packageName}.${type}`,
		typeVersion: 1,
		position: [0, 0],
		parameters: parameters as INode['parameters'],
		credentials: { [credentialType]: { id: 'credential-1', name: 'Cognigy account' } },
		onError,
		...options.settings,
	};
	const source: INode = {
		id: 'node-0',
		name: 'Source',
		type: SOURCE_TYPE,
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const nodes = [source, node];
	const pass = { node: node.name, type: 'main', index: 0 } as const;
	const connections: IConnections = { Source: { main: [Array.from({ length: options.passes ?? 1 }, () => pass)] } };
	const workflow = new Workflow({
		id: 'workflow-1',
		active: false,
		nodeTypes,
		nodes,
		connections,
		settings: { executionOrder: 'v1' },
	});
	const credentialsHelper = new MemoryCredentials(packageLoader, { [credentialType]: { ...credential } });
	const additionalData = additionalDataOf(workflow, credentialsHelper, options.executionId);
	const runData = createRunExecutionData({
		executionData: { nodeExecutionStack: [{ node: source, data: { main: [[{ json: {} }]] }, source: null }] },
	});
	const execution = new WorkflowExecute(additionalData, 'manual', runData).processRunExecutionData(workflow);
	options.onStart?.(() => execution.cancel());
	const run = await execution;
	const [data] = run.data.resultData.runData[node.name] ?? [];
	const [output, errorOutput] = data?.data?.['main'] ?? [];
	return {
		run,
		output: output ?? [],
		errorOutput: errorOutput ?? [],
		error: (data?.error ?? run.data.resultData.error) as RunOutcome['error'],
		credential: credentialsHelper.store[credentialType],
	};
}
