import type { INodeProperties } from 'n8n-workflow';

import { offers } from '../../client/offers';
import { authenticationProperty, onlyFor, optionsOnlyFor } from '../shared/authentication';
import { endpointUrlProperty, endUserIdProperty } from '../shared/endpoint';
import { botIdProperty, flowIdProperty } from '../shared/ids';
import { testModeOption } from '../shared/options';

const forFollow = (follow: 'session' | 'registry') => ({ show: { follow: [follow] } });
/** Where there is no choice, nothing depends on it: a workflow from another edition may have chosen what is not here. */
const forOneSession = offers.lastingSessions ? { displayOptions: forFollow('session') } : {};

const registryProperties: INodeProperties[] = [
	{
		...botIdProperty,
		required: false,
		displayOptions: forFollow('registry'),
		hint: 'Empty: all bots',
		description: 'Only sessions of this bot. If empty, those of all bots.',
	},
	{
		...flowIdProperty,
		required: false,
		displayOptions: forFollow('registry'),
		hint: 'Empty: all flows',
		description: 'Only sessions of this flow. If empty, those of all flows.',
	},
];

const v1Properties: INodeProperties[] = [
	...(offers.lastingSessions ? registryProperties : []),
	{
		displayName: 'Message Types',
		name: 'messageTypes',
		type: 'multiOptions',
		options: [
			{ name: 'Bot', value: 'bot', description: 'What the bot says' },
			{ name: 'User', value: 'user', description: 'What the user says' },
			{ name: 'Webhook', value: 'webhook', description: 'What webhook nodes of the flow report' },
		],
		default: ['bot'],
		description: 'Messages that start the workflow',
	},
];

/** What the user says does not come over the socket. */
const messageTypesProperty: INodeProperties = {
	displayName: 'Message Types',
	name: 'messageTypes',
	type: 'multiOptions',
	options: [
		{ name: 'Agent', value: 'agent', description: 'What a human agent says after a handover' },
		{ name: 'Bot', value: 'bot', description: 'What the bot says' },
		{
			name: 'Event',
			value: 'event',
			description: 'What Cognigy tells besides: the place in a queue, a rating that is asked for',
		},
		{ name: 'Suggestion', value: 'suggestion', description: 'What is suggested to a human agent' },
	],
	default: ['bot', 'agent'],
	description: 'Messages that start the workflow',
};

/** Only for Cognigy.AI. */
const streamedAnswersOption: INodeProperties = {
	displayName: 'Streamed Answers',
	name: 'streamedAnswers',
	type: 'options',
	options: [
		{ name: 'Whole', value: 'whole', description: 'An answer is one message, once it is over' },
		{ name: 'In Chunks', value: 'chunks', description: 'Each chunk is a message, as soon as it comes' },
	],
	default: 'whole',
	description: 'What becomes of answers that an AI agent streams in chunks',
};

/** Only for Cognigy.AI. */
const typingStatusOption: INodeProperties = {
	displayName: 'Typing Status',
	name: 'typingStatus',
	type: 'boolean',
	default: false,
	description: 'Whether the workflow also starts when the bot starts and stops typing',
};

const followProperty: INodeProperties = {
	displayName: 'Follow',
	name: 'follow',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'All Open Sessions',
			value: 'registry',
			description:
				'Every open session that Cognigy Trigger Flow started with the account of this credential, new ones as well. In queue mode, the credential needs State Store Redis.',
		},
		{ name: 'One Session', value: 'session', description: 'One session whose ID you know' },
	],
	default: 'registry',
	description: 'Which sessions to follow',
};

/** Where nothing else can be followed. */
const onlyOneSession: INodeProperties = { displayName: 'Follow', name: 'follow', type: 'hidden', default: 'session' };

export const properties: INodeProperties[] = [
	authenticationProperty,
	offers.lastingSessions ? followProperty : onlyOneSession,
	...onlyFor('cognigyApi', [
		{ ...botIdProperty, ...forOneSession },
		{ ...flowIdProperty, ...forOneSession },
	]),
	...onlyFor('cognigyAiApi', [
		{ ...endpointUrlProperty, description: 'URL of the Socket.IO endpoint that the sessions run on' },
		{ ...endUserIdProperty, ...forOneSession },
	]),
	{
		displayName: 'Session ID',
		name: 'sessionId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 7f9c24e8-3b12-4fef-91d0-5a3c1f2e9b7a',
		...forOneSession,
		description: 'ID of the session to follow',
	},
	...onlyFor('cognigyApi', v1Properties),
	...onlyFor('cognigyAiApi', [messageTypesProperty]),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Executions',
				name: 'executions',
				type: 'options',
				options: [
					{
						name: 'In Order, One at a Time per Session',
						value: 'inOrder',
						description:
							'The next messages of a session wait until the workflow is done with the last ones. For n8n, an execution that waits (Wait node, Send and Wait) is done.',
					},
					{ name: 'In Parallel', value: 'parallel', description: 'Messages do not wait for each other' },
				],
				default: 'inOrder',
				description: 'Whether executions for messages of the same session may run at the same time',
			},
			{
				displayName: 'Max Parallel',
				name: 'maxParallel',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 100 },
				default: 10,
				description: 'How many executions may run at the same time if they run in parallel, 1 to 100',
			},
			...optionsOnlyFor('cognigyAiApi', [streamedAnswersOption, testModeOption, typingStatusOption]),
		],
	},
];
