import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { edition, isJsonObject, isTooDeep, withoutCallbackUrls } from '../../../client';
import { checkJsonBody, refuse, Refusal } from '../../shared/refusal';
import { hasKey } from './callbackUrl';
import { awaitedIn, forgetInVain, type Awaited } from './parking';
import { takeOnce } from './takenOutcomes';

/** Largest outcome, in bytes. */
export const MAX_OUTCOME_BYTES = 1024 * 1024;

/**
 * Takes what a flow posts to the URL of a parked execution, which then goes on. What is refused leaves it parked.
 * Never throws: n8n would go on with the error.
 */
export async function receiveOutcome(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const awaited = awaitedIn(context);
	const outcome = outcomeIn(context, awaited);
	if (!awaited || outcome instanceof Refusal) {
		const refusal = outcome instanceof Refusal ? outcome : notAwaited;
		context.logger.warn(
			`Cognigy Trigger Flow: a call to a waiting execution was refused, ${refusal.reason} (${refusal.status})`,
			{ executionId: context.getExecutionId(), workflowId: context.getWorkflow().id, nodeName: context.getNode().name },
		);
		return refuse(context, refusal);
	}
	if (!takeOnce(awaited.keyHash, context.getResponseObject())) return refuse(context, alreadyTaken);
	forgetInVain(context);
	const outcomeAt = new Date(edition.clock.wallTime()).toISOString();
	const json: IDataObject = { ...awaited.json, outcome: outcome as IDataObject, outcomeAt };
	return {
		// An n8n that is about to start answers any call with 200: only this says that it was taken.
		webhookResponse: { taken: true },
		workflowData: [[{ json, pairedItem: { item: 0 } }]],
	};
}

const notAwaited = new Refusal(404, 'as no outcome is waited for');
const alreadyTaken = new Refusal(409, 'as the outcome has come already');

/** Who calls is looked at first: a stranger is told nothing of what a call should look like. */
function outcomeIn(context: IWebhookFunctions, awaited: Awaited | undefined): Record<string, unknown> | Refusal {
	if (!awaited) return notAwaited;
	if (!hasKey(context.getQueryData(), awaited.keyHash)) return new Refusal(401, 'as its signature does not fit');
	const refusal = checkJsonBody(context, MAX_OUTCOME_BYTES);
	if (refusal) return refusal;
	const { rawBody }: { rawBody?: unknown } = context.getRequestObject();
	// n8n makes an object of nothing.
	const isEmpty = Buffer.isBuffer(rawBody) && rawBody.length === 0;
	const body: unknown = context.getBodyData();
	if (isEmpty || !isJsonObject(body)) return new Refusal(400, 'as its body is not a JSON object');
	if (isTooDeep(body)) return new Refusal(400, 'as its body is nested too deeply');
	// A flow that posts all it knows posts the URL, too.
	return withoutCallbackUrls(body);
}
