import type { INodeProperties } from 'n8n-workflow';

const onlyInMode = (mode: 'json' | 'webhook') => ({ show: { contextMode: [mode] } });

/** What an event is about: the same for both backends, but flows find it in different places. */
function eventProperties(place: string): INodeProperties[] {
	return [
		{
			displayName: 'Order ID',
			name: 'orderId',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. A-1001',
			displayOptions: onlyInMode('webhook'),
			description: `What the event is about. The flow reads it as ${place}.metadata.orderId.`,
		},
		{
			displayName: 'Source',
			name: 'source',
			type: 'string',
			default: 'external_api',
			placeholder: 'e.g. crm',
			displayOptions: onlyInMode('webhook'),
			description: `Which system the event comes from. The flow reads it as ${place}.metadata.source.`,
		},
		{
			displayName: 'Payload',
			name: 'payload',
			type: 'json',
			default: '{}',
			displayOptions: onlyInMode('webhook'),
			description: `JSON object with the data of the event. The flow reads it as ${place}.metadata.payload.`,
		},
	];
}

/** v1: what the flow finds in its context. */
export const contextProperties: INodeProperties[] = [
	{
		displayName: 'Context Mode',
		name: 'contextMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'JSON', value: 'json', description: 'Write the context of the flow yourself' },
			{ name: 'Webhook Event', value: 'webhook', description: 'Build the context of a flow that answers an event' },
		],
		default: 'json',
		description: 'How to say what the flow finds in its context',
	},
	{
		displayName: 'Context',
		name: 'context',
		type: 'json',
		default: '{}',
		displayOptions: onlyInMode('json'),
		description: 'JSON object that the flow finds in its context',
	},
	...eventProperties('context'),
];

/** Cognigy.AI: what the flow finds in its input besides the text. */
export const dataProperties: INodeProperties[] = [
	{
		displayName: 'Data Mode',
		name: 'contextMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'JSON', value: 'json', description: 'Write the data for the flow yourself' },
			{ name: 'Webhook Event', value: 'webhook', description: 'Build the data for a flow that answers an event' },
		],
		default: 'json',
		description: 'How to say what the flow finds in its input besides the text',
	},
	{
		displayName: 'Data',
		name: 'data',
		type: 'json',
		default: '{}',
		displayOptions: onlyInMode('json'),
		description: 'JSON object that the flow finds as input.data',
	},
	...eventProperties('input.data'),
];
