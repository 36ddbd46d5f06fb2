import type { INodeProperties } from 'n8n-workflow';

import type { ItemParameters } from './parameters';

/**
 * An endpoint of Cognigy.AI that is looked up in the project. Its URL would do as well, but is a secret that stands in
 * the workflow; the list needs none.
 */
export const endpointLocatorProperty: INodeProperties = {
	displayName: 'Endpoint',
	name: 'endpoint',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	description: 'Endpoint of the project in the credential',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select an endpoint...',
			typeOptions: { searchListMethod: 'searchEndpoints', searchable: true },
		},
		{
			displayName: 'By URL',
			name: 'url',
			type: 'string',
			placeholder: 'e.g. https://endpoint-trial.cognigy.ai/your-token',
			hint: 'Whoever knows this URL can talk to the bot. "From List" does without it.',
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 64f1c0ffee0ddba11c0ffee0',
			hint: 'Or flowId from the output of Cognigy Trigger Flow',
		},
	],
};

/** An endpoint that messages are sent to: its URL is all there is to know of it, and the only key to it. */
export const endpointUrlProperty: INodeProperties = {
	displayName: 'Endpoint URL',
	name: 'endpoint',
	type: 'string',
	// Its last part is a secret.
	typeOptions: { password: true },
	required: true,
	default: '',
	placeholder: 'e.g. https://endpoint-trial.cognigy.ai/your-token',
	description: 'From the settings of the endpoint in Cognigy.AI',
};

/** By which of the two below a message finds its endpoint. */
const endpointByProperty: INodeProperties = {
	displayName: 'Endpoint By',
	name: 'endpointBy',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'List or ID', value: 'list', description: 'Picked from the project of the credential; needs no URL' },
		{ name: 'URL', value: 'url', description: 'Copied from the settings of the endpoint in Cognigy.AI' },
	],
	// That of workflows from before there was a choice.
	default: 'url',
	description: 'How to say which endpoint it is',
};

const pickedEndpointProperty: INodeProperties = {
	displayName: 'Endpoint',
	name: 'endpointId',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	description:
		'Endpoint of the project in the credential, of the chosen channel. Its URL is looked up when the node runs, and shown nowhere.',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select an endpoint...',
			typeOptions: { searchListMethod: 'searchEndpointsOfChannel', searchable: true },
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 64f1c0ffee0ddba11c0ffee0',
			hint: 'Or flowId from the output of Cognigy Trigger Flow',
		},
	],
};

/** An endpoint that messages are sent to, by its URL or picked. */
export const endpointProperties: INodeProperties[] = [
	endpointByProperty,
	{ ...endpointUrlProperty, displayOptions: { show: { endpointBy: ['url'] } } },
	{ ...pickedEndpointProperty, displayOptions: { show: { endpointBy: ['list'] } } },
];

/** What `endpointProperties` say. */
export function readEndpoint(parameters: ItemParameters): { endpoint: string } | { endpointId: string } {
	if (parameters.text('endpointBy') !== 'list') return { endpoint: parameters.text('endpoint') };
	return { endpointId: parameters.locator('endpointId') };
}

export const endUserIdProperty: INodeProperties = {
	displayName: 'User ID',
	name: 'userId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. customer-42',
	description: 'Who talks in the session, for example "userId" from the output of Cognigy Trigger Flow',
};
