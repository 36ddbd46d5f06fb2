import { Agent } from 'node:https';
import axios from 'axios';

import type { N8nClient, StoredCredential } from '../../n8n-host';
import type { CognigyAiSandbox, Sandbox } from '../../sandbox';
import { demoUser } from '../demoUser';
import { logIn } from '../logIn';
import type { MeasuredNode } from '../n8n/workflow';
import { httpRequestNode, triggerFlowNode } from '../triggerFlow/nodes';

/** The same starts in three ways, and what the service saw of them. */
export interface Starts {
	service: string;
	nodes: Record<'full' | 'cloud' | 'httpRequestNode', MeasuredNode>;
	/** Since the counts were reset. */
	counts(): { started: number; connections: number };
	resetCounts(): void;
}

export async function v1Starts(client: N8nClient, sandbox: Sandbox, concurrency: number): Promise<Starts> {
	const fields = { baseUrl: sandbox.url, ...demoUser, requestsPerMinute: 0 };
	const credential = await client.createCredential(`Sandbox ${sandbox.port}`, 'cognigyApi', fields);
	const token = await logIn(sandbox.url, axios.create({ httpsAgent: new Agent({ ca: sandbox.caCertificate }) }));
	return {
		service: 'v1',
		nodes: {
			...inBothEditions(triggerFlowNode(credential, concurrency)),
			httpRequestNode: httpRequestNode(sandbox.url, token),
		},
		counts() {
			const { flowsStarted, connectionsOpened } = sandbox.stats();
			return { started: flowsStarted, connections: connectionsOpened };
		},
		resetCounts: () => sandbox.resetStats(),
	};
}

export async function cognigyAiStarts(
	client: N8nClient,
	sandbox: CognigyAiSandbox,
	concurrency: number,
): Promise<Starts> {
	const { apiUrl: apiBaseUrl, apiKey, projectId } = sandbox;
	const fields = { apiBaseUrl, apiKey, projectId, requestsPer5Minutes: 0 };
	const credential = await client.createCredential(`Cognigy.AI ${sandbox.port}`, 'cognigyAiApi', fields);
	const endpointUrl = sandbox.endpoint('Orders REST').url;
	return {
		service: 'Cognigy.AI, REST',
		nodes: {
			...inBothEditions(restNode(credential, endpointUrl, concurrency)),
			httpRequestNode: restByHand(endpointUrl),
		},
		counts() {
			const { turns, connectionsOpened } = sandbox.stats();
			return { started: turns, connections: connectionsOpened };
		},
		resetCounts: () => sandbox.resetStats(),
	};
}

/** @param node of the full edition */
function inBothEditions(node: MeasuredNode): Record<'full' | 'cloud', MeasuredNode> {
	return { full: node, cloud: { ...node, type: node.type.replace('n8n-nodes-cognigy.', 'n8n-nodes-cognigy-cloud.') } };
}

function restNode(credential: StoredCredential, endpointUrl: string, concurrency: number): MeasuredNode {
	return {
		type: 'n8n-nodes-cognigy.cognigyTriggerFlow',
		typeVersion: 1,
		parameters: {
			authentication: 'cognigyAiApi',
			channel: 'rest',
			endpoint: endpointUrl,
			userId: '={{ $json.customer }}',
			input: 'Where is my order?',
			options: { concurrency },
		},
		credentials: { cognigyAiApi: credential },
	};
}

/** n8n's HTTP Request node doing the same. */
function restByHand(endpointUrl: string): MeasuredNode {
	const body =
		'{ userId: $json.customer, sessionId: "by-hand-" + $json.customer, text: "Where is my order?", data: {} }';
	return {
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			method: 'POST',
			url: endpointUrl,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: `={{ JSON.stringify(${body}) }}`,
			options: {},
		},
	};
}
