import 'reflect-metadata';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebhookContext, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	jsonParse,
	Workflow,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type IRunExecutionData,
	type ITaskData,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import {
	additionalDataOf,
	credentialTypeIn,
	loadPackage,
	MemoryCredentials,
	nodeTypesOf,
	type RunOptions,
} from '../engine';

const SOURCE = 'test.source';
const AFTER = 'test.after';
const EXECUTION_ID = '4711';

export interface WaitingOptions extends Pick<
	RunOptions,
	'parameters' | 'credential' | 'onError' | 'settings' | 'items' | 'passes'
> {
	/** Ids differ, or the tests would share what the node remembers. */
	executionId?: string;
	/** How long n8n takes to park the execution, in ms. */
	parkingMs?: number;
	/** How long n8n takes to read a parked execution, in ms. */
	readingMs?: number;
	executionOrder?: 'v0' | 'v1';
	/** By default any free one. */
	port?: number;
}

/**
 * A small n8n for one execution of Source → Cognigy → After: n8n's own engine and contexts, and its way of parking an
 * execution, calling its URL (`waiting-webhooks`, `webhook-helpers`) and waking it up in time (`wait-tracker`). Between
 * that nothing of it is in memory.
 */
export class WaitingHost {
	status: 'new' | 'running' | 'waiting' | 'success' | 'error' = 'new';
	/** When n8n wakes it up. */
	waitTill: Date | undefined;
	/** What was logged. */
	readonly log: string[] = [];
	#data = '';
	readonly #server = createServer((request, response) => void this.#answer(request, response));
	readonly #ended: Array<() => void> = [];

	private constructor(private readonly options: WaitingOptions) {}

	static async open(options: WaitingOptions): Promise<WaitingHost> {
		const host = new WaitingHost(options);
		await new Promise<void>((resolve) => host.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
		return host;
	}

	async close(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	/** Runs it until it is parked or over. */
	async run(): Promise<void> {
		const node = this.#nodes[0] as INode;
		const data = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main: [[{ json: {} }]] }, source: null }] },
		});
		await this.#goOn(data);
	}

	/** The time is up. */
	async wakeUp(): Promise<void> {
		await this.#goOn(this.data);
	}

	/** Resolves when it is over. */
	async ended(): Promise<void> {
		if (this.status === 'success' || this.status === 'error') return;
		await new Promise<void>((resolve) => this.#ended.push(resolve));
	}

	/** As n8n's database has it. */
	get data(): IRunExecutionData {
		return JSON.parse(this.#data) as IRunExecutionData;
	}

	/** As text. */
	get stored(): string {
		return this.#data;
	}

	runsOf(name: 'Cognigy' | 'After'): ITaskData[] {
		return this.data.resultData.runData[name] ?? [];
	}

	/** What came out of the last run of a node. */
	outputOf(name: 'Cognigy' | 'After', output = 0): INodeExecutionData[] {
		return this.runsOf(name).at(-1)?.data?.['main']?.[output] ?? [];
	}

	get error(): { message: string; description?: string; context?: { data?: unknown } } | undefined {
		return this.data.resultData.error as never;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	get #executionId(): string {
		return this.options.executionId ?? EXECUTION_ID;
	}

	async #goOn(data: IRunExecutionData): Promise<void> {
		this.status = 'running';
		const workflow = await this.#workflow();
		const additionalData = await this.#additionalData(workflow);
		const run = await new WorkflowExecute(additionalData, 'manual', data).processRunExecutionData(workflow);
		const text = JSON.stringify(run.data);
		if (run.waitTill) {
			await sleep(this.options.parkingMs ?? 0);
			this.waitTill = run.waitTill;
		}
		this.#data = text;
		this.status = run.waitTill ? 'waiting' : run.status === 'success' ? 'success' : 'error';
		if (!run.waitTill) for (const end of this.#ended.splice(0)) end();
	}

	async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const rawBody = Buffer.concat(chunks);
		const send = (status: number, body: unknown) => {
			response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
		};
		const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
		if (this.status !== 'waiting') return send(409, { message: `The execution is ${this.status}.` });
		if (request.method !== 'POST' || pathname !== `/waiting/${this.#executionId}/outcome`) {
			return send(404, { message: 'There is no waiting webhook with a matching path/method.' });
		}
		const { data } = this;
		await sleep(this.options.readingMs ?? 0);
		let body: unknown;
		try {
			const isJson = /^application\/json/.test(request.headers['content-type'] ?? '');
			body = rawBody.length === 0 ? {} : isJson ? jsonParse(rawBody.toString()) : rawBody.toString();
		} catch {
			return send(422, { message: 'Failed to parse request body' });
		}
		const [entry] = data.executionData?.nodeExecutionStack ?? [];
		if (!entry) throw new Error('Nothing waits');
		entry.node.disabled = true;
		data.waitTill = undefined;
		data.resultData.runData[data.resultData.lastNodeExecuted ?? '']?.pop();
		const workflow = await this.#workflow();
		const query = Object.fromEntries(searchParams);
		const additionalData = await this.#additionalData(workflow);
		Object.assign(request, { rawBody, body, query });
		Object.assign(additionalData, { httpRequest: request, httpResponse: response });
		const nodeType = workflow.nodeTypes.getByNameAndVersion(entry.node.type, 1);
		const webhookDescription = nodeType.description.webhooks?.[0];
		const node = workflow.getNode('Cognigy');
		if (!webhookDescription || !node) throw new Error('The node has no webhook');
		const webhookData = {
			httpMethod: 'POST' as const,
			node: 'Cognigy',
			path: 'outcome',
			webhookDescription,
			workflowId: 'workflow-1',
			workflowExecuteAdditionalData: additionalData,
		};
		const context = new WebhookContext(workflow, node, additionalData, 'manual', webhookData, [], data);
		Object.defineProperty(context, 'logger', { value: { warn: (line: string) => this.log.push(line) } });
		const { workflowData, webhookResponse } = (await nodeType.webhook?.call(context)) ?? {};
		if (!workflowData) return;
		entry.data.main = workflowData;
		// n8n 1 answers before it goes on.
		send(200, webhookResponse);
		await this.#goOn(data);
	}

	get #nodes(): INode[] {
		const { parameters, onError = 'stopWorkflow', settings } = this.options;
		const credentialType = credentialTypeIn(parameters);
		const plain = { typeVersion: 1, position: [0, 0] as [number, number], parameters: {} };
		return [
			{ ...plain, id: 'node-0', name: 'Source', type: SOURCE },
			{
				...plain,
				id: 'node-1',
				name: 'Cognigy',
				type: 'n8n-nodes-cognigy.cognigyTriggerFlow',
				parameters: parameters as INode['parameters'],
				credentials: { [credentialType]: { id: 'credential-1', name: 'Cognigy account' } },
				onError,
				...settings,
			},
			{ ...plain, id: 'node-2', name: 'After', type: AFTER },
		];
	}

	async #workflow(): Promise<Workflow> {
		const { items = [{ json: {} }], passes = 1, executionOrder = 'v1' } = this.options;
		const nodeTypes = nodeTypesOf(await loadPackage(), {
			[SOURCE]: testNode(async () => [items], []),
			[AFTER]: testNode(async (given) => [given]),
		});
		const to = (node: string) => ({ node, type: 'main' as const, index: 0 });
		const connections = {
			Source: { main: [Array.from({ length: passes }, () => to('Cognigy'))] },
			Cognigy: { main: [[to('After')], [to('After')]] },
		};
		const settings = { executionOrder };
		return new Workflow({ id: 'workflow-1', active: true, nodeTypes, nodes: this.#nodes, connections, settings });
	}

	async #additionalData(workflow: Workflow): Promise<IWorkflowExecuteAdditionalData> {
		const credentials = { [credentialTypeIn(this.options.parameters)]: { ...this.options.credential } };
		const helper = new MemoryCredentials(await loadPackage(), credentials);
		const url = `http://127.0.0.1:${this.port}/waiting`;
		return Object.assign(additionalDataOf(workflow, helper, this.#executionId), { webhookWaitingBaseUrl: url });
	}
}

function testNode(
	run: (items: INodeExecutionData[]) => Promise<INodeExecutionData[][]>,
	inputs: Array<'main'> = ['main'],
): INodeType {
	return {
		description: {
			displayName: 'Test',
			name: 'test',
			group: ['transform'],
			version: 1,
			description: '',
			defaults: {},
			inputs,
			outputs: ['main'],
			properties: [],
		},
		async execute() {
			return await run(this.getInputData());
		},
	};
}
