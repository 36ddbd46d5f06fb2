import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
	installN8n,
	installThroughN8n,
	N8nClient,
	nodeOutput,
	packAsVersion,
	startN8n,
	startPackageRegistry,
	type N8nServer,
	type PackageRegistry,
	type StoredCredential,
	type StoredWorkflow,
} from '../../n8n-host';
import { startSandbox, type Sandbox } from '../../sandbox';
import { countEmitted, emittedItems } from './emittedItems';
import { repeatedIn } from './orderOfMessages';
import { cognigyNode, manualWorkflow, n8nMajor, streamWorkflow } from './support';

jest.setTimeout(900_000);

const SESSIONS = Array.from({ length: 50 }, (_, index) => `session-${index}`);
/** What the service lets through in a minute, and what the credential says; streams take half of it. */
const REQUESTS_PER_MINUTE = 400;
/** Something is said so often, in ms, as long as n8n keeps up: a busy machine runs few executions a second. */
const TALK_EVERY_MS = 300;
/** So much may be said and not emitted yet. */
const MAX_BACKLOG = 40;
/** Checks before and after a change: more together than the service lets through in a minute. */
const CHECKS = 250;
/** How long what was said may take to arrive, in ms: a full budget comes back after a minute, and machines are busy. */
const PATIENCE_MS = 300_000;

let registry: PackageRegistry;
let n8n: N8nServer;
let client: N8nClient;
let sandbox: Sandbox;
let credential: StoredCredential;
let stream: StoredWorkflow;
let fields: Record<string, unknown>;
const userFolder = mkdtempSync(join(tmpdir(), 'n8n-nodes-cognigy-live-'));
const n8nFolder = join(userFolder, '.n8n');

/** Ids of all that bots have said, in the order in which it was said. */
const said: string[] = [];
const talking = new AbortController();
let talk: Promise<void>;

beforeAll(async () => {
	const first = await packAsVersion('0.1.1');
	registry = await startPackageRegistry(first);
	rmSync(dirname(first), { recursive: true });
	sandbox = await startSandbox({ replay: 'once', pollWaitMs: 20_000, requestsPerMinute: REQUESTS_PER_MINUTE });
	const installation = await installN8n(n8nMajor);
	n8n = await startN8n({
		userFolder,
		installation,
		registry,
		env: { EXECUTIONS_DATA_PRUNE: 'false' },
		readyTimeoutMs: 300_000,
	});
	client = new N8nClient(n8n.url);
	await client.signIn();
	await installThroughN8n(client, registry);
	const { url: baseUrl, tenantId } = sandbox;
	fields = {
		baseUrl,
		tenantId,
		username: 'demo',
		password: 'demo-password',
		requestsPerMinute: REQUESTS_PER_MINUTE,
	};
	credential = await client.createCredential('Cognigy account', 'cognigyApi', fields);
	stream = await client.activateWorkflow(await client.createWorkflow(streamWorkflow('Stream', credential)));
	await startSessions(SESSIONS);
	await sandbox.when(() => sandbox.stats().pollsHeld === SESSIONS.length, 20_000);
	talk = keepTalking();
});
afterAll(async () => {
	talking.abort();
	await talk;
	await n8n?.stop();
	await sandbox?.close();
	await registry?.close();
	rmSync(userFolder, { recursive: true, force: true });
});

/** Nothing is said for a moment. */
let isSilent = false;

/** Something is said in every session, now in one and now in another, until the end of the tests. */
async function keepTalking(): Promise<void> {
	const { signal } = talking;
	for (let turn = 0; !signal.aborted;) {
		if (!isSilent && said.length - countEmitted(n8nFolder) < MAX_BACKLOG) {
			const sessionId = SESSIONS[turn % SESSIONS.length] ?? '';
			said.push(sandbox.say(sessionId, `${sessionId} says ${turn++}`).messageId);
		}
		await sleep(TALK_EVERY_MS, undefined, { signal }).catch(() => {});
	}
}

async function runNode(name: string, items: object[], type: string, parameters: object) {
	const node = cognigyNode(type, credential, { botId: 'order-status', flowId: 'main', ...parameters });
	const workflow = await client.createWorkflow(manualWorkflow(name, items, node));
	const executionId = await client.runWorkflow(workflow, 'Start');
	return nodeOutput(await client.waitForExecution(executionId, { timeoutMs: PATIENCE_MS }), 'Cognigy');
}

/** Starts sessions with Trigger Flow, which waits for what the bot says to them. */
async function startSessions(sessionIds: readonly string[]): Promise<void> {
	const results = await runNode(
		`Start ${sessionIds[0]}`,
		sessionIds.map((sessionId) => ({ sessionId })),
		'cognigyTriggerFlow',
		{
			userId: 'customer-42',
			sessionId: '={{ $json.sessionId }}',
			input: 'Where is my order?',
			waitForReply: true,
			options: { replyQuietMs: 200, replyMaxWaitSeconds: 60, concurrency: 50 },
		},
	);
	for (const { messages } of results) {
		const bots = (messages as Array<{ messageId: string; type: string }>).filter(({ type }) => type === 'bot');
		expect(bots).toHaveLength(1);
		said.push(...bots.map(({ messageId }) => messageId));
	}
}

async function check(name: string): Promise<void> {
	const items = Array.from({ length: CHECKS }, (_, index) => ({ index }));
	const results = await runNode(name, items, 'cognigyValidateVersion', {
		targetEnvironment: 'production',
		options: { concurrency: 50, retries: 0 },
	});
	const others = results.filter(({ valid }) => valid !== true);
	expect({ others, count: results.length }).toEqual({ others: [], count: CHECKS });
}

/** Ids of the messages that the stream has emitted. */
function emitted(): string[] {
	return emittedItems(n8nFolder, stream.id, 'Cognigy').flatMap(({ messageIds }) => messageIds);
}

/** Until all that was said so far has been emitted; then: none was lost, none came twice, the service refused nothing. */
async function expectAllIsWell(): Promise<void> {
	const until = [...said];
	const giveUpAt = Date.now() + PATIENCE_MS;
	let ids = emitted();
	while (until.some((id) => !ids.includes(id)) && Date.now() < giveUpAt) {
		await sleep(500); // n8n tells nobody when it has saved an execution
		ids = emitted();
	}
	expect(until.filter((id) => !ids.includes(id))).toEqual([]);
	expect(repeatedIn(ids)).toEqual([]);
	expect(sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
}

const ids = (name: string) => Array.from({ length: 10 }, (_, index) => `${name}-${index}`);

it('the package is updated while 50 sessions talk: none lost, none twice, the budget is kept', async () => {
	await check('Checks before the update');
	const second = await packAsVersion('0.1.2');
	await registry.publish(second);
	rmSync(dirname(second), { recursive: true });
	const { packageName } = registry;
	const updated = await client.updateCommunityPackage(packageName, '0.1.2');
	expect(updated).toMatchObject({ installedVersion: '0.1.2' });
	const before = said.length;
	await Promise.all([check('Checks after the update'), startSessions(ids('updated'))]);
	await expectAllIsWell();

	expect(said.length - before).toBeGreaterThan(20);
	// The new copy of the code goes on with the token of the old one.
	expect(sandbox.stats().logins).toBe(1);
});

it('the credential is edited while they talk: another limit and lifetime, then another password', async () => {
	fields = { ...fields, requestsPerMinute: REQUESTS_PER_MINUTE - 50, tokenTtlMinutes: 29 };
	credential = await client.editCredential(credential, fields);
	await startSessions(ids('edited'));
	await check('Checks after the edit');
	await expectAllIsWell();
	expect(sandbox.stats().logins).toBe(1);

	sandbox.setPassword('demo', 'a-new-password');
	fields = { ...fields, password: 'a-new-password' };
	credential = await client.editCredential(credential, fields);
	await startSessions(ids('new-password'));
	sandbox.expireTokens();
	const later = said.length;
	await startSessions(ids('new-token'));
	await expectAllIsWell();
	expect(said.length).toBeGreaterThan(later);
});

it('publishing the workflow again after the update delivers to the new code', async () => {
	// What is handed out to a poll that is just being closed would be lost: the service hands it out once.
	isSilent = true;
	await expectAllIsWell();
	stream = await client.deactivateWorkflow(stream);
	await sandbox.when(() => sandbox.stats().pollsHeld === 0, 20_000);
	isSilent = false;
	stream = await client.activateWorkflow(stream);
	await sandbox.when(() => sandbox.stats().pollsHeld > 0, 60_000);
	await startSessions(ids('published-again'));
	await expectAllIsWell();
});
