import type { IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { fieldOfItem } from './fieldExpression';

/** What n8n's contexts hold but do not promise: the items that `$json` means in an expression. */
interface ContextInternals {
	connectionInputData?: unknown;
}

/**
 * Reads parameters from n8n. One without an expression is the same for all items, so n8n is asked for it only once:
 * each question costs it about as much as all of our own work on the item.
 */
export class ParameterReader {
	readonly #parameters: INode['parameters'];
	readonly #items: INodeExecutionData[];
	/** Not always the node's items: those of a tool are what a model says, while `$json` is what its agent works on. */
	readonly #itemsInExpressions: readonly unknown[];
	readonly #constants = new Map<string, unknown>();

	constructor(private readonly context: IExecuteFunctions) {
		this.#parameters = context.getNode().parameters;
		this.#items = context.getInputData();
		const { connectionInputData } = context as unknown as ContextInternals;
		this.#itemsInExpressions = Array.isArray(connectionInputData) ? connectionInputData : [];
	}

	/** @throws n8n's own error when an expression cannot be evaluated */
	value(name: string, itemIndex: number, fallback: unknown): unknown {
		const parameter = this.#parameters[name];
		if (hasExpression(parameter)) {
			const field = typeof parameter === 'string' ? this.#field(parameter, itemIndex) : undefined;
			return field ?? this.context.getNodeParameter(name, itemIndex, fallback);
		}
		if (!this.#constants.has(name)) {
			this.#constants.set(name, this.context.getNodeParameter(name, itemIndex, fallback));
		}
		return this.#constants.get(name);
	}

	/** Only where the item is known to be what the expression means. */
	#field(expression: string, itemIndex: number): string | number | boolean | undefined {
		const item = this.#items[itemIndex];
		const meant = this.#itemsInExpressions[itemIndex] as Partial<INodeExecutionData> | undefined;
		return item && meant?.json === item.json ? fieldOfItem(expression, item.json) : undefined;
	}
}

function hasExpression(value: unknown): boolean {
	if (typeof value === 'string') return value.startsWith('=');
	if (typeof value !== 'object' || value === null) return false;
	return Object.values(value).some(hasExpression);
}
