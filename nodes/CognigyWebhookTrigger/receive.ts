import type { IDataObject, INodeExecutionData, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import {
	asNumber,
	edition,
	ReceivedMessages,
	type AuditEntry,
	type Delivery,
	type FollowedSession,
} from '../../client';
import { logAudit } from '../shared/auditLog';
import { checkJsonBody, refuse, Refusal, respond } from '../shared/refusal';
import { checkCaller } from './callerCheck';
import { collectedAnswersFor, consumerOf, isOwnCall } from './collectedAnswers';
import { readPosts, type Post } from './readPosts';
import { readStoredUrls, type StoredUrl } from './storedUrl';

/** Largest body, in bytes: more than Cognigy.AI lets an output hold (docs/protocol-cognigy-ai.md#limits). */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;

const MS_PER_MINUTE = 60_000;
const MAX_REMEMBERED_MINUTES = 24 * 60;

/** For all nodes of this process: n8n makes a context of its own for every call. */
const received = new ReceivedMessages();

/**
 * How long what was put out after its call was answered stays staged, in ms: n8n does not tell when it has it. Twice
 * after a crash is better than not at all. Only where n8n cannot call its own webhook.
 */
const SETTLED_MS = 2_000;

/**
 * Takes one call of a Webhook endpoint. Answers it by itself only when it is refused, and when it holds a chunk of a
 * streamed answer: then the call may be the one that puts it out once it is over, if n8n cannot call itself. Everything
 * else n8n answers at once. Never throws: n8n would start the workflow with the error.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const beganAt = performance.now();
	const origin = { workflowId: context.getWorkflow().id ?? '', nodeName: context.getNode().name };
	const accepted = await acceptedBatches(context);
	if (accepted instanceof Refusal) {
		const { status, reason } = accepted;
		context.logger.warn(`Cognigy Webhook Trigger: a call was refused, ${reason} (${status})`, origin);
		return answer(context, accepted);
	}
	const source = sourceOf(context);
	const itemsOf = (batches: readonly Batch[]) =>
		batches.flatMap(({ post: { userId, sessionId }, messages }): INodeExecutionData[] => {
			if (messages.length === 0) return [];
			const session = { sessionId, ...source, userId };
			const audit = auditOf(session, beganAt);
			logAudit(context.logger, audit, origin);
			return messages.map((message) => ({ json: { ...message, ...session, audit } as unknown as IDataObject }));
		});
	const { batches, rest } = accepted;
	const items = itemsOf(batches);
	if (items.length > 0) {
		// What n8n could not start may come again.
		const response = context.getResponseObject();
		response.once('close', () => {
			for (const { forget, done, failed } of batches) {
				if (response.statusCode < 500) void done();
				else {
					forget();
					failed();
				}
			}
		});
		for (const one of rest) void one.then((batch) => batch?.failed());
		return { workflowData: [items] };
	}
	await Promise.all(batches.map(async ({ done }) => await done()));
	if (rest.length === 0) return { webhookResponse: { message: 'There was nothing new in it' } };
	respond(context, 200, { message: 'It was taken: the rest of the answer is waited for' });
	const ended = (await Promise.all(rest)).filter((batch) => batch !== undefined);
	const late = itemsOf(ended);
	const settle = () => ended.forEach(({ done }) => void done());
	edition.clock.after(SETTLED_MS, settle, { isBackground: true });
	return { noWebhookResponse: true, ...(late.length > 0 ? { workflowData: [late] } : {}) };
}

interface Batch extends ReturnType<ReceivedMessages['take']>, Pick<Delivery, 'done' | 'failed'> {
	post: Pick<Post, 'userId' | 'sessionId'>;
}

interface Accepted {
	batches: Batch[];
	/** Streamed answers that this call puts out once they are over. */
	rest: Array<Promise<Batch | undefined>>;
}

/** Who calls is looked at first: a stranger is told nothing of what a call should look like. */
async function acceptedBatches(context: IWebhookFunctions): Promise<Accepted | Refusal> {
	try {
		if (isOwnCall(context)) return await collect(context, []);
		const refusal = (await checkCaller(context)) ?? checkJsonBody(context, MAX_BODY_BYTES);
		const posts = refusal ?? readPosts(context.getBodyData());
		if (posts instanceof Refusal) return posts;
		return await collect(context, posts);
	} catch {
		// Data nested so deeply that nothing can write it, for example.
		return new Refusal(400, 'as it cannot be read');
	}
}

async function collect(context: IWebhookFunctions, posts: readonly Post[]): Promise<Accepted> {
	const consumer = consumerOf(context);
	const rememberMs = rememberedMinutes(context) * MS_PER_MINUTE;
	const batchOf = ({ done, failed, ...post }: Delivery): Batch => {
		return { post, ...received.take(consumer, post, rememberMs), done, failed };
	};
	const answers = await collectedAnswersFor(context, posts);
	const nothing = { done: async () => {}, failed: () => {} };
	if (!answers) return { batches: posts.map((post) => batchOf({ ...post, ...nothing })), rest: [] };
	const batches: Batch[] = [];
	const rest: Accepted['rest'] = [];
	for (const post of posts) {
		const taken = await answers.take(consumer, post);
		batches.push(...taken.deliveries.map(batchOf));
		if (taken.rest) rest.push(taken.rest.then((delivery) => delivery && batchOf(delivery)));
	}
	batches.push(...(await answers.overdue(consumer)).map(batchOf));
	return { batches, rest };
}

function answer(context: IWebhookFunctions, refusal: Refusal): IWebhookResponseData {
	const isUnknown = refusal.status === 401;
	const realm = { 'WWW-Authenticate': 'Basic realm="Cognigy Webhook Trigger", charset="UTF-8"' };
	return refuse(context, refusal, isUnknown ? realm : {});
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
