import type {
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { searchWebhookEndpoints } from '../shared/listSearch';
import { credentials, properties } from './properties';

/**
 * Starts the workflow for what a Webhook endpoint of Cognigy.AI posts (docs/protocol-cognigy-ai.md#webhook-endpoints).
 */
export class CognigyWebhookTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Webhook Trigger',
		name: 'cognigyWebhookTrigger',
		icon: { light: 'file:cognigyWebhookTrigger.svg', dark: 'file:cognigyWebhookTrigger.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle:
			'={{ $parameter["setWebhookUrl"] ? "sets itself in the endpoint" : "waits for calls of a Webhook endpoint" }}',
		description: 'Starts the workflow when a Webhook endpoint of Cognigy.AI posts what a bot says',
		eventTriggerDescription: 'Waiting for the bot to say something on the Webhook endpoint',
		activationMessage: 'Your workflow will now run whenever the Webhook endpoint calls.',
		defaults: { name: 'Cognigy Webhook Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials,
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'cognigy' }],
		triggerPanel: {
			header: 'Get what the bot says',
			executionsHelp: {
				inactive:
					'<b>While building your workflow</b>, click "Execute step" and let the bot say something. Without "Set Webhook URL in Cognigy", put the test URL into the endpoint first.<br /><br /><b>Once you are happy</b>, publish the workflow. From then on every call starts it, and its executions show in the <a data-key="executions">list of executions</a>.',
				active:
					'<b>While building your workflow</b>, click "Execute step" and let the bot say something. With "Set Webhook URL in Cognigy", what the bot says goes to the test until it ends.<br /><br /><b>This workflow is published</b>: every call of the production URL starts it, and its executions show in the <a data-key="executions">list of executions</a>.',
			},
			activationHint:
				'Execute the step, then let the bot say something on the Webhook endpoint. Once you have finished building your workflow, publish it so that every call starts it.',
		},
		properties,
	};

	methods = { listSearch: { searchWebhookEndpoints } };

	webhookMethods = {
		default: {
			/** `create` looks itself at what there is to do. */
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				await (await webhookUrlOf(this)).set();
				if (this.getMode() !== 'manual') await leftOver(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await (await webhookUrlOf(this)).putBack();
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const { receive } = await import('./receive');
		return await receive(this);
	}
}

/** What a crash left of streamed answers. */
async function leftOver(context: IHookFunctions) {
	const { putOutLeftOver } = await import('./collectedAnswers');
	// Taking calls needs nothing of it.
	await putOutLeftOver(context).catch((error: unknown) =>
		context.logger.warn(
			`Cognigy Webhook Trigger: what is left of streamed answers is not looked for. ${String(error)}`,
		),
	);
}

/** Loaded on first use, as n8n's start is to pay nearly nothing for our nodes. */
async function webhookUrlOf(context: IHookFunctions) {
	const { WebhookUrl } = await import('./webhookUrl');
	return await WebhookUrl.of(context, properties);
}
