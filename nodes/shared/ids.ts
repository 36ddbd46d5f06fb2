import type { INodeProperties } from 'n8n-workflow';

export const botIdProperty: INodeProperties = {
	displayName: 'Bot ID',
	name: 'botId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. order-status',
	description: 'ID of the bot in Cognigy',
};

export const flowIdProperty: INodeProperties = {
	displayName: 'Flow ID',
	name: 'flowId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. main',
	description: 'ID of the flow of this bot',
};

export const targetEnvironmentProperty: INodeProperties = {
	displayName: 'Target Environment',
	name: 'targetEnvironment',
	type: 'string',
	required: true,
	default: 'production',
	placeholder: 'e.g. production',
	description: 'Environment that must have a published version of the bot',
};
