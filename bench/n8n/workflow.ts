import type { N8nClient, StoredWorkflow, WorkflowDefinition, WorkflowNode } from '../../n8n-host';

const START = 'Start';
const SPLIT = 'Split';

/** What a benchmark says of a node that it measures. */
export type MeasuredNode = Pick<WorkflowNode, 'type' | 'typeVersion' | 'parameters' | 'credentials'>;

export interface ListOfItems {
	count: number;
	/** JavaScript for the `json` of item number `i`: `{ customer: 'customer-' + i }`. */
	item: string;
}

/** `start` → a list of items. The last of these nodes puts them out. */
export function itemNodes(start: MeasuredNode, { count, item }: ListOfItems): WorkflowNode[] {
	return [
		{ id: 'start', name: START, position: [0, 0], ...start },
		{
			id: 'make',
			name: 'Make List',
			type: 'n8n-nodes-base.set',
			typeVersion: 3.4,
			position: [200, 0],
			parameters: {
				assignments: {
					assignments: [
						{
							id: 'list',
							name: 'list',
							type: 'array',
							value: `={{ Array.from({ length: ${count} }, (_, i) => (${item})) }}`,
						},
					],
				},
				options: {},
			},
		},
		{
			id: 'split',
			name: SPLIT,
			type: 'n8n-nodes-base.splitOut',
			typeVersion: 1,
			position: [400, 0],
			parameters: { fieldToSplitOut: 'list', options: {} },
		},
	];
}

/** Each node leads to the next one. */
export function inARow(nodes: readonly WorkflowNode[]): Record<string, { main: Connection[][] }> {
	return Object.fromEntries(nodes.slice(1).map(({ name }, index) => [nodes[index]?.name, leadsTo(name)]));
}

/** To these nodes in this order. */
export function leadsTo(...names: string[]): { main: Connection[][] } {
	return { main: [names.map((node) => ({ node, type: 'main', index: 0 }))] };
}

interface Connection {
	node: string;
	type: string;
	index: number;
}

/** Manual start → a list of items → the nodes to measure, one after the other. */
export function workflowAround(name: string, items: ListOfItems, ...measured: MeasuredNode[]): WorkflowDefinition {
	const start = { type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, parameters: {} };
	const after = measured.map((node, index): WorkflowNode => {
		const position: [number, number] = [600 + 200 * index, 0];
		return { id: `measured-${index}`, name: measuredName(index), position, ...node };
	});
	const nodes = [...itemNodes(start, items), ...after];
	return { name, nodes, connections: inARow(nodes), settings: { executionOrder: 'v1' } };
}

const measuredName = (index: number) => `Measured ${index + 1}`;

/**
 * Runs the workflow once, by its manual start.
 * @returns the time that the measured nodes took themselves, in ms
 */
export async function timeInN8n(
	client: N8nClient,
	workflow: StoredWorkflow,
	{ items, nodes = 1 }: { items: number; nodes?: number },
): Promise<number> {
	const id = await client.runWorkflow(workflow, START);
	const execution = await client.waitForExecution(id, { timeoutMs: 120_000 });
	const times = Array.from({ length: nodes }, (_, index) => {
		const run = execution.data.resultData.runData[measuredName(index)]?.[0];
		const count = run?.data?.main?.[0]?.length;
		if (count !== items || run?.executionTime === undefined) {
			throw new Error(`${workflow.name}: ${count ?? 0} of ${items} items came out. ${run?.error?.message ?? ''}`);
		}
		return run.executionTime;
	});
	return times.reduce((sum, time) => sum + time, 0);
}
