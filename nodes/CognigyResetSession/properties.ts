import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { offers } from '../../client/offers';
import { authenticationProperty, onlyFor, optionsOnlyFor } from '../shared/authentication';
import { endpointLocatorProperty, endUserIdProperty } from '../shared/endpoint';
import { botIdProperty } from '../shared/ids';
import { optionsProperty } from '../shared/options';

const forOperation = (operation: 'session' | 'expired') => ({ show: { operation: [operation] } });

const operations: INodePropertyOptions[] = [
	{
		name: 'Reset Expired Sessions',
		value: 'expired',
		action: 'Reset expired sessions',
		description:
			'Reset every expired session that Cognigy Trigger Flow started with the account of this credential and that nobody has reset yet',
	},
	{
		name: 'Reset Session',
		value: 'session',
		action: 'Reset a session',
		description: 'Reset the session of each item',
	},
];

const operationProperty: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: operations.filter(({ value }) => offers.lastingSessions || value !== 'expired'),
	default: 'session',
};

const sessionIdProperty: INodeProperties = {
	displayName: 'Session ID',
	name: 'sessionId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. 7f9c24e8-3b12-4fef-91d0-5a3c1f2e9b7a',
	displayOptions: forOperation('session'),
	description: 'ID of the session to reset, for example "sessionId" from the output of Cognigy Trigger Flow',
};

const expiredOfBotProperty: INodeProperties = {
	...botIdProperty,
	required: false,
	displayOptions: forOperation('expired'),
	hint: 'Empty: all bots',
	description: 'Only sessions of this bot. If empty, those of all bots.',
};

/** How the v1 runtime resets, and how it says that it has. */
const v1Properties: INodeProperties[] = [
	...(offers.lastingSessions ? [expiredOfBotProperty] : []),
	{
		displayName: 'Max Duration (Seconds)',
		name: 'maxDurationSec',
		type: 'number',
		typeOptions: { minValue: 60, maxValue: 3600 },
		default: 900,
		description: 'How long Cognigy may take at most to carry out the reset, 60 to 3600 seconds',
	},
	{
		displayName: 'Clear Variables',
		name: 'clearVariables',
		type: 'boolean',
		default: true,
		description: 'Whether to delete the variables of the session',
	},
	{
		displayName: 'Clear History',
		name: 'clearHistory',
		type: 'boolean',
		default: true,
		description: 'Whether to delete what was said in the session so far',
	},
	{
		displayName: 'Clear NLU Context',
		name: 'clearNluContext',
		type: 'boolean',
		default: true,
		description: 'Whether to delete what the language understanding remembers of the session',
	},
	{
		displayName: 'Verify',
		name: 'verify',
		type: 'boolean',
		default: true,
		description: 'Whether to check afterwards that the session is clean, and wait until it is',
	},
];

/** How Cognigy.AI resets: none of it starts the conversation again, only a new session ID does. */
const cognigyAiProperties: INodeProperties[] = [
	{ ...endUserIdProperty, displayOptions: forOperation('session') },
	{
		displayName: 'Reset',
		name: 'resetMode',
		type: 'options',
		// The parameters below depend on it.
		noDataExpression: true,
		options: [
			{ name: 'Context', value: 'context', description: 'What the flow remembers goes back to how it begins' },
			{ name: 'Context and State', value: 'both', description: 'Both of them' },
			{
				name: 'State',
				value: 'state',
				description: 'The session leaves the state that limits which intents can match',
			},
		],
		default: 'context',
		description: 'What to reset. The conversation does not begin again: only a new session ID makes it.',
	},
	{
		...endpointLocatorProperty,
		displayOptions: { show: { operation: ['session'], resetMode: ['context', 'both'] } },
		description: 'Endpoint that the session runs on: it tells to which flow the context belongs',
	},
	{
		displayName: 'New Session ID',
		name: 'newSessionId',
		type: 'boolean',
		default: false,
		displayOptions: forOperation('session'),
		description:
			'Whether to put out an ID for a new session as "newSessionId": the only sure way to begin the conversation again',
	},
	{
		displayName: 'Verify',
		name: 'verify',
		type: 'boolean',
		default: true,
		displayOptions: { show: { resetMode: ['context', 'both'] } },
		description: 'Whether to check afterwards that the context is reset. The state cannot be checked.',
	},
];

export const properties: INodeProperties[] = [
	authenticationProperty,
	operationProperty,
	...onlyFor('cognigyApi', [{ ...botIdProperty, displayOptions: forOperation('session') }]),
	sessionIdProperty,
	...onlyFor('cognigyApi', v1Properties),
	...onlyFor('cognigyAiApi', cognigyAiProperties),
	optionsProperty(
		optionsOnlyFor('cognigyApi', [
			{
				displayName: 'State Clear Matrix',
				name: 'stateClearMatrix',
				type: 'json',
				default: '{\n  "flowState": "RESET",\n  "dialogState": "COLD",\n  "engineState": "INITIALIZED"\n}',
				description:
					'What the states of the session are set to: a JSON object with flowState, dialogState and engineState',
			},
			{
				displayName: 'Verify Timeout (Seconds)',
				name: 'verifyTimeoutSeconds',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 3600 },
				default: 20,
				description: 'How long to wait at most until the session is clean. Timeout limits it as well.',
			},
		]),
	),
];
