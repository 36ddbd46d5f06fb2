import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
	defaultOwner,
	nodeOutput,
	freePort,
	installN8n,
	installThroughN8n,
	N8nClient,
	packPackage,
	projectFolder,
	startN8n,
	startPackageRegistry,
	type N8nInstallation,
	type N8nMajor,
	type N8nServer,
	type PackageRegistry,
	type StoredCredential,
	type StoredWorkflow,
} from '../n8n-host';
import { startSandbox, type Sandbox, type SandboxSession } from '../sandbox';
import type { CleanUp } from './cleanUp';
import { firstBotMessage, type BotMessage } from './botMessage';
import { sendCrmEvent, WebhookRefusal, type CrmAnswer } from './crmEvent';
import { explain } from './explain';
import { readResetAudit, type ResetAudit } from './resetAudit';
import { say, step } from './terminal';
import {
	messageTemplate,
	messageWorkflow,
	orderTemplate,
	orderWorkflow,
	resetAudit,
	resetStart,
	resetTemplate,
	resetWorkflow,
	webhookUrl,
} from './workflows';

export interface Stage {
	readonly n8nMajor: N8nMajor;
	/** Aborted when the person in front of it has had enough. */
	readonly signal: AbortSignal;
	readonly cleanUp: CleanUp;
	/** Takes one line for every call that the sandbox gets. */
	readonly sandboxLog: (line: string) => void;
}

export interface StoryEnd {
	readonly n8n: N8nServer;
	readonly sandbox: Sandbox;
	/** Address of the workflow's webhook. */
	readonly webhook: string;
	readonly answer: CrmAnswer;
	/** The session in the sandbox that the answer names. */
	readonly session: SandboxSession;
	/** What the second workflow was started with. */
	readonly message: BotMessage;
	/** What the third workflow says of the reset of this session. */
	readonly reset: ResetAudit;
}

const credentialType = 'cognigyApi';

/** Short, so that a session expires while one looks on. */
const sessionTtlMinutes = 0.1;

/** What a person would do by hand, in that order. */
export async function tellStory(stage: Stage): Promise<StoryEnd> {
	const installation = await installN8n(stage.n8nMajor, { report: say, signal: stage.signal });
	const sandbox = await startCognigy(stage);
	const registry = await publishThePackage(stage);
	const n8n = await startEmptyN8n(stage, installation, registry);
	const client = await signIn(n8n);
	await installTheNodes(client, registry);
	const credential = await createCredential(client, sandbox);
	const { workflow, webhook } = await publishTheWorkflow(client, credential);
	const listener = await publishTheListener(client, credential);
	const answer = await sendOneEvent(stage, client, workflow, webhook);
	const session = theOneSession(sandbox, answer);
	const message = await waitForTheBot(stage, client, listener, session);
	await waitUntilExpired(stage, answer);
	const reset = await resetExpiredSessions(client, credential, session);
	confirmReset(sandbox, session);
	return { n8n, sandbox, webhook, answer, session, message, reset };
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

/** Nothing leaves this machine: npm's registry is played by a small one that knows only this package. */
async function publishThePackage({ cleanUp }: Stage): Promise<PackageRegistry> {
	return await step(
		'Packing the nodes',
		async () => {
			const tarball = await packPackage();
			const registry = await startPackageRegistry(tarball);
			rmSync(dirname(tarball), { recursive: true });
			cleanUp.add('The package registry', () => registry.close());
			return registry;
		},
		({ packageName, version }) => `${packageName} ${version}`,
	);
}

async function startEmptyN8n(
	{ cleanUp, signal }: Stage,
	installation: N8nInstallation,
	registry: PackageRegistry,
): Promise<N8nServer> {
	return await step(
		`Starting an empty n8n ${installation.version}`,
		async () => {
			const port = await freePort(5678);
			const userFolder = join(projectFolder, '.cache', 'demo', `port-${port}`);
			rmSync(userFolder, { recursive: true, force: true });
			const n8n = await startN8n({ installation, port, userFolder, registry, signal });
			cleanUp.add('n8n', () => n8n.stop());
			return n8n;
		},
		({ url }) => url,
	);
}

async function signIn(n8n: N8nServer): Promise<N8nClient> {
	const client = new N8nClient(n8n.url);
	await step(`Making the account ${defaultOwner.email} in n8n`, () => client.signIn());
	return client;
}

async function installTheNodes(client: N8nClient, registry: PackageRegistry): Promise<void> {
	await step(
		`Installing ${registry.packageName} in n8n (Settings > Community nodes)`,
		() => installThroughN8n(client, registry),
		({ installedNodes }) => installedNodes.map(({ name }) => name).join(', '),
	);
}

async function createCredential(client: N8nClient, sandbox: Sandbox): Promise<StoredCredential> {
	return await step('Creating a Cognigy credential and testing it', async () => {
		const data = {
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
		};
		const credential = await client.createCredential('Cognigy (sandbox)', credentialType, data);
		const test = await client.testCredential(credential, data);
		if (test.status !== 'OK')
			throw new Error(`n8n's test of the credential failed: ${test.message ?? 'no reason given'}`);
		return credential;
	});
}

interface PublishedWorkflow {
	readonly workflow: StoredWorkflow;
	/** Address of its webhook. */
	readonly webhook: string;
}

async function publishTheWorkflow(client: N8nClient, credential: StoredCredential): Promise<PublishedWorkflow> {
	return await step(
		`Importing and publishing the workflow ${orderTemplate}`,
		async () => {
			const definition = orderWorkflow(credential, sessionTtlMinutes);
			const workflow = await client.activateWorkflow(await client.createWorkflow(definition));
			return { workflow, webhook: webhookUrl(client.baseUrl, definition) };
		},
		({ webhook }) => webhook,
	);
}

/** From now on this workflow runs whenever a bot says something. */
async function publishTheListener(client: N8nClient, credential: StoredCredential): Promise<StoredWorkflow> {
	return await step(
		`Importing and publishing the workflow ${messageTemplate}`,
		async () => await client.activateWorkflow(await client.createWorkflow(messageWorkflow(credential))),
	);
}

async function sendOneEvent(
	{ signal }: Stage,
	client: N8nClient,
	workflow: StoredWorkflow,
	webhook: string,
): Promise<CrmAnswer> {
	return await step('Sending one order event to the webhook', async () => {
		try {
			return await sendCrmEvent(webhook, signal);
		} catch (error) {
			if (!(error instanceof WebhookRefusal)) throw error;
			throw new Error(`${error.message}\n${await whyItFailed(client, workflow)}`, { cause: error });
		}
	});
}

async function waitForTheBot(
	{ signal }: Stage,
	client: N8nClient,
	listener: StoredWorkflow,
	{ sessionId }: SandboxSession,
): Promise<BotMessage> {
	return await step(
		"Waiting for the bot's answer to start the second workflow",
		() => firstBotMessage(client, listener, sessionId, signal),
		({ executionId }) => `execution ${executionId}`,
	);
}

async function waitUntilExpired({ signal }: Stage, { body }: CrmAnswer): Promise<void> {
	await step(`Waiting until the session has expired (here after ${sessionTtlMinutes * 60} s)`, () =>
		sleep(Math.max(0, Date.parse(body.session.expiresAt) - Date.now()), undefined, { signal }),
	);
}

/** Runs the third workflow once, as its schedule would. */
async function resetExpiredSessions(
	client: N8nClient,
	credential: StoredCredential,
	{ sessionId }: SandboxSession,
): Promise<ResetAudit> {
	return await step(`Importing the workflow ${resetTemplate} and running it once`, async () => {
		const workflow = await client.createWorkflow(resetWorkflow(credential));
		const execution = await client.waitForExecution(await client.runWorkflow(workflow, resetStart));
		const audits = nodeOutput(execution, resetAudit);
		if (audits.length === 0) throw new Error(explain(execution));
		const audit = audits.find((line) => line.sessionId === sessionId);
		if (!audit) throw new Error(`Session ${sessionId} has expired, but other sessions were reset.`);
		return readResetAudit(audit);
	});
}

/** What n8n shows in the failed execution; a webhook's caller is not told. */
async function whyItFailed(client: N8nClient, workflow: StoredWorkflow): Promise<string> {
	const [newest] = await client.executions(workflow, 1);
	if (!newest) return 'n8n has not run the workflow.';
	return explain(await client.waitForExecution(newest.id));
}

/** Holds the answer against what has really happened in the sandbox. */
function theOneSession(sandbox: Sandbox, answer: CrmAnswer): SandboxSession {
	const { sessionId, audit } = answer.body;
	const session = sandbox.sessions.find((candidate) => candidate.sessionId === sessionId);
	if (!session) throw new Error(`The answer names session ${sessionId}, but the sandbox has no such session.`);
	if (audit.status !== 'success') throw new Error(`The audit of the flow start says "${audit.status}".`);
	const { flowsStarted } = sandbox.stats();
	if (flowsStarted !== 1) throw new Error(`One event was sent, but ${flowsStarted} flows were started.`);
	if (!session.transcript.some(({ type }) => type === 'bot')) throw new Error('The bot has said nothing.');
	return session;
}

/** Holds the audit of the reset against what has really happened in the sandbox. */
function confirmReset(sandbox: Sandbox, { sessionId }: SandboxSession): void {
	const { resets = 0 } = sandbox.runtimeState(sessionId) ?? {};
	if (resets !== 1) throw new Error(`The sandbox has reset session ${sessionId} ${resets} times.`);
}
