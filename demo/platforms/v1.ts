import { installN8n, type N8nClient, type StoredCredential } from '../../n8n-host';
import { startSandbox, type Sandbox, type SandboxSession } from '../../sandbox';
import { tableFillIns } from '../dataTables';
import { messageBlock, waitForTheBot } from '../botMessage';
import { curlCommand } from '../callWebhook';
import { claim, claimBlock, tellOfClaim } from '../claim';
import { createTestedCredential } from '../credential';
import { answerBlocks, nextCrmEvent, redeliveryBlock, sendItAgain, sendOneEvent, type CrmAnswer } from '../crmEvent';
import { crmBlock, crmFillIn, startCrm, waitForTheCrm } from '../crmUpdate';
import { resetBlock, resetExpiredSessions, sessionTtlMinutes, waitUntilExpired } from '../expiredSession';
import { sandboxRow, sayCommand, transcriptBlock } from '../sandboxView';
import type { Stage, StoryEnd } from '../stage';
import { startN8nWithNodes } from '../startN8n';
import { publishTemplate, publishWebhookTemplate, templateFile } from '../templates';
import { say, step } from '../terminal';

const orderTemplate = templateFile('crm-webhook-trigger-flow.json');
const messageTemplate = templateFile('bot-messages.json');
const claimTemplate = templateFile('claim-ask-customer.json');
const resetTemplate = templateFile('scheduled-session-reset.json');

/** What a person would do by hand, in that order. */
export async function tellV1Story(stage: Stage): Promise<StoryEnd> {
	const { signal } = stage;
	const installation = await installN8n(stage.n8nMajor, { report: say, signal });
	const sandbox = await startCognigy(stage);
	const crm = await startCrm(stage);
	const { n8n, client } = await startN8nWithNodes(stage, installation);
	const credential = await createCredential(client, sandbox);
	const credentials = [credential];

	const orders = await publishWebhookTemplate(client, orderTemplate, {
		'Cognigy Validate Version': { credentials },
		'Cognigy Trigger Flow': { credentials, parameters: { options: { sessionTtlMinutes } } },
	});
	const listener = await publishTemplate(client, messageTemplate, {
		'Cognigy Stream Messages Trigger': { credentials },
		...crmFillIn(crm),
	});

	const answer = await sendOneEvent(client, orders, signal);
	const session = theOneSession(sandbox, answer);
	const again = await sendItAgain(client, orders, answer, () => sandbox.stats().flowsStarted, signal);
	const { sessionId, transcript } = session;
	const message = await waitForTheBot({
		title: "Waiting for the bot's answer to start the second workflow",
		client,
		workflow: listener,
		sessionId,
		signal,
	});
	const told = await waitForTheCrm(crm, message);
	const claimSession = () => sandbox.sessions.find(({ userId }) => userId === claim.customerId);
	const settled = await tellOfClaim({
		client,
		template: claimTemplate,
		fillIns: { 'Cognigy Trigger Flow': { credentials } },
		claims: crm,
		asked: () => sandbox.when(() => claimSession()?.transcript.some(({ type }) => type === 'bot') === true),
		answer: async (text) => sandbox.say(claimSession()?.sessionId ?? '', text, 'user'),
		signal,
	});
	await waitUntilExpired(answer, signal);
	const resetNode = {
		'Cognigy Reset Session': { credentials },
		...(await tableFillIns(client, resetTemplate, stage.n8nMajor)),
	};
	const reset = await resetExpiredSessions(client, resetTemplate, resetNode, sessionId);
	confirmReset(sandbox, session);

	return {
		n8n,
		results: [
			...answerBlocks(answer),
			redeliveryBlock(again),
			transcriptBlock(transcript.map(({ type, text }) => [type, text])),
			messageBlock("What the bot's answer started in n8n", message),
			crmBlock(told),
			claimBlock(settled),
			resetBlock(reset),
		],
		invitation: [
			sandboxRow(sandbox.url),
			['event', curlCommand(orders.webhook, nextCrmEvent)],
			['message', sayCommand(sandbox.url, sessionId)],
		],
	};
}

async function startCognigy({ cleanUp, sandboxLog }: Stage): Promise<Sandbox> {
	return await step(
		'Starting the Cognigy sandbox',
		async () => {
			const sandbox = await startSandbox({ log: sandboxLog });
			cleanUp.add('The sandbox', () => sandbox.close());
			return sandbox;
		},
		({ url }) => url,
	);
}

async function createCredential(client: N8nClient, sandbox: Sandbox): Promise<StoredCredential> {
	return await createTestedCredential(client, 'Creating a Cognigy credential and testing it', {
		name: 'Cognigy (sandbox)',
		type: 'cognigyApi',
		data: {
			baseUrl: sandbox.url,
			webSocketUrl: sandbox.webSocketUrl,
			tenantId: sandbox.tenantId,
			username: 'demo',
			password: 'demo-password',
			tokenTtlMinutes: 30,
			requestsPerMinute: 100,
			stateStore: 'local',
			redisUrl: '',
			allowInsecure: false,
		},
	});
}

/** Holds the answer against what has really happened in the sandbox. */
function theOneSession(sandbox: Sandbox, { body }: CrmAnswer): SandboxSession {
	const { sessionId, reply, audit } = body;
	const session = sandbox.sessions.find((candidate) => candidate.sessionId === sessionId);
	if (!session) throw new Error(`The answer names session ${sessionId}, but the sandbox has no such session.`);
	if (audit.status !== 'success') throw new Error(`The audit of the flow start says "${audit.status}".`);
	const { flowsStarted } = sandbox.stats();
	if (flowsStarted !== 1) throw new Error(`One event was sent, but ${flowsStarted} flows were started.`);
	const said = session.transcript.filter(({ type }) => type === 'bot').map(({ text }) => text);
	if (said.length === 0) throw new Error('The bot has said nothing.');
	if (reply !== said.join('\n')) throw new Error(`The reply is not what the bot has said: ${reply}`);
	return session;
}

/** Holds the audit of the reset against what has really happened in the sandbox. */
function confirmReset(sandbox: Sandbox, { sessionId }: SandboxSession): void {
	const { resets = 0 } = sandbox.runtimeState(sessionId) ?? {};
	if (resets !== 1) throw new Error(`The sandbox has reset session ${sessionId} ${resets} times.`);
}
