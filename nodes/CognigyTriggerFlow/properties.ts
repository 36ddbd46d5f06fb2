import type { INodeProperties } from 'n8n-workflow';

import { offers } from '../../client/offers';
import { authenticationProperty, onlyFor, optionsOnlyFor } from '../shared/authentication';
import { deploymentProperties } from '../shared/deployment';
import { endpointProperties } from '../shared/endpoint';
import { botIdProperty, flowIdProperty, targetEnvironmentProperty } from '../shared/ids';
import { optionsProperty, testModeOption } from '../shared/options';
import { contextProperties, dataProperties } from './contextProperties';
import { outcomeProperties } from './outcome/properties';

const channelProperty: INodeProperties = {
	displayName: 'Channel',
	name: 'channel',
	type: 'options',
	noDataExpression: true,
	options: [
		{ name: 'REST', value: 'rest', description: 'Answers with what the bot says' },
		{ name: 'Socket.IO', value: 'socketio', description: 'Tells message by message what the bot says' },
		{
			name: 'Webhook',
			value: 'webhook',
			description: 'Only takes the message: what the bot says is posted to the webhook URL of the endpoint',
		},
	],
	default: 'rest',
	description: 'What kind of endpoint it is',
};

const webhookKeyProperty: INodeProperties = {
	displayName: 'Webhook Key',
	name: 'webhookKey',
	type: 'string',
	typeOptions: { password: true },
	default: '',
	displayOptions: { show: { channel: ['webhook'] } },
	hint: 'Empty: none is sent',
	description: 'Key that the endpoint asks for in the header X-Webhook-Key, if it asks for one',
};

/** A REST endpoint takes only what a user says. */
const deliverAsProperty: INodeProperties = {
	displayName: 'Deliver As',
	name: 'deliverAs',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Inject',
			value: 'inject',
			description: 'The flow runs as if the user had said it, in a session that is open already',
		},
		{
			name: 'Notify',
			value: 'notify',
			description: 'The user gets it as a message of the bot; the flow does not run',
		},
		{ name: 'User Input', value: 'input', description: 'The user says it, and the flow runs' },
	],
	default: 'input',
	displayOptions: { show: { channel: ['socketio', 'webhook'] } },
	description:
		'How the message gets to the session. For Inject and Notify through any other kind of endpoint, a webchat for example, choose the channel Webhook.',
};

const waitForReplyProperty: INodeProperties = {
	displayName: 'Wait for Reply',
	name: 'waitForReply',
	type: 'boolean',
	default: false,
	description: 'Whether to wait for what the bot says and put it out as "reply" and "messages"',
};

/** A REST endpoint answers with the reply anyway, and a Webhook endpoint never does. */
const waitForSocketProperty: INodeProperties = {
	...waitForReplyProperty,
	default: true,
	displayOptions: { show: { channel: ['socketio'], deliverAs: ['input', 'inject'] } },
};

const sessionIdProperty: INodeProperties = {
	displayName: 'Session ID',
	name: 'sessionId',
	type: 'string',
	default: '',
	placeholder: 'e.g. 7f9c24e8-3b12-4fef-91d0-5a3c1f2e9b7a',
	description: 'ID of the new session. If empty, a UUID is made.',
};

/**
 * Never shown and never saved. n8n takes a node with "Trigger" in its name for a trigger and offers "On new Cognigy Flow
 * event" for it, unless it finds a parameter of this name with nothing to choose from.
 */
const noEventsProperty: INodeProperties = {
	displayName: 'Event',
	name: 'event',
	type: 'hidden',
	options: [],
	default: '',
	displayOptions: { show: { '@version': [0] } },
};

export const properties: INodeProperties[] = [
	noEventsProperty,
	authenticationProperty,
	...onlyFor('cognigyApi', [botIdProperty, flowIdProperty]),
	...onlyFor('cognigyAiApi', [channelProperty, ...endpointProperties, webhookKeyProperty]),
	{
		displayName: 'User ID',
		name: 'userId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. customer-42',
		description: 'Who talks to the bot: any ID that is the same each time this person comes back',
	},
	...onlyFor('cognigyApi', [sessionIdProperty]),
	...onlyFor('cognigyAiApi', [
		{
			...sessionIdProperty,
			description: 'ID of a session that goes on, or of a new one. If empty, a UUID is made for a new one.',
		},
	]),
	{
		displayName: 'Input',
		name: 'input',
		type: 'string',
		typeOptions: { rows: 2 },
		default: '',
		placeholder: 'e.g. Where is my order?',
		description: 'What the user says to the bot. May be empty if the flow works from its context or data alone.',
	},
	...onlyFor('cognigyApi', contextProperties),
	...onlyFor('cognigyAiApi', [...dataProperties, deliverAsProperty]),
	{
		displayName: 'Validate Before',
		name: 'validateBefore',
		type: 'boolean',
		default: false,
		description: 'Whether to check first that what is expected is published, as Cognigy Validate Version does',
	},
	...onlyFor('cognigyApi', [
		{ ...targetEnvironmentProperty, displayOptions: { show: { validateBefore: [true] } } },
		waitForReplyProperty,
	]),
	...onlyFor('cognigyAiApi', [...deploymentProperties({ validateBefore: [true] }), waitForSocketProperty]),
	...outcomeProperties,
	optionsProperty([
		{
			displayName: 'Idempotency Key',
			name: 'idempotencyKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. {{ $json.eventId }}',
			hint: 'For example the ID of the event, by an expression',
			description:
				'What the start is for. A second start with the same key sends nothing: it comes out with the result of the first one.',
		},
		{
			displayName: 'Idempotency Window (Hours)',
			name: 'idempotencyHours',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 168 },
			default: 24,
			description: 'How long an idempotency key is known, 1 to 168 hours',
		},
		{
			displayName: 'Reply Max Wait (Seconds)',
			name: 'replyMaxWaitSeconds',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 3600 },
			default: 20,
			description: 'How long to wait at most for the reply of the bot, 1 to 3600 seconds',
		},
		...optionsOnlyFor('cognigyApi', [
			{
				displayName: 'Reply Quiet Time (Milliseconds)',
				name: 'replyQuietMs',
				type: 'number',
				typeOptions: { minValue: 100, maxValue: 60_000 },
				default: 1500,
				description: 'The reply is complete when the bot says nothing more for so long, 100 to 60000 milliseconds',
			},
		]),
		{
			displayName: 'Session Lifetime (Minutes)',
			name: 'sessionTtlMinutes',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 30,
			description: `How long Cognigy keeps a session, as set in Cognigy (at most a week). Decides how long the session is followed${offers.lastingSessions ? ', and when Reset Expired Sessions takes it' : ''}.`,
		},
		...optionsOnlyFor('cognigyAiApi', [testModeOption]),
	]),
];
