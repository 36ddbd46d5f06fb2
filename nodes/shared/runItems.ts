import type {
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeProperties,
	NodeApiError,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import type {
	AuditEntry,
	CallGroup,
	CheckedOperation,
	CognigyClient,
	CognigyError,
	PlatformInputs,
	StartOptions,
} from '../../client';
import { auditLog } from './auditLog';
import { credentialTypeOf, type CredentialType } from './authentication';
import { watchCancellation } from './cancellation';
import { CredentialClients } from './credentialClients';
import { errorItem } from './errorItem';
import { ExecutionSteps } from './executionSteps';
import { ItemPace } from './itemPace';
import { loadClient, type ClientModule } from './loadClient';
import { asCognigyError, escapeHtml, toNodeError } from './nodeError';
import { readConcurrency, readOptions, type ItemOptions, type OptionDefaults } from './options';
import { ItemParameters, type GivenParameters } from './parameters';
import { ParameterReader } from './parameterReader';
import { withoutSecrets } from './secretParameters';

/** What an operation takes, of whichever platform. */
type InputOf<Name extends CheckedOperation> = PlatformInputs[CredentialType][Name];

/** How the parameters of an item become what the platform takes. @throws {CognigyError} `invalidInput`, naming the parameter */
type ReadInput<Input> = (parameters: ItemParameters, options: ItemOptions, client: ClientModule) => Input;

type Readers<Name extends CheckedOperation> = {
	readonly [Type in CredentialType as [PlatformInputs[Type][Name]] extends [never] ? never : Type]: ReadInput<
		PlatformInputs[Type][Name]
	>;
};

/** What a node does with one item: read its parameters, check them, call the client. */
export interface ItemWork<Name extends CheckedOperation> {
	operation: Name;
	/** The node's parameters, to call them by their labels in errors. */
	properties: INodeProperties[];
	/** For each platform that has the operation, by the type of the credential. */
	read: Readers<Name>;
	/** @returns the item's `json`, or that of each of its items */
	run(client: CognigyClient, input: InputOf<Name>, options: StartOptions): Promise<object | readonly object[]>;
	/**
	 * What a result is as an item, where it brings a file: its `json`, and the file in n8n's own way.
	 * @throws {CognigyError} with the audit entry of the result: what was made is not undone when n8n cannot keep the file
	 */
	binary?(
		result: object,
		parameters: ItemParameters,
		client: ClientModule,
	): Promise<Pick<INodeExecutionData, 'json' | 'binary'>>;
	/** Where its options have other defaults. */
	defaults?: OptionDefaults;
	/** Whether what it asks for must happen only once, also when n8n runs the node again in the same execution. */
	isOnce?: boolean;
	/** Where one item stands for several: the parameters in which they differ. @throws {CognigyError} */
	expand?(client: CognigyClient, parameters: ItemParameters): Promise<GivenParameters[]>;
	/** One of those failed, or is not run after all. Never fails. */
	abandon?(client: CognigyClient, given: GivenParameters): Promise<void>;
}

/** One call: an input item, or one of several that it stands for. */
interface Job {
	/** Index of the input item. */
	index: number;
	given: GivenParameters;
}

/**
 * The item loop of every action node (docs/guarantees.md#outputs): items run concurrently and come out in order, one
 * failing item hurts no other, cancelling the execution ends every call.
 * @throws {NodeApiError | NodeOperationError} of the first failing item when the node is to stop the workflow: bad input
 *   anywhere in the items before anything is sent; later faults when the calls that run already have ended
 */
export async function runItems<Name extends CheckedOperation>(
	context: IExecuteFunctions,
	work: ItemWork<Name>,
): Promise<INodeExecutionData[][]> {
	const items = new ItemRun(context, work, await loadClient());
	try {
		return [context.continueOnFail() ? await items.runEach() : await items.runAll()];
	} finally {
		await items.dispose();
	}
}

interface PreparedItem<Name extends CheckedOperation> {
	job: Job;
	client: CognigyClient;
	input: InputOf<Name>;
	options: StartOptions;
	includeMetrics: boolean;
}

interface Fault {
	job: Job;
	error: unknown;
}

/** For what n8n says of the parameters of an item. */
const ADVICE = 'Correct the parameters of this item, and the expressions in them.';

/** How long items are checked in one go before n8n gets to do something else, in ms. */
const CHECKING_SLICE_MS = 20;

/** One execution of a node over its items. */
class ItemRun<Name extends CheckedOperation> {
	readonly #node;
	readonly #credentialType: CredentialType;
	readonly #read: ReadInput<InputOf<Name>>;
	readonly #indexes: number[];
	/** What was taken on by `expand` and is not done. */
	readonly #takenOn = new Map<Job, CognigyClient>();
	readonly #log: (entry: AuditEntry) => void;
	readonly #warn: (message: string) => void;
	readonly #tell: (message: string) => void;
	readonly #cancellation;
	readonly #clients: CredentialClients;
	readonly #group: CallGroup;
	readonly #pace: ItemPace;
	readonly #source: ParameterReader;
	readonly #steps: ExecutionSteps | undefined;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly work: ItemWork<Name>,
		private readonly module: ClientModule,
	) {
		this.#node = context.getNode();
		const readers = work.read as Readonly<Record<CredentialType, ReadInput<InputOf<Name>>>>;
		this.#credentialType = platformOf(this.#node, Object.keys(readers) as CredentialType[]);
		this.#read = readers[this.#credentialType];
		this.#indexes = context.getInputData().map((_, index) => index);
		this.#log = auditLog(context);
		this.#warn = (message) => context.logger.warn(message, { nodeName: this.#node.name });
		this.#tell = (message) => context.logger.info(message, { nodeName: this.#node.name });
		this.#cancellation = watchCancellation(context, module);
		this.#clients = new CredentialClients(context, module, this.#credentialType);
		this.#group = new module.CallGroup();
		this.#pace = new ItemPace(module.edition.host.nextTurn);
		this.#source = new ParameterReader(context);
		this.#steps = work.isOnce ? new ExecutionSteps(context, module) : undefined;
	}

	/** Closes what the calls of this execution shared. */
	async dispose(): Promise<void> {
		this.#cancellation.dispose();
		for (const [{ given }, client] of this.#takenOn) await this.work.abandon?.(client, given);
		await this.#group.close();
	}

	/** "Continue" and "Continue (using error output)": a failing item becomes an error item. */
	async runEach(): Promise<INodeExecutionData[]> {
		let concurrency: number;
		try {
			concurrency = readConcurrency(this.context, this.module, this.work.defaults);
		} catch (error) {
			return this.#indexes.map((index) => this.#errorItem(error, { index, given: {} }));
		}
		const jobs: Array<Job | INodeExecutionData> = [];
		for (const index of this.#indexes) {
			try {
				jobs.push(...(await this.#jobsOf(index)));
			} catch (error) {
				jobs.push(this.#errorItem(error, { index, given: {} }));
			}
		}
		const output = await this.#inTurn(jobs, concurrency, async (job, onAnswered) => {
			if (!isJob(job)) return [job];
			if (this.#cancellation.signal.aborted) return [];
			try {
				return await this.#call(await this.#prepare(job), onAnswered);
			} catch (error) {
				return [this.#errorItem(error, job)];
			}
		});
		this.#throwIfCancelled();
		return output;
	}

	/** "Stop Workflow": nothing is sent while any item is wrong, and nothing new after the first fault. */
	async runAll(): Promise<INodeExecutionData[]> {
		const concurrency = this.#concurrencyOrStop();
		const prepared = await this.#prepareAll();
		const faults: Fault[] = [];
		const output = await this.#inTurn(prepared, concurrency, async (item, onAnswered) => {
			if (faults.length > 0 || this.#cancellation.signal.aborted) return [];
			try {
				return await this.#call(item, onAnswered);
			} catch (error) {
				faults.push({ job: item.job, error });
				return [];
			}
		});
		this.#throwIfCancelled();
		const [first] = faults.sort((a, b) => a.job.index - b.job.index);
		if (first) throw this.#stopError(first, faults);
		return output;
	}

	/**
	 * Works on so many at a time. One whose service has answered gives its place to the next: what is left of it is to be written
	 * down, together with how that begins.
	 * @returns what came of all, in their order
	 * @throws what `work` throws, which is to see to its own faults
	 */
	async #inTurn<T>(
		all: readonly T[],
		concurrency: number,
		work: (one: T, onAnswered: () => void) => Promise<INodeExecutionData[]>,
	): Promise<INodeExecutionData[]> {
		const outputs: Array<Promise<INodeExecutionData[]>> = [];
		const begin = async (one: T, index: number) => {
			await this.#pace.next();
			await new Promise<void>((resolve, reject) => {
				const output = work(one, resolve);
				outputs[index] = output;
				output.then(() => resolve(), reject);
			});
		};
		await this.module.pMap(all, begin, { concurrency });
		return (await Promise.all(outputs)).flat();
	}

	async #prepareAll(): Promise<Array<PreparedItem<Name>>> {
		const prepared: Array<PreparedItem<Name>> = [];
		let sliceStart = performance.now();
		for (const index of this.#indexes) {
			try {
				for (const job of await this.#jobsOf(index)) {
					const item = await this.#prepare(job);
					item.client.check(this.work.operation, item.input, item.options);
					prepared.push(item);
				}
			} catch (error) {
				throw this.#preparationError(error, { index, given: {} });
			}
			if (performance.now() - sliceStart > CHECKING_SLICE_MS) {
				await this.module.edition.host.nextTurn();
				sliceStart = performance.now();
			}
		}
		return prepared;
	}

	async #jobsOf(index: number): Promise<Job[]> {
		if (!this.work.expand) return [{ index, given: {} }];
		const client = await this.#clients.get(index);
		const several = await this.work.expand(client, new ItemParameters(this.#source, index, this.module));
		const jobs = several.map((given) => ({ index, given }));
		for (const job of jobs) this.#takenOn.set(job, client);
		return jobs;
	}

	async #prepare(job: Job): Promise<PreparedItem<Name>> {
		const { index, given } = job;
		const client = await this.#clients.get(index);
		const itemOptions = readOptions(this.#source, index, this.#credentialType, this.module, this.work.defaults);
		const parameters = new ItemParameters(this.#source, index, this.module, given);
		const input = this.#read(parameters, itemOptions, this.module);
		const { timeoutSeconds, retries, auditInput, includeMetrics } = itemOptions;
		const options = {
			timeoutSeconds,
			retries,
			auditInput,
			signal: this.#cancellation.signal,
			group: this.#group,
			onWarning: this.#warn,
			onProgress: this.#tell,
			onAudit: this.#log,
			...(this.#steps ? { origin: this.#steps.of(index, input) } : {}),
		};
		return { job, client, input, options, includeMetrics };
	}

	async #call(item: PreparedItem<Name>, onAnswered: () => void): Promise<INodeExecutionData[]> {
		const { job, client, input, options, includeMetrics } = item;
		const result = await this.work.run(client, input, { ...options, onAnswered });
		this.#takenOn.delete(job);
		const metrics = includeMetrics ? { metrics: client.metrics() } : {};
		const results: readonly object[] = Array.isArray(result) ? result : [result];
		if (this.work.binary) {
			const parameters = new ItemParameters(this.#source, job.index, this.module, job.given);
			const { json, binary } = await this.work.binary(result, parameters, this.module);
			return [{ json: { ...json, ...metrics } as IDataObject, binary, pairedItem: { item: job.index } }];
		}
		return results.map((one) => ({ json: { ...one, ...metrics } as IDataObject, pairedItem: { item: job.index } }));
	}

	#errorItem(cause: unknown, job: Job): INodeExecutionData {
		return errorItem(this.#node, this.work.properties, this.#audited(cause, job), job.index);
	}

	/** Every failure with an audit entry: what failed before the client was called gets one here. */
	#audited(cause: unknown, job: Job): CognigyError {
		const error = asCognigyError(cause, this.module, ADVICE);
		if (error.audit) return error;
		const audit = this.module.refusalAudit(this.work.operation, error.category, this.#subjectOf(job));
		this.#log(audit);
		return error.withAudit(audit);
	}

	/** What an item is about, as far as its parameters can be read. */
	#subjectOf({ index, given }: Job): { botId: string; flowId?: string; sessionId?: string; userId?: string } {
		const parameters = new ItemParameters(this.#source, index, this.module, given);
		const read = (name: string): string => {
			try {
				return parameters.text(name);
			} catch {
				return '';
			}
		};
		const others = ['flowId', 'sessionId', 'userId'].map((name) => [name, read(name)] as const);
		return { botId: read('botId'), ...Object.fromEntries(others.filter(([, value]) => value !== '')) };
	}

	#concurrencyOrStop(): number {
		try {
			return readConcurrency(this.context, this.module, this.work.defaults);
		} catch (error) {
			throw this.#preparationError(error, { index: 0, given: {} });
		}
	}

	/** The error of the first failing item. What may have run for other items must not be hidden behind it. */
	#stopError(first: Fault, faults: readonly Fault[]): NodeApiError | NodeOperationError {
		const nodeError = this.#nodeError(this.#audited(first.error, first.job), first.job.index);
		const uncertain = faults
			.filter((fault) => fault !== first)
			.map(({ error, job }) => ({ error: this.#audited(error, job), index: job.index }))
			.filter(({ error }) => error.mayHaveRun)
			.map(({ error, index }) => `item ${index}${escapeHtml(whoseItWas(error))}`);
		if (uncertain.length > 0) {
			nodeError.description = `${nodeError.description ?? ''} Other items may have been carried out as well: ${uncertain.join(', ')}.`;
		}
		return nodeError;
	}

	/** n8n shows its own errors, of expressions for example, better than we could. */
	#preparationError(cause: unknown, job: Job): unknown {
		return cause instanceof this.module.CognigyError ? this.#nodeError(this.#audited(cause, job), job.index) : cause;
	}

	#nodeError(error: CognigyError, index: number): NodeApiError | NodeOperationError {
		return toNodeError(this.#node, this.work.properties, error, index);
	}

	#throwIfCancelled(): void {
		if (!this.#cancellation.signal.aborted) return;
		throw new NodeOperationError(withoutSecrets(this.#node), 'The execution was cancelled', {
			description: 'Calls that were running have been ended. The log says for each item how far it came.',
		});
	}
}

/** To find out by. */
function whoseItWas({ audit }: CognigyError): string {
	if (audit?.taskId) return ` (task "${audit.taskId}")`;
	if (audit?.sessionId) return ` (session "${audit.sessionId}")`;
	return audit?.userId ? ` (contact "${audit.userId}")` : '';
}

/** The platform of a node: where it has only one, nobody chooses. */
function platformOf(node: INode, [first, ...others]: readonly CredentialType[]): CredentialType {
	return first && others.length === 0 ? first : credentialTypeOf(node);
}

function isJob(job: Job | INodeExecutionData): job is Job {
	return 'given' in job;
}
