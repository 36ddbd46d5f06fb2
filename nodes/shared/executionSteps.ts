import { createHash, randomUUID } from 'node:crypto';

import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

/** What a model said when it called the node as a tool: n8n gives the very same object again when it tries again. */
const toolCalls = new WeakMap<object, string>();

/**
 * Names what each item of a run of a node asks for, so that it is known when n8n runs the node again in the same execution:
 * Retry On Fail, or another worker that took the execution over. Another execution, a loop that passes the node again and
 * each call of a tool have names of their own.
 *
 * An item is known by what is in it, not by its place: when nodes before it run again they may give other items. Of items
 * that are alike the first is the first again.
 */
export class ExecutionSteps {
	readonly #items: INodeExecutionData[];
	/** What all items of this run have in common; undefined: n8n does not say which execution it is. */
	readonly #run: readonly unknown[] | undefined;
	readonly #names: string[] = [];
	readonly #alike = new Map<string, number>();

	constructor(context: IExecuteFunctions) {
		this.#items = context.getInputData();
		this.#run = runOf(context, this.#items);
	}

	/** @returns empty: unknown */
	of(itemIndex: number): string {
		if (!this.#run) return '';
		// In their order, whoever asks first.
		for (let index = this.#names.length; index <= itemIndex; index++) {
			const content = contentOf(this.#items[index]);
			const before = this.#alike.get(content) ?? 0;
			this.#alike.set(content, before + 1);
			this.#names.push(JSON.stringify([...this.#run, content, before]));
		}
		return this.#names[itemIndex] ?? '';
	}
}

function runOf(context: IExecuteFunctions, items: readonly INodeExecutionData[]): readonly unknown[] | undefined {
	const executionId = context.getExecutionId();
	if (!executionId) return undefined;
	const { id, name } = context.getNode();
	const node = [context.getInstanceId(), context.getWorkflow().id, executionId, id, name];
	const call = toolCallOf(context, items);
	if (call !== undefined) return [...node, 'call', call];
	return [...node, 'run', context.evaluateExpression('{{ $runIndex }}', 0)];
}

/**
 * Which call of a tool it is. The number of the run does not tell: it grows with each try, and is the same for items of
 * an agent that work side by side.
 * @returns undefined where n8n runs the node as any other
 */
function toolCallOf(context: IExecuteFunctions, [item]: readonly INodeExecutionData[]): string | undefined {
	if (!item || context.getInputData(0, NodeConnectionTypes.Main).length > 0) return undefined;
	const known = toolCalls.get(item.json) ?? randomUUID();
	toolCalls.set(item.json, known);
	return known;
}

function contentOf(item: INodeExecutionData | undefined): string {
	return createHash('sha256').update(textOf(item)).digest('base64url');
}

/** What cannot be written as JSON is refused when it is sent. */
function textOf(item: INodeExecutionData | undefined): string {
	try {
		return JSON.stringify(item?.json) ?? '';
	} catch {
		return '';
	}
}
