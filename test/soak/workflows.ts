import { randomUUID } from 'node:crypto';

import type { StoredCredential, WorkflowDefinition, WorkflowNode } from '../../n8n-host';
import { inARow } from '../../bench/n8n/workflow';

/** One of this package's nodes, named as its type; its first credential says which Cognigy it is for. */
export function cognigyNode(
	type: string,
	parameters: Record<string, unknown>,
	credential: StoredCredential,
	...others: StoredCredential[]
): WorkflowNode {
	return {
		id: 'cognigy',
		name: 'Cognigy',
		type: `n8n-nodes-cognigy.${type}`,
		typeVersion: 1,
		position: [200, 0],
		// A webhook of n8n is known by it.
		webhookId: randomUUID(),
		parameters: { authentication: credential.type, ...parameters },
		credentials: Object.fromEntries([credential, ...others].map(({ type: kind, id, name }) => [kind, { id, name }])),
	};
}

/** Messages start the workflow, and it posts each of them to the receiver. */
export function postingWorkflow(stream: string, trigger: WorkflowNode, receiverUrl: string): WorkflowDefinition {
	return chain(stream, trigger, postNode(stream, receiverUrl));
}

/** A webhook runs the node and answers with what it puts out, also when that is an error. */
export function answeringWorkflow(path: string, node: WorkflowNode): WorkflowDefinition {
	const webhook: WorkflowNode = {
		id: 'webhook',
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		position: [0, 0],
		webhookId: randomUUID(),
		parameters: { httpMethod: 'POST', path, responseMode: 'lastNode', options: {} },
	};
	return chain(path, webhook, { ...node, onError: 'continueRegularOutput' });
}

/** Runs the node every so many seconds, and posts what it puts out to the receiver. */
export function scheduledWorkflow(
	name: string,
	seconds: number,
	node: WorkflowNode,
	receiverUrl: string,
): WorkflowDefinition {
	const schedule: WorkflowNode = {
		id: 'schedule',
		name: 'Schedule',
		type: 'n8n-nodes-base.scheduleTrigger',
		typeVersion: 1.2,
		position: [0, 0],
		parameters: { rule: { interval: [{ field: 'seconds', secondsInterval: seconds }] } },
	};
	return chain(name, schedule, { ...node, onError: 'continueRegularOutput' }, postNode(name, receiverUrl));
}

function postNode(stream: string, url: string): WorkflowNode {
	const body = `{ stream: ${JSON.stringify(stream)}, ...$json }`;
	return {
		id: 'post',
		name: 'Post',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		position: [400, 0],
		parameters: {
			method: 'POST',
			url,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: `={{ JSON.stringify(${body}) }}`,
			options: {},
		},
	};
}

function chain(name: string, ...nodes: WorkflowNode[]): WorkflowDefinition {
	return { name, nodes, connections: inARow(nodes), settings: { executionOrder: 'v1' } };
}
