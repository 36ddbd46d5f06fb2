import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';

/**
 * Who calls is checked with n8n's own generic credentials, as n8n's Webhook node does: the secret is encrypted, is not
 * exported with the workflow, and is there already for whoever uses that node.
 */
export const credentials: INodeCredentialDescription[] = [
	{
		name: 'httpBasicAuth',
		required: true,
		displayOptions: { show: { incomingAuthentication: ['basicAuth', 'basicAndHeaderAuth'] } },
	},
	{
		name: 'httpHeaderAuth',
		required: true,
		displayOptions: { show: { incomingAuthentication: ['headerAuth', 'basicAndHeaderAuth'] } },
	},
	{
		name: 'cognigyAiApi',
		required: true,
		displayOptions: { show: { setWebhookUrl: [true] } },
	},
];

export const properties: INodeProperties[] = [
	{
		displayName: 'Incoming Authentication',
		name: 'incomingAuthentication',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Basic and Header Auth',
				value: 'basicAndHeaderAuth',
				description: 'Calls must have both',
			},
			{
				name: 'Basic Auth',
				value: 'basicAuth',
				description: 'Calls must have the user and password that are in the settings of the Webhook endpoint',
			},
			{
				name: 'Header Auth',
				value: 'headerAuth',
				description: 'Calls must have a header with a secret, which a gateway between Cognigy and n8n adds',
			},
			{ name: 'None', value: 'none', description: 'Whoever knows the webhook URL can start the workflow' },
		],
		default: 'basicAuth',
		description: 'How calls prove that they come from Cognigy',
	},
	{
		displayName: 'Set Webhook URL in Cognigy',
		name: 'setWebhookUrl',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		hint: 'If off, put the webhook URL above into the endpoint yourself',
		description:
			'Whether to put the URL of this webhook into the endpoint when the workflow is published or tested, and to put the old one back afterwards',
	},
	{
		displayName: 'Endpoint',
		name: 'endpoint',
		type: 'resourceLocator',
		default: { mode: 'list', value: '' },
		required: true,
		displayOptions: { show: { setWebhookUrl: [true] } },
		description: 'Webhook endpoint that is to call this webhook',
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Select an endpoint...',
				typeOptions: { searchListMethod: 'searchWebhookEndpoints', searchable: true },
			},
			{
				displayName: 'By ID',
				name: 'id',
				type: 'string',
				placeholder: 'e.g. 64f1c0ffee0ddba11c0ffee0',
			},
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Drop Duplicates for (Minutes)',
				name: 'dropDuplicatesMinutes',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 1440 },
				default: 10,
				description:
					'How long a message is remembered, so that it does not start the workflow again when Cognigy sends it again, 0 to 1440. 0 lets everything through: choose it if your bot says the same several times in one turn.',
			},
		],
	},
];
