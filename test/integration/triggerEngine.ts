import 'reflect-metadata';
import { TriggerContext, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	Workflow,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type IRun,
	type ITriggerResponse,
	type IWorkflowSettings,
	type LogMetadata,
	type WorkflowActivateMode,
} from 'n8n-workflow';

import {
	additionalDataOf,
	credentialTypeIn,
	loadPackage,
	MemoryCredentials,
	nodeTypesOf,
	type RunOptions,
} from './engine';
import { emitAsServer, runTrigger } from './engineDifferences';

const NODE_TYPE = 'cognigyStreamMessagesTrigger';

export interface TriggerOptions {
	parameters: IDataObject;
	/** May be edited while the trigger runs. */
	credential: RunOptions['credential'];
	workflowId?: string;
	nodeId?: string;
	settings?: IWorkflowSettings;
	/** Keys of the executions that n8n's database has: none of them is made again. Default: it forgets each at once. */
	made?: Set<string>;
	/** What n8n has kept for the workflow. */
	staticData?: IDataObject;
	/** Why n8n starts the trigger. Default: a person publishes the workflow. */
	activation?: WorkflowActivateMode;
	/** What n8n does with an emission; throws where n8n does. Default: the execution ends at once and well. */
	onEmit?: (emission: Emission) => void;
	/** As in n8n before 2.7. */
	withoutFailedExecutions?: boolean;
}

/** What the trigger gave to n8n at one go. */
export interface Emission {
	items: INodeExecutionData[];
	deduplicationKey: string | undefined;
	/** Whether the trigger wants to know when the execution has ended. */
	isAwaited: boolean;
	/** The execution has ended. */
	finish(): void;
	/** n8n could not create the execution, or somebody stopped it. */
	fail(error: Error): void;
}

/** A trigger that runs for production. */
export class RunningTrigger {
	readonly emissions: Emission[] = [];
	/** What was given to `saveFailedExecution`. */
	readonly failedExecutions: Error[] = [];
	/** What was given to `emitError`. */
	readonly fatalErrors: Error[] = [];
	readonly log: Array<{ level: string; message: string }> = [];
	/** What n8n keeps for the workflow: as it was at the last emission. */
	staticData: IDataObject = {};
	response: ITriggerResponse | undefined;
	#waiting: Array<() => void> = [];

	/** Something happened. */
	changed(): void {
		for (const look of this.#waiting) look();
	}

	/** Resolves once it is true; looks whenever something was emitted, reported or logged. */
	async when(isTrue: () => boolean, timeoutMs = 10_000): Promise<void> {
		if (isTrue()) return;
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(() => {
				leave();
				reject(new Error(`Did not become true: ${isTrue.toString()}\n${JSON.stringify(this.log.slice(-20), null, 1)}`));
			}, timeoutMs);
			const look = () => {
				if (!isTrue()) return;
				leave();
				resolve();
			};
			const leave = () => {
				clearTimeout(timer);
				this.#waiting = this.#waiting.filter((other) => other !== look);
			};
			this.#waiting.push(look);
		});
	}

	/** Resolves once so many times was emitted. */
	async emitted(count: number, timeoutMs?: number): Promise<void> {
		await this.when(() => this.emissions.length >= count, timeoutMs);
	}

	/** The emission of this number; the first is 0. */
	emission(index: number): Emission {
		const emission = this.emissions[index];
		if (!emission) throw new Error(`There is no emission ${index}, only ${this.emissions.length}`);
		return emission;
	}

	/** What was said, in the order in which it was emitted, a list for each emission. */
	get texts(): unknown[][] {
		return this.emissions.map(({ items }) => items.map(({ json }) => json['text']));
	}

	/** Messages of the log from this level, but for what n8n lacks. */
	logged(level: string): string[] {
		return this.log.filter((line) => line.level === level && !isLack(line)).map(({ message }) => message);
	}

	/** What was said of what n8n lacks: once in a process for each, so which trigger says it depends on those before. */
	get lacks(): string[] {
		return this.log.filter(isLack).map(({ message }) => message);
	}

	/** As n8n does when the workflow is unpublished, and when n8n ends. */
	async close(): Promise<void> {
		await this.response?.closeFunction?.();
	}
}

function isLack({ message }: { message: string }): boolean {
	return message.includes('this n8n lacks');
}

const running = new Set<RunningTrigger>();

/** For `afterEach`. */
export async function closeTriggers(): Promise<void> {
	await Promise.all(Array.from(running, async (trigger) => await trigger.close()));
	running.clear();
}

async function workflowWith({ parameters, credential, workflowId, nodeId, settings, staticData = {} }: TriggerOptions) {
	const credentialType = credentialTypeIn(parameters);
	const packageLoader = await loadPackage();
	const node: INode = {
		id: nodeId ?? 'node-1',
		name: 'Messages',
		type: `${packageLoader.packageName}.${NODE_TYPE}`,
		typeVersion: 1,
		position: [0, 0],
		parameters: parameters as INode['parameters'],
		credentials: { [credentialType]: { id: 'credential-1', name: 'Cognigy account' } },
	};
	const workflow = new Workflow({
		id: workflowId ?? 'workflow-1',
		active: true,
		nodeTypes: nodeTypesOf(packageLoader),
		nodes: [node],
		connections: {},
		settings: { executionOrder: 'v1', ...settings },
		staticData: copyOf(staticData),
	});
	// Not a copy: a test may edit it.
	const additionalData = additionalDataOf(
		workflow,
		new MemoryCredentials(packageLoader, { [credentialType]: credential }),
	);
	return { workflow, node, additionalData };
}

/**
 * Starts the trigger node for production in n8n's own engine, in the context that n8n's server gives it.
 * @throws what the node throws
 */
export async function startTrigger(options: TriggerOptions): Promise<RunningTrigger> {
	const { activation = 'activate', made, onEmit = ({ finish }) => setImmediate(finish) } = options;
	const { workflow, node, additionalData } = await workflowWith(options);
	const trigger = new RunningTrigger();
	const emit = emitAsServer((data, _response, done, deduplicationKey) => {
		const emission: Emission = {
			items: data[0] ?? [],
			deduplicationKey,
			isAwaited: done !== undefined,
			finish: () => done?.resolve({ status: 'success' } as IRun),
			fail: (error) => done?.reject(error),
		};
		trigger.staticData = copyOf(workflow.staticData);
		if (deduplicationKey !== undefined && made?.has(deduplicationKey)) return emission.finish();
		if (deduplicationKey !== undefined) made?.add(deduplicationKey);
		onEmit(emission);
		trigger.emissions.push(emission);
		trigger.changed();
	});
	const saveFailedExecution = (error: Error) => {
		trigger.failedExecutions.push(error);
		trigger.changed();
	};
	const context = () => {
		const made = new TriggerContext(
			workflow,
			node,
			additionalData,
			'trigger',
			activation,
			emit,
			(error) => {
				trigger.fatalErrors.push(error);
				trigger.changed();
			},
			saveFailedExecution,
		);
		Object.defineProperty(made, 'logger', { value: loggerOf(trigger) });
		if (options.withoutFailedExecutions) Object.defineProperty(made, 'saveFailedExecution', { value: undefined });
		return made;
	};
	running.add(trigger);
	trigger.response = await runTrigger(workflow, node, context, additionalData, 'trigger', activation);
	return trigger;
}

/** As n8n's database has it. */
function copyOf(staticData: IDataObject): IDataObject {
	return JSON.parse(JSON.stringify(staticData)) as IDataObject;
}

function loggerOf(trigger: RunningTrigger) {
	const levels = ['debug', 'info', 'warn', 'error'].map((level) => {
		const write = (message: string, metadata?: LogMetadata) => {
			trigger.log.push({ level, message: metadata ? `${message} ${JSON.stringify(metadata)}` : message });
			trigger.changed();
		};
		return [level, write] as const;
	});
	return Object.fromEntries(levels);
}

export interface TestRun {
	/** Resolves with the execution of the editor's "Execute step"; rejects when it was cancelled. */
	run: Promise<IRun>;
	/** As the editor's button does. */
	cancel(): void;
}

/** The editor's "Execute step" on the trigger node, in n8n's own engine. */
export async function testTrigger(options: TriggerOptions): Promise<TestRun> {
	const { workflow, node, additionalData } = await workflowWith(options);
	const runData = createRunExecutionData({
		executionData: { nodeExecutionStack: [{ node, data: { main: [[{ json: {} }]] }, source: null }] },
	});
	const run = new WorkflowExecute(additionalData, 'manual', runData).processRunExecutionData(workflow);
	return { run: Promise.resolve(run), cancel: () => run.cancel() };
}

/** The items that the trigger put out in a test run. */
export function itemsOfRun({ data }: IRun): INodeExecutionData[] {
	return data.resultData.runData['Messages']?.[0]?.data?.['main']?.[0] ?? [];
}
