// Ahead of its first use, whose time is limited: it takes long to load here.
import '@redis/client';

import { startSandbox, type Sandbox } from '../../../sandbox';
import { n8nMajor } from '../support';
import { crmWorkflow, sendEvents, type Answered } from './crm';
import { startQueueInstallation, type QueueInstallation } from './installation';

jest.setTimeout(300_000);

const EVENTS = 200;
/** So many flows have been started when a worker is killed. */
const STARTS_BEFORE = 60;
/** How many executions a worker runs at once: n8n's default. */
const WORKER_CONCURRENCY = 10;
/** How long starts take when the worker is killed, in ms. */
const SLOW_START_MS = 8_000;

// n8n 2 gives up what a dead worker has left.
const inN8n1 = n8nMajor === '1' ? describe : describe.skip;

inN8n1('200 CRM webhooks, a worker killed in the middle, its executions run again by another one', () => {
	let queue: QueueInstallation;
	let sandbox: Sandbox;
	let answers: Answered[];

	beforeAll(async () => {
		queue = await startQueueInstallation({ runsAgain: true });
		sandbox = await startSandbox();
		const { url: baseUrl, tenantId } = sandbox;
		const credential = await queue.client.createCredential('Cognigy account', 'cognigyApi', {
			...{ baseUrl, tenantId, username: 'demo', password: 'demo-password', requestsPerMinute: 0 },
			...{ stateStore: 'redis', redisUrl: queue.redis.url },
		});
		// Without a key: the execution alone has to tell.
		const workflow = crmWorkflow(credential, 'crm-order-event', { options: {} });
		await queue.client.activateWorkflow(await queue.client.createWorkflow(workflow));

		const orderIds = Array.from({ length: EVENTS }, (_, index) => `A-${1001 + index}`);
		const sending = sendEvents(`${queue.webhook.server.url}/webhook/crm-order-event`, orderIds);
		await sandbox.when(() => sandbox.stats().flowsStarted >= STARTS_BEFORE, 60_000);
		const { starts } = sandbox.stats();
		const times = 2 * WORKER_CONCURRENCY;
		sandbox.faults.inject({ operation: 'start', kind: 'latency', ms: SLOW_START_MS, times });
		// More than the other worker can run, so that at least one is this worker's.
		await sandbox.when(() => sandbox.stats().starts > starts + WORKER_CONCURRENCY, 30_000);
		await queue.workers[0].kill();
		answers = await sending;
	});
	afterAll(async () => {
		await sandbox?.close();
		await queue?.stop();
	});

	const runsOf = (order: string) => sandbox.sessions.filter(({ userId }) => userId === `customer of ${order}`).length;

	it('is what this says: executions of the dead worker were run again', () => {
		expect(answers).toHaveLength(EVENTS);
		expect(queue.workers[1].wholeLog()).toContain('"repeated":true');
	});

	it('no flow was started twice (guarantee 1)', () => {
		expect(answers.map(({ orderId }) => [orderId, runsOf(orderId)]).filter(([, runs]) => Number(runs) > 1)).toEqual([]);
	});

	it('what was claimed and not sent when the worker died, nobody was told to have run', () => {
		const unsent = answers.filter(({ orderId }) => runsOf(orderId) === 0);
		expect(unsent.filter(({ status }) => status === 200)).toEqual([]);
		expect(unsent.length).toBeLessThanOrEqual(WORKER_CONCURRENCY);
	});

	it('whoever was answered well has the session that runs', () => {
		for (const { orderId, status, result } of answers) {
			if (status !== 200) continue;
			const session = sandbox.sessions.find(({ userId }) => userId === `customer of ${orderId}`);
			expect([orderId, result?.sessionId]).toEqual([orderId, session?.sessionId]);
		}
	});
});
