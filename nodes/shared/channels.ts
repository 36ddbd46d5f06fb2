import type { INodePropertyOptions } from 'n8n-workflow';

/** Names of products, which are not in title case. */
const WEBCHAT_2 = 'Webchat v2';
const WEBCHAT_3 = 'Webchat v3';

/** Kinds of endpoints of Cognigy.AI that users may look for, under the names that Cognigy.AI shows. */
export const channelOptions: INodePropertyOptions[] = [
	{ name: 'REST', value: 'rest' },
	{ name: 'Socket.IO', value: 'socket' },
	{ name: 'Voice Gateway', value: 'voiceGateway2' },
	{ name: WEBCHAT_2, value: 'webchat2' },
	{ name: WEBCHAT_3, value: 'webchat3' },
	{ name: 'Webhook', value: 'webhook' },
];

/** There are more kinds than we have names for. */
export function channelName(channel: string): string {
	return channelOptions.find(({ value }) => value === channel)?.name ?? channel;
}
