import type { WorkflowDefinition, WorkflowNode } from '../../n8n-host';

const START = 'Start';
const MEASURED = 'Measured';

/** Names of the nodes that a benchmark starts and measures. */
export const nodeNames = { start: START, measured: MEASURED };

/** What a benchmark says of the node that it measures. */
export type MeasuredNode = Pick<WorkflowNode, 'type' | 'typeVersion' | 'parameters' | 'credentials'>;

/** Manual start → a list of `count` items → the node to measure, which does one POST per item. */
export function workflowAround(name: string, count: number, measured: MeasuredNode) {
	const nodes: WorkflowNode[] = [
		{
			id: 'start',
			name: START,
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		},
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
							value: `={{ Array.from({ length: ${count} }, (_, i) => ({ customer: 'customer-' + i })) }}`,
						},
					],
				},
				options: {},
			},
		},
		{
			id: 'split',
			name: 'Split',
			type: 'n8n-nodes-base.splitOut',
			typeVersion: 1,
			position: [400, 0],
			parameters: { fieldToSplitOut: 'list', options: {} },
		},
		{ id: 'measured', name: MEASURED, position: [600, 0], ...measured },
	];
	const connections = Object.fromEntries(
		nodes
			.slice(1)
			.map((node, index) => [nodes[index]?.name, { main: [[{ node: node.name, type: 'main', index: 0 }]] }]),
	);
	return { name, nodes, connections, settings: { executionOrder: 'v1' } } as WorkflowDefinition;
}

/** n8n's HTTP Request node doing by hand what Trigger Flow does. */
export function httpRequestNode(sandboxUrl: string, token: string): MeasuredNode {
	return {
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			method: 'POST',
			url: `${sandboxUrl}/api/v1/bots/order-status/flows/main/sessions`,
			sendHeaders: true,
			headerParameters: { parameters: [{ name: 'Authorization', value: `Bearer ${token}` }] },
			sendBody: true,
			specifyBody: 'json',
			jsonBody: '={{ JSON.stringify({ userId: $json.customer, input: "Where is my order?", context: {} }) }}',
			options: {},
		},
	};
}

export function triggerFlowNode(credential: { id: string; name: string }, concurrency: number): MeasuredNode {
	return {
		type: 'n8n-nodes-cognigy.cognigyTriggerFlow',
		typeVersion: 1,
		parameters: {
			authentication: 'cognigyApi',
			botId: 'order-status',
			flowId: 'main',
			userId: '={{ $json.customer }}',
			input: 'Where is my order?',
			options: { concurrency },
		},
		credentials: { cognigyApi: credential },
	};
}
