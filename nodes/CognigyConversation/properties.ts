import type { INodeProperties } from 'n8n-workflow';

import { notForAgents } from '../shared/agentTool';
import { endUserIdProperty } from '../shared/endpoint';
import { optionsProperty } from '../shared/options';
import { contactId, profileContentProperties, profileIdProperties, profileOperation } from './profileProperties';

const forOperation = (resource: string, operation: string) => ({
	show: { resource: [resource], operation: [operation] },
});

const forSession = { show: { resource: ['conversation'], operation: ['getTranscript', 'injectContext'] } };
const forInjection = forOperation('conversation', 'injectContext');
const forMany = forOperation('conversation', 'getAll');

export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Contact Profile', value: 'contactProfile' },
			{ name: 'Conversation', value: 'conversation' },
		],
		default: 'conversation',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['conversation'] } },
		options: [
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many conversations',
				description: 'Get the conversations of a contact, or of the project, the newest first',
			},
			{
				name: 'Get Transcript',
				value: 'getTranscript',
				action: 'Get the transcript of a session',
				description: 'Get all that was said in a session',
			},
			{
				name: 'Inject Context',
				value: 'injectContext',
				action: 'Inject into the context of a session',
				description: 'Put something into what the flow of a session remembers',
				displayOptions: notForAgents,
			},
		],
		default: 'getTranscript',
	},
	profileOperation,
	...profileIdProperties,
	{
		displayName: 'Session ID',
		name: 'sessionId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 7f9c24e8-3b12-4fef-91d0-5a3c1f2e9b7a',
		displayOptions: forSession,
		description: 'ID of the session, for example "sessionId" from the output of Cognigy Trigger Flow',
	},
	{ ...endUserIdProperty, displayOptions: forInjection },
	{
		displayName: 'Context',
		name: 'context',
		type: 'json',
		required: true,
		default: '{}',
		displayOptions: forInjection,
		description: 'JSON object with what the flow is to remember. It must not be empty.',
	},
	{
		displayName: 'If Not Found',
		name: 'onNotFound',
		type: 'options',
		displayOptions: { show: { operation: ['getTranscript', 'get', 'findByContact', 'delete'] } },
		options: [
			{ name: 'Fail the Item', value: 'error', description: 'The item fails, as set under "On Error"' },
			{ name: 'Output the Result', value: 'output', description: 'The item comes out empty' },
		],
		default: 'error',
		description: 'What to do when there is no such profile, or no transcript in time',
	},
	...profileContentProperties,
	{
		displayName: 'Conversations Of',
		name: 'listBy',
		type: 'options',
		// The parameter below depends on it.
		noDataExpression: true,
		displayOptions: forMany,
		options: [
			{ name: 'Contact', value: 'contact', description: 'Those that one person had' },
			{ name: 'Project', value: 'project', description: 'All of the project in the credential' },
		],
		default: 'contact',
		description: 'Whose conversations to get',
	},
	{
		...contactId,
		displayOptions: { show: { ...forMany.show, listBy: ['contact'] } },
		description:
			'Whose conversations to get: the user ID that was sent with the messages, for example "userId" from the output of Cognigy Trigger Flow',
	},
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		displayOptions: forMany,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		displayOptions: { show: { ...forMany.show, returnAll: [false] } },
		description: 'Max number of results to return',
	},
	optionsProperty(
		[
			{
				displayName: 'Wait for Transcript (Seconds)',
				name: 'waitSeconds',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 600 },
				displayOptions: { show: { '/operation': ['getTranscript'] } },
				default: 20,
				description:
					'How long to wait for a transcript that is not there yet, 0 to 600 seconds. Timeout limits it as well.',
			},
		],
		'cognigyAiApi',
	),
];
