import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import type { TriggerFlowInput } from '../../client';
import { credentialDescriptions, subtitleFor } from '../shared/authentication';
import { readDeployment } from '../shared/deployment';
import { searchSnapshots } from '../shared/listSearch';
import type { ClientModule } from '../shared/loadClient';
import type { ItemParameters } from '../shared/parameters';
import { properties } from './properties';

/** Starts a flow for each item (docs/protocol-v1.md#start), or sends a message to an endpoint of Cognigy.AI. */
export class CognigyTriggerFlow implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Cognigy Trigger Flow',
		name: 'cognigyTriggerFlow',
		icon: { light: 'file:cognigyTriggerFlow.svg', dark: 'file:cognigyTriggerFlow.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: subtitleFor({
			cognigyApi: '$parameter["botId"] + " · " + $parameter["flowId"]',
			cognigyAiApi:
				'{ rest: "REST", socketio: "Socket.IO", webhook: "Webhook" }[$parameter["channel"]] + " · " + ($parameter["deliverAs"] ?? "input")',
		}),
		description:
			'Start a flow of a Cognigy bot with what a user says. Returns the session ID and, if it waits for it, the reply of the bot.',
		defaults: { name: 'Cognigy Trigger Flow' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: credentialDescriptions,
		properties,
	};

	methods = { listSearch: { searchSnapshots } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		// Loaded on first use, as n8n's start is to pay nearly nothing for our nodes.
		const { runItems } = await import('../shared/runItems');
		return await runItems<TriggerFlowInput>(this, {
			operation: 'triggerFlow',
			properties,
			read: (parameters, { sessionTtlMinutes, replyQuietMs, replyMaxWaitSeconds, testMode }, client) => ({
				botId: parameters.id('botId'),
				flowId: parameters.id('flowId'),
				userId: parameters.id('userId'),
				sessionId: parameters.id('sessionId'),
				input: parameters.text('input'),
				...readContext(parameters, client),
				endpoint: parameters.text('endpoint'),
				channel: parameters.choice('channel'),
				text: parameters.text('input'),
				...readDelivery(parameters),
				webhookKey: parameters.text('webhookKey'),
				testMode,
				...(parameters.flag('validateBefore')
					? { targetEnvironment: parameters.text('targetEnvironment'), ...readDeployment(parameters) }
					: {}),
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

/** What the flow finds besides what the user says; what is not shown is empty. */
function readContext(
	parameters: ItemParameters,
	client: ClientModule,
): Required<Pick<TriggerFlowInput, 'context' | 'data'>> {
	if (parameters.text('contextMode') !== 'webhook') {
		return { context: parameters.jsonObject('context'), data: parameters.jsonObject('data') };
	}
	const event = client.buildWebhookContext({
		userId: parameters.id('userId'),
		orderId: parameters.id('orderId'),
		source: parameters.text('source'),
		payload: parameters.jsonObject('payload'),
	});
	return { context: event, data: event };
}

/** Nothing where there is no choice. */
function readDelivery(parameters: ItemParameters): Pick<TriggerFlowInput, 'deliverAs'> {
	const deliverAs = parameters.choice<NonNullable<TriggerFlowInput['deliverAs']> | ''>('deliverAs');
	return deliverAs === '' ? {} : { deliverAs };
}
