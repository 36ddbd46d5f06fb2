import type { INodePropertyOptions } from 'n8n-workflow';

/** Kinds of endpoints of Cognigy.AI that users may look for, under the names that Cognigy.AI shows. */
export const channelOptions: INodePropertyOptions[] = [
	{ name: 'REST', value: 'rest' },
	{ name: 'Socket.IO', value: 'socket' },
	{ name: 'Voice Gateway', value: 'voiceGateway2' },
	// eslint-disable-next-line n8n-nodes-base/node-param-display-name-miscased -- a name
	{ name: 'Webchat v2', value: 'webchat2' },
	// eslint-disable-next-line n8n-nodes-base/node-param-display-name-miscased -- a name
	{ name: 'Webchat v3', value: 'webchat3' },
	{ name: 'Webhook', value: 'webhook' },
];

/** There are more kinds than we have names for. */
export function channelName(channel: string): string {
	return channelOptions.find(({ value }) => value === channel)?.name ?? channel;
}
