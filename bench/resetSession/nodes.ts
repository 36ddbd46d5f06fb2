import type { CognigyAiSandbox } from '../../sandbox';
import type { MeasuredNode } from '../n8n/workflow';
import { botId } from './task';

/** Items for the nodes below. */
export const sessions = (count: number) => ({ count, item: "{ session: 'session-' + i, user: 'user-' + i }" });

interface StoredCredential {
	id: string;
	name: string;
}

/** Resets over the runtime channel of v1, with the check. */
export function v1Node(credential: StoredCredential, concurrency: number): MeasuredNode {
	return {
		type: 'n8n-nodes-cognigy.cognigyResetSession',
		typeVersion: 1,
		parameters: {
			authentication: 'cognigyApi',
			operation: 'session',
			botId,
			sessionId: '={{ $json.session }}',
			options: { concurrency },
		},
		credentials: { cognigyApi: credential },
	};
}

export const endpointName = 'Orders REST';

/** Resets the context over the management API of Cognigy.AI. */
export function cognigyAiNode(
	credential: StoredCredential,
	sandbox: CognigyAiSandbox,
	concurrency: number,
): MeasuredNode {
	return {
		type: 'n8n-nodes-cognigy.cognigyResetSession',
		typeVersion: 1,
		parameters: {
			authentication: 'cognigyAiApi',
			operation: 'session',
			sessionId: '={{ $json.session }}',
			userId: '={{ $json.user }}',
			resetMode: 'context',
			endpoint: { __rl: true, mode: 'id', value: sandbox.endpoint(endpointName).id },
			options: { concurrency },
		},
		credentials: { cognigyAiApi: credential },
	};
}

/**
 * n8n's HTTP Request nodes doing the same by hand: one reads which flow the endpoint runs now, the next one resets the
 * context to it.
 */
export function httpRequestNodes(sandbox: CognigyAiSandbox): [MeasuredNode, MeasuredNode] {
	const api = `${sandbox.apiUrl}/new/v2.0`;
	const headers = [
		{ name: 'X-API-Key', value: sandbox.apiKey },
		{ name: 'Accept', value: 'application/json' },
	];
	const common = { sendHeaders: true, headerParameters: { parameters: headers }, options: {} };
	const type = 'n8n-nodes-base.httpRequest';
	const typeVersion = 4.2;
	const body = '{ userId: $("Split").item.json.user, flowReferenceId: $json.flowId, entrypoint: $json.entrypoint }';
	return [
		{
			type,
			typeVersion,
			parameters: { ...common, method: 'GET', url: `${api}/endpoints/${sandbox.endpoint(endpointName).id}` },
		},
		{
			type,
			typeVersion,
			parameters: {
				...common,
				method: 'POST',
				url: `=${api}/sessions/{{ $("Split").item.json.session }}/context/reset`,
				sendBody: true,
				specifyBody: 'json',
				jsonBody: `={{ JSON.stringify(${body}) }}`,
			},
		},
	];
}
