import type { StoredCredential, WorkflowDefinition, WorkflowNode } from '../../n8n-host';
import { inARow, itemNodes, workflowAround, type ListOfItems, type MeasuredNode } from '../n8n/workflow';

/** One item for each of these sessions. */
function itemsOf(sessionIds: readonly string[]): ListOfItems {
	return { count: sessionIds.length, item: `{ sessionId: ${JSON.stringify(sessionIds)}[i] }` };
}

const nodeOf = (type: string, credential: StoredCredential, parameters: Record<string, unknown>): MeasuredNode => ({
	type: `n8n-nodes-cognigy.${type}`,
	typeVersion: 1,
	parameters: { authentication: credential.type, ...parameters },
	credentials: { [credential.type]: { id: credential.id, name: credential.name } },
});

/** Starts these sessions with Trigger Flow, which records them for our trigger. */
export function startingWorkflow(
	credential: StoredCredential,
	sessionIds: readonly string[],
	parameters: Record<string, unknown>,
): WorkflowDefinition {
	const start = nodeOf('cognigyTriggerFlow', credential, { sessionId: '={{ $json.sessionId }}', ...parameters });
	return workflowAround('Start the Sessions', itemsOf(sessionIds), start);
}

/** Stream Messages Trigger → the nodes that tell of a message. */
export function streamWorkflow(
	credential: StoredCredential,
	parameters: Record<string, unknown>,
	receiverUrl: string,
): WorkflowDefinition {
	const trigger = nodeOf('cognigyStreamMessagesTrigger', credential, { follow: 'registry', ...parameters });
	const nodes = [{ id: 'trigger', name: 'Trigger', position: [0, 0] as [number, number], ...trigger }];
	return told('Stream Messages', nodes, receiverUrl);
}

export interface Polling {
	/** Address of the messages of `$json.sessionId`, an expression. */
	url: string;
	token: string;
	sessionIds: readonly string[];
}

/** What is done without our trigger: Schedule, each second → a list of sessions → HTTP Request → the nodes that tell of a message. */
export function pollingWorkflow(
	name: string,
	{ url, token, sessionIds }: Polling,
	receiverUrl: string,
): WorkflowDefinition {
	const schedule: MeasuredNode = {
		type: 'n8n-nodes-base.scheduleTrigger',
		typeVersion: 1.2,
		parameters: { rule: { interval: [{ field: 'seconds', secondsInterval: 1 }] } },
	};
	const ask: WorkflowNode = {
		id: 'ask',
		name: 'Get Messages',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		position: [600, 0],
		parameters: {
			url: `=${url}`,
			sendHeaders: true,
			headerParameters: { parameters: [{ name: 'Authorization', value: `Bearer ${token}` }] },
			options: {},
		},
	};
	return told(name, [...itemNodes(schedule, itemsOf(sessionIds)), ask], receiverUrl);
}

/** Behind the messages the same nodes for all ways. The first one notes the time, so what the others take is not measured. */
function told(name: string, messages: readonly WorkflowNode[], receiverUrl: string): WorkflowDefinition {
	const note: WorkflowNode = {
		id: 'note',
		name: 'Note the Time',
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		position: [800, 0],
		parameters: {
			assignments: {
				assignments: [
					{ id: 'text', name: 'text', type: 'string', value: "={{ $json.text ?? '' }}" },
					{ id: 'arrivedAt', name: 'arrivedAt', type: 'number', value: '={{ Date.now() }}' },
				],
			},
			options: {},
		},
	};
	// An answer without messages is an item too.
	const filter: WorkflowNode = {
		id: 'filter',
		name: 'Only Messages',
		type: 'n8n-nodes-base.filter',
		typeVersion: 2.2,
		position: [1000, 0],
		parameters: {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
				combinator: 'and',
				conditions: [
					{
						id: 'text',
						leftValue: '={{ $json.text }}',
						rightValue: '',
						operator: { type: 'string', operation: 'notEmpty', singleValue: true },
					},
				],
			},
			options: {},
		},
	};
	const tell: WorkflowNode = {
		id: 'tell',
		name: 'Tell',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		position: [1200, 0],
		parameters: {
			method: 'POST',
			url: receiverUrl,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: '={{ JSON.stringify($json) }}',
			options: {},
		},
	};
	const nodes = [...messages, note, filter, tell];
	return { name, nodes, connections: inARow(nodes), settings: { executionOrder: 'v1' } };
}
