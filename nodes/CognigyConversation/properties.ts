import type { INodeProperties } from 'n8n-workflow';

import { optionsProperty } from '../shared/options';

const forOperation = (resource: string, operation: string) => ({
	show: { resource: [resource], operation: [operation] },
});

const forTranscript = forOperation('conversation', 'getTranscript');

export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [{ name: 'Conversation', value: 'conversation' }],
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
				name: 'Get Transcript',
				value: 'getTranscript',
				action: 'Get the transcript of a session',
				description: 'Get all that was said in a session',
			},
		],
		default: 'getTranscript',
	},
	{
		displayName: 'Session ID',
		name: 'sessionId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 7f9c24e8-3b12-4fef-91d0-5a3c1f2e9b7a',
		displayOptions: forTranscript,
		description: 'ID of the session, for example "sessionId" from the output of Cognigy Trigger Flow',
	},
	{
		displayName: 'If Not Found',
		name: 'onNotFound',
		type: 'options',
		displayOptions: forTranscript,
		options: [
			{ name: 'Fail the Item', value: 'error', description: 'The item fails, as set under "On Error"' },
			{ name: 'Output the Result', value: 'output', description: 'The item comes out without messages' },
		],
		default: 'error',
		description: 'What to do when there is no transcript of the session in time',
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
