import type { INodeType, INodeTypeDescription, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { offers } from '../../client/offers';
import { credentialDescriptions } from '../shared/authentication';
import { properties } from './properties';

const inQueueMode = (before: string) =>
	offers.sharedState
		? `<br /><br /><b>In queue mode</b>, set State Store of the credential to Redis${before}, or nothing will come.`
		: '';

const letTheBotSpeak = offers.lastingSessions
	? 'let the bot say something: start a flow with Cognigy Trigger Flow, for example'
	: 'let the bot say something in that session: with Cognigy Trigger Flow and the same Session ID, for example';

/** As expressions of n8n. */
const oneSession = '"session " + $parameter["sessionId"]';
const followed = offers.lastingSessions
	? `$parameter["follow"] === "session" ? ${oneSession} : "all open sessions"`
	: oneSession;

/** Starts the workflow for what is said in sessions (docs/protocol-v1.md#messages). */
export class CognigyStreamMessagesTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Stream Messages Trigger',
		name: 'cognigyStreamMessagesTrigger',
		icon: { light: 'file:cognigyStreamMessagesTrigger.svg', dark: 'file:cognigyStreamMessagesTrigger.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: `={{ ${followed} }}`,
		description: 'Starts the workflow when a bot says something in a session',
		eventTriggerDescription: 'Waiting for the bot to say something',
		activationMessage: 'Your workflow will now run whenever there are new messages in the followed sessions.',
		defaults: { name: 'Cognigy Stream Messages Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialDescriptions,
		triggerPanel: {
			header: '',
			executionsHelp: {
				inactive: `<b>While building your workflow</b>, click "Execute step" and ${letTheBotSpeak}.${inQueueMode(' first')}<br /><br /><b>Once you are happy</b>, publish the workflow. From then on every new message starts it, and its executions show in the <a data-key="executions">list of executions</a>.`,
				active: `<b>While building your workflow</b>, click "Execute step" and let the bot say something.<br /><br /><b>This workflow is published</b>: every new message starts it, and its executions show in the <a data-key="executions">list of executions</a>.${inQueueMode('')}`,
			},
			activationHint: `Execute the step, then ${letTheBotSpeak}. Once you have finished building your workflow, publish it so that new messages start it by themselves.`,
		},
		properties,
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		// Loaded on first use, as n8n's start is to pay nearly nothing for our nodes.
		const { startTrigger } = await import('./startTrigger');
		return await startTrigger(this, properties);
	}
}
