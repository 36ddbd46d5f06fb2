import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import type { TriggerFlowInput } from '../../client';
import { authenticationProperty, credentialDescriptions } from '../shared/authentication';
import { botIdProperty, flowIdProperty, targetEnvironmentProperty } from '../shared/ids';
import type { ClientModule } from '../shared/loadClient';
import { optionsProperty } from '../shared/options';
import type { ItemParameters } from '../shared/parameters';
import { runItems } from '../shared/runItems';

const onlyInMode = (mode: 'json' | 'webhook') => ({ show: { contextMode: [mode] } });

const properties: INodeProperties[] = [
	authenticationProperty,
	botIdProperty,
	flowIdProperty,
	{
		displayName: 'User ID',
		name: 'userId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. customer-42',
		description: 'Who talks to the bot: any ID that is the same each time this person comes back',
	},
	{
		displayName: 'Session ID',
		name: 'sessionId',
		type: 'string',
		default: '',
		placeholder: 'e.g. 7f9c24e8-3b12-4fef-91d0-5a3c1f2e9b7a',
		description: 'ID of the new session. If empty, a UUID is made.',
	},
	{
		displayName: 'Input',
		name: 'input',
		type: 'string',
		typeOptions: { rows: 2 },
		default: '',
		placeholder: 'e.g. Where is my order?',
		description: 'What the user says to the bot. May be empty if the flow works from its context alone.',
	},
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
	{
		displayName: 'Order ID',
		name: 'orderId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. A-1001',
		displayOptions: onlyInMode('webhook'),
		description: 'What the event is about. The flow reads it as context.metadata.orderId.',
	},
	{
		displayName: 'Source',
		name: 'source',
		type: 'string',
		default: 'external_api',
		placeholder: 'e.g. crm',
		displayOptions: onlyInMode('webhook'),
		description: 'Which system the event comes from. The flow reads it as context.metadata.source.',
	},
	{
		displayName: 'Payload',
		name: 'payload',
		type: 'json',
		default: '{}',
		displayOptions: onlyInMode('webhook'),
		description: 'JSON object with the data of the event. The flow reads it as context.metadata.payload.',
	},
	{
		displayName: 'Validate Before',
		name: 'validateBefore',
		type: 'boolean',
		default: false,
		description: 'Whether to check first that the bot has a published version for the environment',
	},
	{ ...targetEnvironmentProperty, displayOptions: { show: { validateBefore: [true] } } },
	{
		displayName: 'Wait for Reply',
		name: 'waitForReply',
		type: 'boolean',
		default: false,
		description: 'Whether to wait for what the bot says and put it out as "reply" and "messages"',
	},
	optionsProperty([
		{
			displayName: 'Reply Max Wait (Seconds)',
			name: 'replyMaxWaitSeconds',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 3600 },
			default: 20,
			description: 'How long to wait at most for the reply of the bot, 1 to 3600 seconds',
		},
		{
			displayName: 'Reply Quiet Time (Milliseconds)',
			name: 'replyQuietMs',
			type: 'number',
			typeOptions: { minValue: 100, maxValue: 60_000 },
			default: 1500,
			description: 'The reply is complete when the bot says nothing more for so long, 100 to 60000 milliseconds',
		},
		{
			displayName: 'Session Lifetime (Minutes)',
			name: 'sessionTtlMinutes',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 30,
			description: 'How long Cognigy keeps a session, as set there. Used for "session.expiresAt" in the output.',
		},
	]),
];

/** Starts a flow for each item (contract section 3). */
export class CognigyTriggerFlow implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Trigger Flow',
		name: 'cognigyTriggerFlow',
		icon: { light: 'file:cognigyTriggerFlow.svg', dark: 'file:cognigyTriggerFlow.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["botId"] + " · " + $parameter["flowId"] }}',
		description: 'Start a flow of a Cognigy bot in a new session, with what a user says and a context',
		defaults: { name: 'Cognigy Trigger Flow' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialDescriptions,
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runItems<TriggerFlowInput>(this, {
			operation: 'triggerFlow',
			properties,
			read: (parameters, { sessionTtlMinutes, replyQuietMs, replyMaxWaitSeconds }, client) => ({
				botId: parameters.text('botId'),
				flowId: parameters.text('flowId'),
				userId: parameters.text('userId'),
				sessionId: parameters.text('sessionId'),
				input: parameters.text('input'),
				context: readContext(parameters, client),
				...(parameters.flag('validateBefore') ? { targetEnvironment: parameters.text('targetEnvironment') } : {}),
				sessionTtlMinutes,
				...(parameters.flag('waitForReply')
					? { reply: { quietMs: replyQuietMs, maxWaitSeconds: replyMaxWaitSeconds } }
					: {}),
			}),
			check: (client, input, options) => client.check('triggerFlow', input, options),
			run: (client, input, options) => client.triggerFlow(input, options),
		});
	}
}

function readContext(parameters: ItemParameters, client: ClientModule): Record<string, unknown> {
	if (parameters.text('contextMode') !== 'webhook') return parameters.jsonObject('context');
	return client.buildWebhookContext({
		userId: parameters.text('userId'),
		orderId: parameters.text('orderId'),
		source: parameters.text('source'),
		payload: parameters.jsonObject('payload'),
	});
}
