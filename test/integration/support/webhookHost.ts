import 'reflect-metadata';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HookContext, LoadOptionsContext, WebhookContext } from 'n8n-core';
import {
	ICredentialsHelper,
	jsonParse,
	Workflow,
	type IAuthenticate,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type IHttpRequestOptions,
	type INode,
	type INodeExecutionData,
	type INodeListSearchResult,
	type INodeTypes,
	type IWebhookData,
	type IWebhookResponseData,
	type IWorkflowExecuteAdditionalData,
	type WorkflowActivateMode,
} from 'n8n-workflow';

import { CognigyAiApi } from '../../../credentials/CognigyAiApi.credentials';
import { CognigyWebhookTrigger } from '../../../nodes/CognigyWebhookTrigger/CognigyWebhookTrigger.node';

type CredentialFields = Record<string, ICredentialDataDecryptedObject>;

/** n8n's way with credentials, as far as a webhook needs it. */
class StoredCredentials extends ICredentialsHelper {
	constructor(
		private readonly store: CredentialFields,
		private readonly onRead: (type: string) => void,
	) {
		super();
	}

	getParentTypes(): string[] {
		return [];
	}

	getCredentialsProperties(): [] {
		return [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async getCredentials(): Promise<never> {
		throw new Error('Not used');
	}

	async updateCredentials(): Promise<void> {}

	async updateCredentialsOauthTokenData(): Promise<void> {}

	async runPreAuthentication(): Promise<undefined> {
		return undefined;
	}

	async preAuthentication(): Promise<undefined> {
		return undefined;
	}

	override async getDecrypted(_data: unknown, _node: unknown, type: string): Promise<ICredentialDataDecryptedObject> {
		this.onRead(type);
		const fields = this.store[type];
		if (!fields) throw new Error(`No credential of the type ${type}`);
		return { ...fields };
	}

	async authenticate(fields: ICredentialDataDecryptedObject, type: string, options: IHttpRequestOptions) {
		const authenticate: IAuthenticate | undefined =
			type === 'cognigyAiApi' ? new CognigyAiApi().authenticate : undefined;
		return typeof authenticate === 'function' ? await authenticate(fields, options) : options;
	}
}

export interface HostOptions {
	parameters?: IDataObject;
	credentials?: CredentialFields;
	/** Status with which n8n answers a call whose execution it could not create. */
	failsToStart?: boolean;
	/** Ids differ, or the tests would share what the node remembers. */
	nodeId?: string;
}

interface Operation {
	isTest: boolean;
	mode: 'trigger' | 'manual' | 'internal';
	activation: WorkflowActivateMode;
	staticData: IDataObject;
}

let hosts = 0;

/**
 * A small n8n around one Cognigy Webhook Trigger: n8n's own contexts, and its way of calling a webhook node (order,
 * parsing of bodies, answers, static data) as in its `webhook-helpers`, `test-webhooks` and `webhook-trigger-registrar`.
 */
export class WebhookHost {
	/** What each execution was started with. */
	readonly executions: INodeExecutionData[][] = [];
	/** What was logged: level and line. */
	readonly log: Array<[level: string, message: string]> = [];
	/** Types of the credentials that were read, in order: each read is one of n8n's database. */
	readonly credentialReads: string[] = [];
	/** Static data of the published workflow, as it is in n8n's database. */
	staticData: IDataObject = {};
	parameters: IDataObject;
	failsToStart: boolean;
	/** Calls that were told so. */
	failedStarts = 0;
	readonly #credentials: CredentialFields;
	readonly #nodeId: string;
	readonly #type = new CognigyWebhookTrigger();
	readonly #server = createServer((request, response) => void this.#answer(request, response));
	#testStaticData: IDataObject | undefined;
	#url = '';

	constructor({ parameters = {}, credentials = {}, failsToStart = false, nodeId }: HostOptions = {}) {
		this.parameters = parameters;
		this.#credentials = credentials;
		this.failsToStart = failsToStart;
		this.#nodeId = nodeId ?? `node-${++hosts}`;
	}

	async listen(): Promise<this> {
		await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
		this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
		return this;
	}

	/** Another workflow in the n8n of this one; takes no calls. */
	besides(other: WebhookHost): this {
		this.#url = other.#url;
		return this;
	}

	async close(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	get productionUrl(): string {
		return `${this.#url}/webhook/${this.#nodeId}-webhook/cognigy`;
	}

	get testUrl(): string {
		return `${this.#url}/webhook-test/${this.#nodeId}-webhook/cognigy`;
	}

	/**
	 * `activate`: a person publishes it; `init`: n8n starts. When a webhook fails, n8n takes all of the workflow away, with
	 * the static data that is in its database.
	 * @param otherNode another webhook node of the workflow, which is registered afterwards
	 */
	async publish(activation: WorkflowActivateMode = 'activate', otherNode = async () => {}): Promise<void> {
		const staticData = structuredClone(this.staticData);
		try {
			await this.#register({ isTest: false, mode: 'trigger', activation, staticData });
			await otherNode();
		} catch (error) {
			await this.unpublish();
			throw error;
		}
		this.staticData = staticData;
	}

	async unpublish(): Promise<void> {
		const staticData = structuredClone(this.staticData);
		await this.#hook('delete', { isTest: false, mode: 'internal', activation: 'update', staticData });
		this.staticData = staticData;
	}

	/** "Execute step": n8n gives every test static data of its own. */
	async startTest(): Promise<void> {
		const staticData: IDataObject = {};
		await this.#register({ isTest: true, mode: 'manual', activation: 'manual', staticData });
		this.#testStaticData = staticData;
	}

	async endTest(): Promise<void> {
		const staticData = this.#testStaticData ?? {};
		await this.#hook('delete', { isTest: true, mode: 'internal', activation: 'update', staticData });
		this.#testStaticData = undefined;
	}

	/** What the list of the parameter "Endpoint" shows. */
	async searchEndpoints(filter?: string): Promise<INodeListSearchResult> {
		const context = new LoadOptionsContext(this.#workflow({}), this.#node(), this.#additionalData(), '');
		return await this.#type.methods.listSearch.searchWebhookEndpoints.call(context, filter);
	}

	async #register(operation: Operation): Promise<void> {
		if (!(await this.#hook('checkExists', operation))) await this.#hook('create', operation);
	}

	/** Static data goes through JSON, as it does in n8n; only what succeeds is kept. */
	async #hook(method: 'checkExists' | 'create' | 'delete', operation: Operation): Promise<boolean> {
		const { isTest, mode, activation, staticData } = operation;
		const workflow = this.#workflow(JSON.parse(JSON.stringify(staticData)) as IDataObject);
		const context = new HookContext(workflow, this.#node(), this.#additionalData(), mode, activation, {
			...this.#webhookData(),
			isTest,
		});
		this.#watchLog(context);
		const result = await this.#type.webhookMethods.default[method].call(context);
		for (const key of Object.keys(staticData)) Reflect.deleteProperty(staticData, key);
		Object.assign(staticData, JSON.parse(JSON.stringify(workflow.staticData)));
		return result;
	}

	async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const rawBody = Buffer.concat(chunks);
		const send = (status: number, body: unknown) => {
			response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
		};
		let body: unknown;
		try {
			body = parseAsN8n(request.headers['content-type'] ?? '', rawBody);
		} catch {
			send(422, { code: 422, message: 'Failed to parse request body' });
			return;
		}
		const isTest = request.url?.startsWith('/webhook-test/') === true;
		const additionalData = this.#additionalData();
		Object.assign(request, { rawBody, body });
		Object.assign(additionalData, { httpRequest: request, httpResponse: response });
		const mode = isTest ? 'manual' : 'webhook';
		const webhookData = { ...this.#webhookData(), isTest };
		const workflow = this.#workflow(isTest ? {} : structuredClone(this.staticData));
		if (isTest && this.#testStaticData) workflow.setTestStaticData(this.#testStaticData);
		const context = new WebhookContext(workflow, this.#node(), additionalData, mode, webhookData, [], null);
		this.#watchLog(context);
		const result: IWebhookResponseData = await this.#type.webhook.call(context);
		if (result.noWebhookResponse) {
			if (result.workflowData && !this.failsToStart) this.executions.push(result.workflowData[0] ?? []);
			return;
		}
		if (!result.workflowData) {
			send(200, result.webhookResponse ?? { message: 'Webhook call received' });
			return;
		}
		if (this.failsToStart) {
			this.failedStarts += 1;
			send(500, { message: 'Workflow could not be started' });
			return;
		}
		this.executions.push(result.workflowData[0] ?? []);
		send(200, { message: 'Workflow was started' });
	}

	#watchLog(context: object): void {
		const level = (name: string) => (message: string, metadata: unknown) => {
			this.log.push([name, `${message} ${JSON.stringify(metadata)}`]);
		};
		const names = ['debug', 'info', 'warn', 'error'];
		Object.defineProperty(context, 'logger', {
			value: Object.fromEntries(names.map((name) => [name, level(name)])),
		});
	}

	#node(): INode {
		const credentials = Object.fromEntries(Object.keys(this.#credentials).map((name) => [name, { id: name, name }]));
		return {
			id: this.#nodeId,
			name: 'Cognigy',
			type: 'n8n-nodes-cognigy.cognigyWebhookTrigger',
			typeVersion: 1,
			position: [0, 0],
			webhookId: `${this.#nodeId}-webhook`,
			parameters: this.parameters as INode['parameters'],
			credentials,
		};
	}

	#workflow(staticData: IDataObject): Workflow {
		const nodeTypes: INodeTypes = {
			getByName: () => this.#type,
			getByNameAndVersion: () => this.#type,
			getKnownTypes: () => ({}),
		};
		const nodes = [this.#node()];
		return new Workflow({ id: 'workflow-1', active: true, nodeTypes, nodes, connections: {}, staticData });
	}

	#webhookData(): IWebhookData {
		const [webhookDescription] = this.#type.description.webhooks ?? [];
		if (!webhookDescription) throw new Error('The node has no webhook');
		return {
			httpMethod: 'POST',
			node: 'Cognigy',
			path: `${this.#nodeId}-webhook/cognigy`,
			webhookDescription,
			workflowId: 'workflow-1',
			workflowExecuteAdditionalData: this.#additionalData(),
		};
	}

	#additionalData(): IWorkflowExecuteAdditionalData {
		return {
			credentialsHelper: new StoredCredentials(this.#credentials, (type) => this.credentialReads.push(type)),
			executionId: '1',
			variables: {},
			restApiUrl: `${this.#url}/rest`,
			instanceBaseUrl: `${this.#url}/`,
			webhookBaseUrl: `${this.#url}/webhook`,
			webhookTestBaseUrl: `${this.#url}/webhook-test`,
			webhookWaitingBaseUrl: `${this.#url}/waiting`,
			formWaitingBaseUrl: `${this.#url}/form`,
		} as unknown as IWorkflowExecuteAdditionalData;
	}
}

/** As n8n's `parseBody`: JSON and text; anything else stays unread. */
function parseAsN8n(contentType: string, rawBody: Buffer): unknown {
	const type = contentType.split(';')[0]?.trim().toLowerCase();
	if (rawBody.length === 0) return undefined;
	if (type === 'application/json') return jsonParse(rawBody.toString());
	return type === 'text/plain' ? rawBody.toString() : undefined;
}
