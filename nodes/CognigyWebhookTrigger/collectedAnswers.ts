import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { LoggerProxy } from 'n8n-workflow';

import {
	callOwnWebhook,
	edition,
	isChunk,
	postedAnswersIn,
	postedAnswersOfTests,
	type PostedAnswers,
} from '../../client';
import { OwnCalls } from './ownCalls';
import type { Post } from './readPosts';

/** For all nodes of this process, by node: n8n makes a context of its own for every call. */
const ofNodes = new Map<string, PostedAnswers>();

const warn = (message: string) => LoggerProxy.warn(`Cognigy Webhook Trigger: ${message}`);

/** A test ends with its first message, and the next one must not find what is left of it: so nothing is staged. */
const forTests = postedAnswersOfTests(warn);

type Context = Pick<
	IWebhookFunctions & IHookFunctions,
	'getMode' | 'getNode' | 'getWorkflow' | 'getNodeParameter' | 'getCredentials' | 'getNodeWebhookUrl'
>;

/** The node, published or in a test. */
export function consumerOf(context: Pick<Context, 'getMode' | 'getNode' | 'getWorkflow'>): string {
	// That of the calls, also where n8n registers the webhook.
	const mode = context.getMode() === 'manual' ? 'manual' : 'webhook';
	return [context.getWorkflow().id, context.getNode().id, mode].join(':');
}

/** What collects the chunks of streamed answers, if there is anything to collect in these posts, or of before. */
export async function collectedAnswersFor(
	context: Context,
	posts: readonly Post[],
): Promise<PostedAnswers | undefined> {
	const consumer = consumerOf(context);
	// The first call that this process gets for the node: not every n8n has told it of the start (2.41 does not).
	const answers = ofNodes.get(consumer) ?? (await putOutLeftOver(context));
	const hasChunks = posts.some(({ outputs }) => outputs.some(isChunk));
	return hasChunks || answers.isCollecting(consumer) ? answers : undefined;
}

/** They are staged where the node's credential for Cognigy.AI says, if it has one, or else on this machine. */
async function answersOf(context: Context): Promise<PostedAnswers> {
	const isTest = context.getMode() === 'manual';
	const hasCredential = !isTest && context.getNodeParameter('setWebhookUrl', false) === true;
	// Without a credential that can be read, this machine is better than nothing.
	const fields = hasCredential ? await context.getCredentials('cognigyAiApi').catch(() => ({})) : {};
	const answers = isTest ? forTests : postedAnswersIn(fields, edition.host.stateFolder(), warn);
	ofNodes.set(consumerOf(context), answers);
	return answers;
}

/** Names a call that this process makes to itself. */
export const OWN_CALL = 'x-cognigy-left-over';
const secret = randomBytes(32).toString('base64url');

/** Whether this process calls itself: there may be answers to put out. */
export function isOwnCall(context: Pick<IWebhookFunctions, 'getHeaderData'>): boolean {
	const given = context.getHeaderData()[OWN_CALL];
	return typeof given === 'string' && timingSafeEqual(hash(given), hash(secret));
}

function hash(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}

/**
 * A webhook node can start its workflow only when it is called. What is over without a call that says so is put out with
 * the next call, or with one that n8n makes to itself: what a crash left, and answers that end with a pause.
 */
export async function putOutLeftOver(context: Context): Promise<PostedAnswers> {
	const consumer = consumerOf(context);
	const url = context.getNodeWebhookUrl('default');
	// The credential may be another one than before.
	ofNodes.delete(consumer);
	const answers = await answersOf(context);
	if (answers === forTests || url === undefined) return answers;
	const calls = new OwnCalls(async () => {
		if (answers.isCollecting(consumer)) await callOwnWebhook(url, { [OWN_CALL]: secret });
	}, warn);
	await answers.begin(consumer, async () => await calls.request());
	return answers;
}
