import type { MeasuredNode } from '../n8n/workflow';

/** Items for the nodes below. */
export const customers = (count: number) => ({ count, item: "{ customer: 'customer-' + i }" });

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
