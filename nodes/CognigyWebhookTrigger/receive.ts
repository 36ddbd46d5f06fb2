import type { IDataObject, INodeExecutionData, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { asNumber, type AuditEntry, type FollowedSession } from '../../client';
import { checkCaller } from './callerCheck';
import { readPosts, type Post } from './readPosts';
import { ReceivedMessages } from './receivedMessages';
import { Refusal } from './refusal';
import { readStoredUrls, type StoredUrl } from './storedUrl';

/** Largest body, in bytes: more than Cognigy.AI lets an output hold (facts, section 1.7). */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;

const MS_PER_MINUTE = 60_000;
const MAX_REMEMBERED_MINUTES = 24 * 60;

/** For all nodes of this process: n8n makes a context of its own for every call. */
const received = new ReceivedMessages();

/**
 * Takes one call of a Webhook endpoint. Answers it by itself only when it is refused; everything else n8n answers at
 * once. Never throws: n8n would start the workflow with the error.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const beganAt = performance.now();
	const origin = { workflowId: context.getWorkflow().id ?? '', nodeName: context.getNode().name };
	const batches = await acceptedBatches(context);
	if (batches instanceof Refusal) {
		const { status, reason } = batches;
		context.logger.warn(`Cognigy Webhook Trigger: a call was refused, ${reason} (${status})`, origin);
		return answer(context, batches);
	}
	const source = sourceOf(context);
	const items = batches.flatMap(({ post: { userId, sessionId }, messages }): INodeExecutionData[] => {
		if (messages.length === 0) return [];
		const session = { sessionId, ...source, userId };
		const audit = auditOf(session, beganAt);
		context.logger.info(`Cognigy audit ${JSON.stringify(audit)}`, origin);
		return messages.map((message) => ({ json: { ...message, ...session, audit } as unknown as IDataObject }));
	});
	if (items.length === 0) return { webhookResponse: { message: 'There was nothing new in it' } };
	// What n8n could not start may come again.
	const response = context.getResponseObject();
	response.once('close', () => {
		if (response.statusCode >= 500) batches.forEach(({ forget }) => forget());
	});
	return { workflowData: [items] };
}

interface Batch extends ReturnType<ReceivedMessages['take']> {
	post: Post;
}

/** Who calls is looked at first: a stranger is told nothing of what a call should look like. */
async function acceptedBatches(context: IWebhookFunctions): Promise<Batch[] | Refusal> {
	try {
		const refusal = (await checkCaller(context)) ?? checkBody(context);
		const posts = refusal ?? readPosts(context.getBodyData());
		if (posts instanceof Refusal) return posts;
		const consumer = [context.getWorkflow().id, context.getNode().id, context.getMode()].join(':');
		const rememberMs = rememberedMinutes(context) * MS_PER_MINUTE;
		return posts.map((post) => ({ post, ...received.take(consumer, post, rememberMs) }));
	} catch {
		// Data nested so deeply that nothing can write it, for example.
		return new Refusal(400, 'as it cannot be read');
	}
}

function checkBody(context: IWebhookFunctions): Refusal | undefined {
	const request: { rawBody?: unknown } = context.getRequestObject();
	const { 'content-length': length, 'content-type': type = '' } = context.getHeaderData();
	// Unpacked, where it was sent compressed.
	const bytes = Buffer.isBuffer(request.rawBody) ? request.rawBody.length : Number(length ?? 0);
	if (bytes > MAX_BODY_BYTES) return new Refusal(413, `as its body has more than ${MAX_BODY_BYTES} bytes`);
	// n8n leaves another body as text, or takes it apart in another way.
	if (!/^application\/json *(;|$)/i.test(type)) return new Refusal(415, 'as its Content-Type is not application/json');
	return undefined;
}

function answer(context: IWebhookFunctions, { status, reason }: Refusal): IWebhookResponseData {
	const headers = {
		'Content-Type': 'application/json',
		...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="Cognigy Webhook Trigger", charset="UTF-8"' } : {}),
	};
	const body = JSON.stringify({ message: `The call was refused, ${reason}` });
	context.getResponseObject().writeHead(status, headers).end(body);
	return { noWebhookResponse: true };
}

/** The default where it is anything odd: a call must not fail for it. */
function rememberedMinutes(context: IWebhookFunctions): number {
	const minutes = asNumber(context.getNodeParameter('options.dropDuplicatesMinutes', 10));
	return typeof minutes === 'number' && minutes >= 0 ? Math.min(minutes, MAX_REMEMBERED_MINUTES) : 10;
}

/** Calls tell neither their project nor their endpoint; both are known where this node set its URL by itself. */
function sourceOf(context: IWebhookFunctions): Pick<StoredUrl, 'botId' | 'flowId'> {
	const isSet = context.getNodeParameter('setWebhookUrl', false) === true;
	const [stored] = isSet ? readStoredUrls(context.getWorkflowStaticData('node')) : [];
	const { botId = '', flowId = '' } = stored ?? {};
	return { botId, flowId };
}

function auditOf({ botId, flowId, userId, sessionId }: Required<FollowedSession>, beganAt: number): AuditEntry {
	return {
		timestamp: new Date().toISOString(),
		operation: 'streamMessages',
		botId,
		...(flowId ? { flowId } : {}),
		sessionId,
		userId,
		status: 'success',
		latencyMs: Math.round(performance.now() - beganAt),
		attempts: 1,
	};
}
