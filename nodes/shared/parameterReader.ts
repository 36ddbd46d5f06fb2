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
		return isCollection(parameter) && hasExpression(parameter)
			? this.#collection(name, parameter, itemIndex)
			: this.#single(name, parameter, itemIndex, fallback);
	}

	/** Each entry by itself: one that has an expression is no reason to ask for the others again. */
	#collection(name: string, entries: Readonly<Record<string, unknown>>, itemIndex: number): Record<string, unknown> {
		return Object.fromEntries(
			Object.entries(entries).map(([entry, raw]) => [
				entry,
				this.#single(`${name}.${entry}`, raw, itemIndex, undefined),
			]),
		);
	}

	#single(name: string, raw: unknown, itemIndex: number, fallback: unknown): unknown {
		if (hasExpression(raw)) {
			const field = typeof raw === 'string' ? this.#field(raw, itemIndex) : undefined;
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

/** As options are. What is picked in a resource locator is one value, although it is an object. */
function isCollection(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value) && !('__rl' in value);
}

function hasExpression(value: unknown): boolean {
	if (typeof value === 'string') return value.startsWith('=');
	if (typeof value !== 'object' || value === null) return false;
	return Object.values(value).some(hasExpression);
}
