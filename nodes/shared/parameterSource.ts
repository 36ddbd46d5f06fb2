import type { IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { fieldOfItem } from './fieldExpression';

/**
 * Reads parameters from n8n. One without an expression is the same for all items, so n8n is asked for it only once:
 * each question costs it about as much as all of our own work on the item.
 */
export class ParameterSource {
	readonly #parameters: INode['parameters'];
	readonly #items: INodeExecutionData[];
	readonly #constants = new Map<string, unknown>();

	constructor(private readonly context: IExecuteFunctions) {
		this.#parameters = context.getNode().parameters;
		this.#items = context.getInputData();
	}

	/** @throws n8n's own error when an expression cannot be evaluated */
	value(name: string, itemIndex: number, fallback: unknown): unknown {
		const parameter = this.#parameters[name];
		if (hasExpression(parameter)) {
			const json = this.#items[itemIndex]?.json;
			const field = typeof parameter === 'string' && json ? fieldOfItem(parameter, json) : undefined;
			return field ?? this.context.getNodeParameter(name, itemIndex, fallback);
		}
		if (!this.#constants.has(name)) {
			this.#constants.set(name, this.context.getNodeParameter(name, itemIndex, fallback));
		}
		return this.#constants.get(name);
	}
}

function hasExpression(value: unknown): boolean {
	if (typeof value === 'string') return value.startsWith('=');
	if (typeof value !== 'object' || value === null) return false;
	return Object.values(value).some(hasExpression);
}
