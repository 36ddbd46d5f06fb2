import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import type { ResetSessionInput } from '../../client';
import { authenticationProperty, credentialDescriptions } from '../shared/authentication';
import { botIdProperty } from '../shared/ids';
import { optionsProperty } from '../shared/options';
import { runItems, type ItemWork } from '../shared/runItems';

/** So many sessions are reset by one item at most; the next run goes on with the rest. */
const MAX_EXPIRED = 1_000;

const forOperation = (operation: 'session' | 'expired') => ({ show: { operation: [operation] } });

const properties: INodeProperties[] = [
	authenticationProperty,
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Reset Expired Sessions',
				value: 'expired',
				action: 'Reset expired sessions',
				description:
					'Reset every expired session that Cognigy Trigger Flow started with this credential and that nobody has reset yet',
			},
			{
				name: 'Reset Session',
				value: 'session',
				action: 'Reset a session',
				description: 'Reset the session of each item',
			},
		],
		default: 'session',
	},
	{ ...botIdProperty, displayOptions: forOperation('session') },
	{
		displayName: 'Session ID',
		name: 'sessionId',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. 7f9c24e8-3b12-4fef-91d0-5a3c1f2e9b7a',
		displayOptions: forOperation('session'),
		description: 'ID of the session to reset, for example "sessionId" from the output of Cognigy Trigger Flow',
	},
	{
		...botIdProperty,
		required: false,
		displayOptions: forOperation('expired'),
		hint: 'Empty: all bots',
		description: 'Only sessions of this bot. If empty, those of all bots.',
	},
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
	optionsProperty([
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
];

/** Resets a session for each item (contract section 6). */
export class CognigyResetSession implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Reset Session',
		name: 'cognigyResetSession',
		icon: { light: 'file:cognigyResetSession.svg', dark: 'file:cognigyResetSession.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ $parameter["operation"] === "expired" ? "reset expired sessions" : "reset session · " + $parameter["botId"] }}',
		description: 'Put a session of a Cognigy bot back to its start: clear its variables, history and state',
		defaults: { name: 'Cognigy Reset Session' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialDescriptions,
		properties,
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const isSweep = this.getNodeParameter('operation', 0, 'session') === 'expired';
		return await runItems<ResetSessionInput>(this, {
			...(isSweep ? sweep : {}),
			operation: 'resetSession',
			properties,
			read: (parameters, { stateClearMatrix, verifyTimeoutSeconds }) => ({
				botId: parameters.text('botId'),
				sessionId: parameters.text('sessionId'),
				maxDurationSec: parameters.number('maxDurationSec'),
				clearVariables: parameters.flag('clearVariables'),
				clearHistory: parameters.flag('clearHistory'),
				clearNluContext: parameters.flag('clearNluContext'),
				verify: parameters.flag('verify'),
				...(stateClearMatrix === undefined
					? {}
					: { stateClearMatrix: parameters.asJsonObject('stateClearMatrix', stateClearMatrix) }),
				...(verifyTimeoutSeconds === undefined ? {} : { verifyTimeoutSeconds }),
			}),
			check: (client, input, options) => client.check('resetSession', input, options),
			run: (client, input, options) => client.resetSession(input, options),
		});
	}
}

/** One item stands for all expired sessions (design section 5). */
const sweep: Pick<ItemWork<ResetSessionInput>, 'expand' | 'abandon'> = {
	expand: async (client, parameters) => {
		const sessions = await client.claimExpiredSessions({ botId: parameters.text('botId'), limit: MAX_EXPIRED });
		return sessions.map(({ botId, sessionId }) => ({ botId, sessionId }));
	},
	abandon: async (client, { sessionId = '' }) => await client.releaseExpiredSession(sessionId),
};
