import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * For what must not be in the hands of a language model: an operation with it is not offered where an agent uses the node.
 * Who gets there anyway, by an expression for example, is refused when it runs.
 */
export const notForAgents = { show: { '@tool': [false] } };

/** Whether an agent uses the node as its tool: n8n makes a type of its own for that. */
export function runsAsTool(context: Pick<IExecuteFunctions, 'getNode'>): boolean {
	return context.getNode().type.endsWith('Tool');
}
