import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import type { DeliverAs } from '../../client';
import { credentialDescriptions, subtitleFor } from '../shared/authentication';
import { readDeployment } from '../shared/deployment';
import { readEndpoint } from '../shared/endpoint';
import { searchEndpointsOfChannel, searchSnapshots } from '../shared/listSearch';
import type { ClientModule } from '../shared/loadClient';
import type { ItemOptions } from '../shared/options';
import type { ItemParameters } from '../shared/parameters';
import { outcomeWebhooks } from './outcome/properties';
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
		webhooks: outcomeWebhooks,
		waitingNodeTooltip: 'The execution goes on when the flow posts its outcome',
		properties,
	};

	methods = { listSearch: { searchEndpointsOfChannel, searchSnapshots } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		// Loaded on first use, as n8n's start is to pay nearly nothing for our nodes.
		const { runItems } = await import('../shared/runItems');
		const { endedInVain, inVainOf, OutcomeWait } = await import('./outcome');
		const inVain = inVainOf(this);
		if (inVain) return await endedInVain(this, properties, inVain);
		const outcome = new OutcomeWait(this);
		const output = await runItems(this, {
			operation: 'triggerFlow',
			isOnce: true,
			properties,
			read: {
				cognigyApi: (parameters, { sessionTtlMinutes, replyQuietMs, replyMaxWaitSeconds, ...options }, client) => ({
					botId: parameters.id('botId'),
					flowId: parameters.id('flowId'),
					userId: parameters.id('userId'),
					sessionId: parameters.id('sessionId'),
					input: parameters.text('input'),
					context: readFacts('context', parameters, client),
					...(parameters.flag('validateBefore') ? { targetEnvironment: parameters.text('targetEnvironment') } : {}),
					sessionTtlMinutes,
					...(parameters.flag('waitForReply')
						? { reply: { quietMs: replyQuietMs, maxWaitSeconds: replyMaxWaitSeconds } }
						: {}),
					...readIdempotency(options),
					...outcome.callback(parameters, client),
				}),
				cognigyAiApi: (parameters, { sessionTtlMinutes, replyMaxWaitSeconds, testMode, ...options }, client) => ({
					userId: parameters.id('userId'),
					sessionId: parameters.id('sessionId'),
					text: parameters.text('input'),
					data: readFacts('data', parameters, client),
					...readEndpoint(parameters),
					channel: parameters.choice('channel'),
					...readDelivery(parameters),
					webhookKey: parameters.text('webhookKey'),
					testMode,
					...(parameters.flag('validateBefore') ? { deployment: readDeployment(parameters) } : {}),
					sessionTtlMinutes,
					...(parameters.flag('waitForReply') ? { reply: { maxWaitSeconds: replyMaxWaitSeconds } } : {}),
					...readIdempotency(options),
					...outcome.callback(parameters, client),
				}),
			},
			run: async (client, input, options) => outcome.started(await client.triggerFlow(input, options)),
		});
		return await outcome.park(output);
	}

	/** Called with the outcome that a parked execution waits for. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const { receiveOutcome } = await import('./outcome');
		return await receiveOutcome(this);
	}
}

/**
 * What the flow finds besides what the user says.
 * @param name of the parameter that says it, unless it is an event
 */
function readFacts(
	name: 'context' | 'data',
	parameters: ItemParameters,
	client: ClientModule,
): Record<string, unknown> {
	if (parameters.text('contextMode') !== 'webhook') return parameters.jsonObject(name);
	return client.buildWebhookContext({
		userId: parameters.id('userId'),
		orderId: parameters.id('orderId'),
		source: parameters.text('source'),
		payload: parameters.jsonObject('payload'),
	});
}

/** Nothing where there is no such option. */
function readIdempotency({ idempotencyKey, idempotencyHours }: Partial<ItemOptions>): Partial<ItemOptions> {
	return {
		...(idempotencyKey === undefined ? {} : { idempotencyKey }),
		...(idempotencyHours === undefined ? {} : { idempotencyHours }),
	};
}

/** Nothing where there is no choice. */
function readDelivery(parameters: ItemParameters): { deliverAs?: DeliverAs } {
	const deliverAs = parameters.choice<DeliverAs | ''>('deliverAs');
	return deliverAs === '' ? {} : { deliverAs };
}
