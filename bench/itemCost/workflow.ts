import { callWebhook, WebhookRefusal } from '../../demo/callWebhook';
import type { StoredWorkflow, WorkflowDefinition, WorkflowNode } from '../../n8n-host';
import { inARow, itemNodes, leadsTo, type MeasuredNode } from '../n8n/workflow';
import type { N8nPlace } from '../n8n/withN8n';
import { customers } from '../triggerFlow/nodes';

/** Notes the time, once. */
function timeNode(name: string, y: number, values: Record<string, string>): WorkflowNode {
	const assignments = Object.entries(values).map(([key, value]) => ({ id: key, name: key, type: 'number', value }));
	return {
		id: name,
		name,
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		position: [800, y],
		executeOnce: true,
		parameters: { assignments: { assignments }, options: {} },
	};
}

/**
 * Webhook → a list of items → the node to measure. It answers how long the node took. n8n does not keep these executions:
 * to write 100,000 items into its database would take longer than to make them.
 */
export function timedWorkflow(name: string, count: number, measured: MeasuredNode): WorkflowDefinition {
	const webhook: MeasuredNode = {
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		parameters: { path: name, httpMethod: 'POST', responseMode: 'lastNode', options: {} },
	};
	const nodes: WorkflowNode[] = [
		...itemNodes(webhook, customers(count)).map((node) => ({ ...node, webhookId: name })),
		// Of several nodes that follow one, n8n runs the highest first.
		timeNode('Before', -200, { at: '={{ $now.toMillis() }}' }),
		{ id: 'measured', name: 'Measured', position: [800, 0], ...measured },
		timeNode('After', 200, {
			ms: "={{ $now.toMillis() - $('Before').first().json.at }}",
			items: "={{ $('Measured').all().length }}",
		}),
	];
	const [start, list, split] = nodes;
	const lead = [start, list, split].filter((node) => node !== undefined);
	const connections = {
		...inARow(lead),
		[split?.name ?? '']: leadsTo('Before', 'Measured'),
		Measured: leadsTo('After'),
	};
	const settings = { executionOrder: 'v1', saveDataSuccessExecution: 'none', saveDataErrorExecution: 'none' };
	return { name, nodes, connections, settings };
}

/** Runs it once. @returns the time of the node, in ms, or why there is none */
export async function timeOf(
	{ n8n }: N8nPlace,
	{ name }: StoredWorkflow,
	{ count, patienceMs }: { count: number; patienceMs: number },
): Promise<{ ms: number } | { problem: string }> {
	const signal = AbortSignal.timeout(patienceMs);
	try {
		const { text } = await callWebhook(`${n8n.url}/webhook/${name}`, {}, signal, patienceMs);
		const { ms, items } = JSON.parse(text) as { ms?: number; items?: number };
		if (ms === undefined || items !== count) return { problem: `failed: ${items ?? 0} of ${count} items came out` };
		return { ms };
	} catch (error) {
		if (signal.aborted) return { problem: `took more than ${patienceMs / 1000} s` };
		if (error instanceof WebhookRefusal) return { problem: `failed: ${error.message}` };
		throw error;
	}
}
