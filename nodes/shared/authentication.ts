import type { INodeCredentialDescription, INodeProperties } from 'n8n-workflow';

/** Which Cognigy a node talks to; picks the credential, and with it the backend of the client. */
export const authenticationProperty: INodeProperties = {
	displayName: 'Authentication',
	name: 'authentication',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			// eslint-disable-next-line n8n-nodes-base/node-param-display-name-miscased -- "v1" is a name
			name: 'Cognigy v1 (User and Password)',
			value: 'cognigyApi',
		},
	],
	default: 'cognigyApi',
	description: 'Which Cognigy API to use, and how to log in to it',
};

export const credentialDescriptions: INodeCredentialDescription[] = [
	{
		name: 'cognigyApi',
		required: true,
		displayOptions: { show: { authentication: ['cognigyApi'] } },
	},
];
