// Ahead of its first use, whose time is limited: it takes long to load here.
import '@redis/client';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/v4';

import { accountKey } from '../../../client/registry/accountKey';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import { redisConnectionFor } from '../../../client/redis/redisConnection';
import { startReceiver } from '../../../demo/receiver';
import { filledTemplate, templateFile } from '../../../demo/templates';
import type { StoredWorkflow } from '../../../n8n-host';
import { startSandbox, type JournalEntry, type Sandbox } from '../../../sandbox';
import { crmWorkflow, sendEvents, type Answered } from './crm';
import { postOnceServed } from '../support';
import { startQueueInstallation, type InstalledProcess, type QueueInstallation } from './installation';

jest.setTimeout(300_000);

const EVENTS = 500;
/** Of credential and service alike. Each event takes two requests, so all of them together need two windows. */
const REQUESTS_PER_MINUTE = 520;
const WINDOW_MS = 60_000;
/** So many flows have been started when a worker is killed. */
const STARTS_BEFORE = 100;
/** How many executions a worker runs at once: n8n's default. */
const WORKER_CONCURRENCY = 10;

let queue: QueueInstallation;

beforeAll(async () => {
	queue = await startQueueInstallation();
});
afterAll(async () => {
	await queue?.stop();
});

describe('500 CRM webhooks, one of two workers killed in the middle, all state in Redis', () => {
	let sandbox: Sandbox;
	let workflow: StoredWorkflow;
	let answers: Answered[];

	beforeAll(async () => {
		sandbox = await startSandbox({ requestsPerMinute: REQUESTS_PER_MINUTE });
		const { url: baseUrl, tenantId } = sandbox;
		const credential = await queue.client.createCredential('Cognigy account', 'cognigyApi', {
			...{ baseUrl, tenantId, username: 'demo', password: 'demo-password' },
			...{ requestsPerMinute: REQUESTS_PER_MINUTE, stateStore: 'redis', redisUrl: queue.redis.url },
		});
		workflow = await queue.client.activateWorkflow(
			await queue.client.createWorkflow(crmWorkflow(credential, 'crm-order-event')),
		);

		const orderIds = Array.from({ length: EVENTS }, (_, index) => `A-${1001 + index}`);
		const sending = sendEvents(`${queue.webhook.server.url}/webhook/crm-order-event`, orderIds);
		await sandbox.when(() => sandbox.stats().flowsStarted >= STARTS_BEFORE, 60_000);
		await killWhileStarting(queue.workers[0]);
		await queue.workers[0].startAgain();
		answers = await sending;
	});
	afterAll(async () => {
		await sandbox?.close();
	});

	/** Kills a worker for which the service has started flows, before it learns of that. */
	async function killWhileStarting(worker: InstalledProcess): Promise<void> {
		const { starts } = sandbox.stats();
		sandbox.faults.inject({ operation: 'start', kind: 'latency', ms: 8_000, times: 2 * WORKER_CONCURRENCY });
		// More than the other worker can run, so that at least one is this worker's.
		await sandbox.when(() => sandbox.stats().starts > starts + WORKER_CONCURRENCY, 30_000);
		await worker.kill();
	}

	it('is what this says: both workers took part, and one died while it started flows', () => {
		expect(answers).toHaveLength(EVENTS);
		for (const worker of queue.workers) expect(startedBy(worker).length).toBeGreaterThan(EVENTS / 10);
		const lost = new Set(unanswered().map(({ orderId }) => orderId));
		expect(startsThatRan().filter((start) => lost.has(orderOf(start)))).not.toEqual([]);
	});

	it('every event was answered with its session, but for those that the dead worker had begun', () => {
		const sessionOf = new Map(startsThatRan().map((start) => [orderOf(start), start.sessionId]));
		for (const { orderId, status, result } of answers) {
			const expected = status === 200 ? { status, sessionId: sessionOf.get(orderId) } : { status: 500 };
			expect({ orderId, status, sessionId: result?.sessionId }).toEqual({ orderId, ...expected });
		}
		expect(unanswered().length).toBeLessThanOrEqual(WORKER_CONCURRENCY);
	});

	it('no flow was started twice (guarantee 1): n8n gives up what a dead worker has left, and nobody repeats it', async () => {
		const orders = startsThatRan().map(orderOf);
		expect(orders.filter((orderId, index) => orders.indexOf(orderId) !== index)).toEqual([]);

		expect(await statuses(workflow, ['error', 'crashed'])).toHaveLength(unanswered().length);
		expect(await statuses(workflow, ['new', 'running', 'waiting'])).toEqual([]);
	});

	it('every session is in the registry', async () => {
		const known = new Set(await registeredSessions(sandbox, queue.redis.url));
		const started = startsThatRan().map(({ sessionId }) => sessionId ?? '');
		expect(started.filter((sessionId) => !known.has(sessionId))).toEqual([]);
		expect(started.length).toBeGreaterThanOrEqual(EVENTS - WORKER_CONCURRENCY);
	});

	it('no process kept a registry of its own', () => {
		const folders = [queue.main, ...queue.workers, queue.webhook].map(({ server }) => join(server.userFolder, '.n8n'));
		expect(folders.flatMap((folder) => readdirSync(folder)).filter((file) => file.includes('cognigy'))).toEqual([]);
	});

	it('all processes shared one login (guarantee 4)', () => {
		expect(sandbox.stats().logins).toBe(1);
	});

	it('all processes shared one budget (guarantee 5): it was never exceeded, and the service refused nothing', () => {
		const fullest = fullestWindow(sandbox.requests.map(({ time }) => Date.parse(time)));
		expect(fullest).toBeLessThanOrEqual(REQUESTS_PER_MINUTE);
		expect(sandbox.requests.filter(({ status }) => status === 429)).toEqual([]);
	});

	const startsThatRan = () => sandbox.requests.filter(({ operation, ran }) => operation === 'start' && ran);
	const unanswered = () => answers.filter(({ status }) => status !== 200);
});

it('a conversation that one worker has parked goes on in another one with its outcome', async () => {
	const [first, second] = queue.workers;
	const sandbox = await startSandbox();
	const claims = await startReceiver();
	try {
		const { url: baseUrl, tenantId } = sandbox;
		const credential = await queue.client.createCredential('Cognigy of claims', 'cognigyApi', {
			...{ baseUrl, tenantId, username: 'demo', password: 'demo-password', requestsPerMinute: 0 },
			...{ stateStore: 'redis', redisUrl: queue.redis.url },
		});
		const template = filledTemplate(templateFile('claim-ask-customer.json'), {
			'Cognigy Trigger Flow': { credentials: [credential] },
			'Update Claim': { parameters: { url: claims.url } },
		});
		const workflow = await queue.client.activateWorkflow(await queue.client.createWorkflow(template));
		await second.kill();
		const webhook = `${queue.webhook.server.url}/webhook/claim`;
		await postOnceServed(webhook, { claimId: 'C-1', customerId: 'customer-1' });
		await sandbox.when(() => sandbox.sessions.length > 0, 30_000);
		const [session] = sandbox.sessions;
		while ((await statuses(workflow, ['waiting'])).length === 0) await sleep(100);
		await second.startAgain();
		await first.kill();
		sandbox.say(session?.sessionId ?? '', 'The lid.', 'user');
		const { body } = await claims.received(() => true, 60_000);
		expect(body).toMatchObject({ sessionId: session?.sessionId, outcome: { claimId: 'C-1', answer: 'The lid.' } });
		expect(sandbox.sessions).toHaveLength(1);
	} finally {
		await claims.close();
		await sandbox.close();
	}
});

const startSchema = z.object({ context: z.object({ metadata: z.object({ orderId: z.string() }) }) });

function orderOf({ body }: JournalEntry): string {
	return startSchema.parse(body).context.metadata.orderId;
}

const auditSchema = z.object({ operation: z.string(), status: z.string() });

/** The flows that this process has started, by its log. */
function startedBy(process: InstalledProcess): unknown[] {
	return [...process.wholeLog().matchAll(/Cognigy audit (\{.*\})/g)]
		.map(([, json]) => auditSchema.parse(JSON.parse(json ?? '')))
		.filter(({ operation, status }) => operation === 'triggerFlow' && status === 'success');
}

const executionsSchema = z.object({ results: z.array(z.object({ status: z.string() })) });

/** The executions of a workflow that are in one of these states; a hundred at most. */
async function statuses(workflow: StoredWorkflow, status: readonly string[]): Promise<string[]> {
	const filter = encodeURIComponent(JSON.stringify({ workflowId: workflow.id, status }));
	const answer = await queue.client.request('GET', `/rest/executions?limit=100&filter=${filter}`);
	return executionsSchema.parse(answer).results.map((execution) => execution.status);
}

/** The ids of all sessions of the sandbox's user `demo` that the shared registry knows. */
async function registeredSessions(sandbox: Sandbox, redisUrl: string): Promise<string[]> {
	const { url: baseUrl, tenantId } = sandbox;
	const account = accountKey({ type: 'cognigyApi', baseUrl, tenantId, username: 'demo' });
	const registry = redisRegistry(redisConnectionFor(redisUrl));
	try {
		const now = Date.now();
		return (await registry.openSessions({ account, now, after: 0, unconfirmedUntil: now })).map(
			({ sessionId }) => sessionId,
		);
	} finally {
		await registry.close();
	}
}

/** How many of these times, which are in order, lie within a minute at most. */
function fullestWindow(times: readonly number[]): number {
	return Math.max(...times.map((from, index) => times.slice(index).filter((time) => time < from + WINDOW_MS).length));
}
