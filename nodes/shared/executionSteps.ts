import { createHash, randomUUID } from 'node:crypto';

import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import type { ClientModule } from './loadClient';

/** One of the items of a run that ask for the same. */
interface Step {
	/** A hash of what it asks for. */
	content: string;
	/** How many of the run asked for the same before. */
	before: number;
}

/**
 * What items have asked for, by the run: n8n hands out the very same object again when it tries again, and then an expression
 * that gives something else each time, the time for example, makes no other step.
 */
const known = new WeakMap<object, Map<string, Step>>();

/** What a model said when it called the node as a tool: also then the very same object, when n8n tries again. */
const toolCalls = new WeakMap<object, string>();

/**
 * Names what each item of a run of a node asks for, so that it is known when n8n runs the node again in the same execution:
 * Retry On Fail, or another worker that took the execution over. Another execution, a loop that passes the node again and
 * each call of a tool have names of their own.
 *
 * An item is known by what it asks for, not by its place: nodes before it that run again may give other items.
 */
export class ExecutionSteps {
	readonly #items: INodeExecutionData[];
	/** What all items of this run have in common; undefined: n8n does not run it again, or does not say what it is. */
	readonly #run: string | undefined;
	readonly #alike = new Map<string, number>();

	constructor(context: IExecuteFunctions, { edition }: Pick<ClientModule, 'edition'>) {
		this.#items = context.getInputData();
		this.#run = runOf(context, this.#items, edition.host.isQueueMode());
	}

	/**
	 * @param input what the item asks for
	 * @returns empty: unknown
	 */
	of(itemIndex: number, input: object): string {
		const item = this.#items[itemIndex];
		if (this.#run === undefined || !item) return '';
		const runs = known.get(item.json) ?? new Map<string, Step>();
		known.set(item.json, runs);
		const step = runs.get(this.#run) ?? this.#newStep(input);
		runs.set(this.#run, step);
		const { content, before } = step;
		this.#alike.set(content, Math.max(this.#alike.get(content) ?? 0, before + 1));
		return JSON.stringify([this.#run, content, before]);
	}

	#newStep(input: object): Step {
		const content = createHash('sha256').update(textOf(input)).digest('base64url');
		return { content, before: this.#alike.get(content) ?? 0 };
	}
}

function runOf(
	context: IExecuteFunctions,
	items: readonly INodeExecutionData[],
	isQueueMode: boolean,
): string | undefined {
	const executionId = context.getExecutionId();
	const { id, name, retryOnFail = false } = context.getNode();
	const call = toolCallOf(context, items);
	// Where nobody runs it again, what is known of it would be kept for nothing. An agent that runs again says something new.
	const mayRunAgain = retryOnFail || (call === undefined && isQueueMode);
	if (!executionId || !mayRunAgain) return undefined;
	const run = call === undefined ? ['run', context.evaluateExpression('{{ $runIndex }}', 0)] : ['call', call];
	return JSON.stringify([context.getInstanceId(), context.getWorkflow().id, executionId, id, name, ...run]);
}

/**
 * Which call of a tool it is. The number of the run does not tell: it grows with each try, and is the same for items of
 * an agent that work side by side.
 * @returns undefined where n8n runs the node as any other
 */
function toolCallOf(context: IExecuteFunctions, [item]: readonly INodeExecutionData[]): string | undefined {
	if (!item || context.getInputData(0, NodeConnectionTypes.Main).length > 0) return undefined;
	const call = toolCalls.get(item.json) ?? randomUUID();
	toolCalls.set(item.json, call);
	return call;
}

/** Without where the outcome goes, as that is no part of what is asked. What is no JSON is refused when it is sent. */
function textOf(input: object): string {
	try {
		return JSON.stringify({ ...input, callbackUrl: undefined });
	} catch {
		return '';
	}
}
