import type {
	INodeProperties,
	INodeType,
	INodeTypeDescription,
	ITriggerFunctions,
	ITriggerResponse,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { authenticationProperty, credentialDescriptions } from '../shared/authentication';
import { botIdProperty, flowIdProperty } from '../shared/ids';
import { startTrigger } from './startTrigger';

const forFollow = (follow: 'session' | 'registry') => ({ show: { follow: [follow] } });

const properties: INodeProperties[] = [
	authenticationProperty,
	{
		displayName: 'Follow',
		name: 'follow',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'All Open Sessions',
				value: 'registry',
				description: 'Every open session that Cognigy Trigger Flow started with this credential, new ones as well',
			},
			{ name: 'One Session', value: 'session', description: 'One session whose ID you know' },
		],
		default: 'registry',
		description: 'Which sessions to follow',
	},
	{ ...botIdProperty, displayOptions: forFollow('session') },
	{ ...flowIdProperty, displayOptions: forFollow('session') },
	{
		displayName: 'Session ID',
		name: 'sessionId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 7f9c24e8-3b12-4fef-91d0-5a3c1f2e9b7a',
		displayOptions: forFollow('session'),
		description: 'ID of the session to follow',
	},
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
						description: 'The next messages of a session wait until the workflow is done with the last ones',
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
		],
	},
];

/** Starts the workflow for what is said in sessions (contract section 4). */
export class CognigyStreamMessagesTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Stream Messages Trigger',
		name: 'cognigyStreamMessagesTrigger',
		icon: { light: 'file:cognigyStreamMessagesTrigger.svg', dark: 'file:cognigyStreamMessagesTrigger.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["follow"] === "session" ? "session " + $parameter["sessionId"] : "all open sessions" }}',
		description: 'Starts the workflow when a bot says something in a session',
		eventTriggerDescription: '',
		waitingNodeTooltip:
			'Let the bot say something now: start a flow with Cognigy Trigger Flow, for example. The first message ends the wait.',
		activationMessage: 'Your workflow will now run whenever there are new messages in the followed sessions.',
		defaults: { name: 'Cognigy Stream Messages Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialDescriptions,
		triggerPanel: {
			header: '',
			executionsHelp: {
				inactive:
					'<b>While building your workflow</b>, click "Execute step" and let the bot say something: start a flow with Cognigy Trigger Flow, for example.<br /><br /><b>Once you are happy</b>, publish the workflow. From then on every new message starts it, and its executions show in the list of executions.',
				active:
					'<b>While building your workflow</b>, click "Execute step" and let the bot say something.<br /><br /><b>This workflow is published</b>: every new message starts it, and its executions show in the list of executions.',
			},
			activationHint:
				'Execute the step, then let the bot say something: start a flow with Cognigy Trigger Flow, for example. Once you have finished building your workflow, publish it so that new messages start it by themselves.',
		},
		properties,
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await startTrigger(this, properties);
	}
}
