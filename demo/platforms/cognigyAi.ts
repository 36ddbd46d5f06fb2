import { installN8n, type N8nClient, type StoredCredential } from '../../n8n-host';
import { startCognigyAiSandbox, type CognigyAiSandbox, type CognigyAiSession } from '../../sandbox';
import { tableFillIns } from '../dataTables';
import { messageBlock, waitForTheBot } from '../botMessage';
import { callWebhook, curlCommand } from '../callWebhook';
import { claim, claimBlock, tellOfClaim } from '../claim';
import { createTestedCredential } from '../credential';
import {
	answerBlocks,
	nextCrmEvent,
	redeliveryBlock,
	sendAnotherEvent,
	sendItAgain,
	sendOneEvent,
	type CrmAnswer,
} from '../crmEvent';
import { crmBlock, crmFillIn, startCrm, waitForTheCrm } from '../crmUpdate';
import { resetBlock, resetExpiredSessions, sessionTtlMinutes, waitUntilExpired } from '../expiredSession';
import { sandboxRow, sayCommand, transcriptBlock } from '../sandboxView';
import type { Stage, StoryEnd } from '../stage';
import { startN8nWithNodes } from '../startN8n';
import { publishTemplate, publishWebhookTemplate, templateFile } from '../templates';
import { say, step } from '../terminal';
import { handTranscriptOver, noteBlock, notesFillIn } from '../transcriptNote';
import { refusalBlock, sendUnexpected } from './refusedEvent';

const orderTemplate = templateFile('cognigy-ai-crm-webhook-trigger-flow.json');
const chatTemplate = templateFile('cognigy-ai-bot-messages.json');
const callTemplate = templateFile('cognigy-ai-webhook-bot-messages.json');
const claimTemplate = templateFile('cognigy-ai-claim-ask-customer.json');
const transcriptTemplate = templateFile('cognigy-ai-transcript-to-crm.json');
const resetTemplate = templateFile('cognigy-ai-scheduled-session-reset.json');

/** Endpoints of the sandbox, and the snapshot that one of them runs. */
const restEndpoint = 'Orders REST';
const claimsEndpoint = 'Claims REST';
const socketEndpoint = 'Orders Socket';
const webhookEndpoint = 'Orders Webhook';
const snapshot = 'v1.1';

/** What the Webhook endpoint shows when it calls n8n. */
const caller = { user: 'cognigy', password: 'demo-webhook-password' };

const chatMessage = { chatId: 'chat-1', userId: 'customer-42', text: 'Where is order A-1002?' };
const customerMessage = { userId: 'customer-7', sessionId: 'shop-1', text: 'Where is order A-1003?' };

/** What a person would do by hand, in that order. */
export async function tellCognigyAiStory(stage: Stage): Promise<StoryEnd> {
	const { signal } = stage;
	const installation = await installN8n(stage.n8nMajor, { report: say, signal });
	const sandbox = await startCognigyAi(stage);
	const crm = await startCrm(stage);
	const { n8n, client } = await startN8nWithNodes(stage, installation);
	const credential = await createCredential(client, sandbox);
	const credentials = [credential];

	const orders = await publishWebhookTemplate(client, orderTemplate, {
		'Cognigy Validate Version': {
			credentials,
			parameters: {
				endpoint: picked(sandbox.endpoint(restEndpoint).id, restEndpoint),
				snapshot: picked(snapshot, snapshot),
			},
		},
		'Cognigy Trigger Flow': {
			credentials,
			parameters: { endpoint: sandbox.endpoint(restEndpoint).url, options: { sessionTtlMinutes } },
		},
	});
	const socketNode = { credentials, parameters: { endpoint: sandbox.endpoint(socketEndpoint).url } };
	const chat = await publishWebhookTemplate(client, chatTemplate, {
		'Cognigy Stream Messages Trigger': socketNode,
		'Cognigy Trigger Flow': socketNode,
		...crmFillIn(crm),
	});
	const calls = await publishTemplate(client, callTemplate, {
		'Cognigy Webhook Trigger': {
			credentials: [credential, await createCallerCredential(client)],
			parameters: { endpoint: picked(sandbox.endpoint(webhookEndpoint).id, webhookEndpoint) },
		},
	});

	const answer = await sendOneEvent(client, orders, signal);
	const session = theOneSession(sandbox, answer);
	const again = await sendItAgain(client, orders, answer, () => sandbox.stats().turns, signal);
	const { sessionId } = session;
	const refusal = await sendUnexpected(sandbox, restEndpoint, orders.webhook, signal);

	await step(`Writing to the bot in a chat (Socket.IO endpoint "${socketEndpoint}")`, () =>
		callWebhook(chat.webhook, chatMessage, signal),
	);
	const streamed = await waitForTheBot({
		title: "Waiting for the bot's answer to start the second workflow",
		client,
		workflow: chat.workflow,
		sessionId: chatMessage.chatId,
		signal,
	});
	const told = await waitForTheCrm(crm, streamed);
	await step(`Writing to the Webhook endpoint "${webhookEndpoint}", which is to call n8n`, () =>
		callWebhook(sandbox.endpoint(webhookEndpoint).url, customerMessage, signal),
	);
	const called = await waitForTheBot({
		title: "Waiting for the bot's call to start the third workflow",
		client,
		workflow: calls,
		sessionId: customerMessage.sessionId,
		signal,
	});

	const claimsUrl = sandbox.endpoint(claimsEndpoint).url;
	const claimSession = () => sandbox.sessions.find(({ userId }) => userId === claim.customerId);
	const settled = await tellOfClaim({
		client,
		template: claimTemplate,
		fillIns: { 'Cognigy Trigger Flow': { credentials, parameters: { endpoint: claimsUrl } } },
		claims: crm,
		asked: () => sandbox.when(() => claimSession()?.conversation.some(({ source }) => source === 'bot') === true),
		answer: async (text) => {
			const message = { userId: claim.customerId, sessionId: claimSession()?.sessionId, text };
			await callWebhook(claimsUrl, message, signal);
		},
		signal,
	});
	await waitUntilExpired(answer, signal);
	const another = await sendAnotherEvent(client, orders, signal);
	const resetNode = { 'Cognigy Reset Session': { credentials } };
	const note = await handTranscriptOver({
		client,
		file: transcriptTemplate,
		fillIns: { ...resetNode, 'Get Transcript': { credentials }, ...notesFillIn(crm) },
		sessionId,
		crm,
	});
	await waitUntilExpired(another, signal);
	const resetFillIns = { ...resetNode, ...(await tableFillIns(client, resetTemplate, stage.n8nMajor)) };
	const reset = await resetExpiredSessions(client, resetTemplate, resetFillIns, another.body.sessionId);
	confirmResets(sandbox, [sessionId, another.body.sessionId]);

	return {
		n8n,
		results: [
			...answerBlocks(answer),
			redeliveryBlock(again),
			transcriptBlock(session.conversation.map(({ source, text }) => [source, text])),
			refusalBlock(refusal),
			messageBlock("What the bot's answer over Socket.IO started in n8n", streamed),
			crmBlock(told),
			messageBlock("What the bot's call of the webhook started in n8n", called),
			claimBlock(settled),
			noteBlock(note),
			resetBlock(reset),
		],
		invitation: [
			sandboxRow(sandbox.apiUrl),
			['event', curlCommand(orders.webhook, nextCrmEvent)],
			['chat', curlCommand(chat.webhook, chatMessage)],
			['bot over Socket.IO', sayCommand(sandbox.apiUrl, chatMessage.chatId)],
			['bot over webhook', sayCommand(sandbox.apiUrl, customerMessage.sessionId)],
		],
	};
}

async function startCognigyAi({ cleanUp, sandboxLog }: Stage): Promise<CognigyAiSandbox> {
	return await step(
		'Starting the Cognigy.AI sandbox',
		async () => {
			const sandbox = await startCognigyAiSandbox({ log: sandboxLog });
			cleanUp.add('The sandbox', () => sandbox.close());
			sandbox.changeEndpoint(restEndpoint, { deployment: snapshot });
			const { user, password } = caller;
			sandbox.changeEndpoint(webhookEndpoint, { basicAuthUser: user, basicAuthPassword: password });
			return sandbox;
		},
		({ apiUrl, endpointUrl }) => `${apiUrl}, endpoints at ${endpointUrl}`,
	);
}

async function createCredential(client: N8nClient, sandbox: CognigyAiSandbox): Promise<StoredCredential> {
	return await createTestedCredential(client, 'Creating a Cognigy.AI credential and testing it', {
		name: 'Cognigy.AI (sandbox)',
		type: 'cognigyAiApi',
		data: {
			apiBaseUrl: sandbox.apiUrl,
			apiKey: sandbox.apiKey,
			projectId: sandbox.projectId,
			endpointBaseUrl: sandbox.endpointUrl,
			requestsPer5Minutes: 1000,
			stateStore: 'local',
			redisUrl: '',
			allowInsecure: false,
		},
	});
}

/** n8n has no test for it. */
async function createCallerCredential(client: N8nClient): Promise<StoredCredential> {
	return await step('Creating a Basic Auth credential for calls of the bot', () =>
		client.createCredential('Calls of Cognigy.AI', 'httpBasicAuth', caller),
	);
}

/** How the editor keeps what was picked from a list. */
function picked(value: string, name: string): Record<string, unknown> {
	return { __rl: true, mode: 'list', value, cachedResultName: name };
}

/** Holds the answer against what has really happened in the sandbox. */
function theOneSession(sandbox: CognigyAiSandbox, { body }: CrmAnswer): Readonly<CognigyAiSession> {
	const { sessionId, reply, audit } = body;
	const session = sandbox.session(sessionId);
	if (!session) throw new Error(`The answer names session ${sessionId}, but the sandbox has no such session.`);
	if (audit.status !== 'success') throw new Error(`The audit of the flow start says "${audit.status}".`);
	const { turns } = sandbox.stats();
	if (turns !== 1) throw new Error(`One event was sent, but the flow has run ${turns} times.`);
	const said = session.conversation.filter(({ source }) => source === 'bot').map(({ text }) => text);
	if (said.length === 0) throw new Error('The bot has said nothing.');
	if (reply !== said.join('\n')) throw new Error(`The reply is not what the bot has said: ${reply}`);
	if (!('orderId' in session.context)) throw new Error('The flow has not found the order.');
	return session;
}

/** Holds the audits of the resets against what has really happened in the sandbox. */
function confirmResets(sandbox: CognigyAiSandbox, sessionIds: readonly string[]): void {
	const { resetContext } = sandbox.stats().calls;
	if (resetContext !== sessionIds.length) {
		throw new Error(`The sandbox has reset ${resetContext} contexts, not ${sessionIds.length}.`);
	}
	const unclean = sessionIds.filter((id) => 'orderId' in (sandbox.session(id)?.context ?? {}));
	if (unclean.length > 0) throw new Error(`The context of session ${unclean.join(', ')} still holds the order.`);
}
