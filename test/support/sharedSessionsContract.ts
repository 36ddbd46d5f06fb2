/** What several n8n processes hear of one session, through real clients, with a service that hands out each message once. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startCognigyAiSandbox, startSandbox, type CognigyAiSandbox, type Sandbox } from '../../sandbox';
import { bundleWorker, endWorker, endWorkers, startWorker } from './budgetProcesses';
import type { FollowOrder, FollowReport, FollowSetup } from './followWorker';
import { until } from './until';

const TEST_MS = 150_000;

const place = { botId: 'order-status', flowId: 'main', sessionId: 'session-1' };
const start = { ...place, userId: 'u', input: 'Hello', context: {}, sessionTtlMinutes: 30 };
const messageTypes = ['bot', 'user', 'webhook'];
/** A machine that is busy says nothing for seconds. */
const reply = { quietMs: 8_000, maxWaitSeconds: 60 };

/** Time enough for a process to ask again. */
const nextPoll = async () => await new Promise((resolve) => setTimeout(resolve, 10));

function hasSession(service: Sandbox): boolean {
	try {
		service.say('session-1', 'm0');
		return true;
	} catch {
		return false;
	}
}

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `m${from + i}`);

/** A Redis, one or several, with nothing in it. */
export interface SharedRedis {
	url: string;
	/** Has a replica take over that has all of it. */
	failOver?: () => Promise<void>;
	stop(): Promise<void>;
}

/** @param startRedis for each test */
export function describeSharedSessions(name: string, startRedis: () => Promise<SharedRedis>): void {
	describe(`sessions of several n8n processes: ${name}`, () => {
		let folder: string;
		let worker: string;
		let redis: SharedRedis;
		let v1: Sandbox | undefined;
		let ai: CognigyAiSandbox | undefined;

		beforeAll(async () => {
			folder = await mkdtemp(join(tmpdir(), 'shared-'));
			worker = await bundleWorker('followWorker', folder);
		});

		beforeEach(async () => {
			redis = await startRedis();
		});

		afterEach(async () => {
			await endWorkers();
			await v1?.close();
			await ai?.close();
			v1 = ai = undefined;
			await redis.stop();
		});

		afterAll(async () => await rm(folder, { recursive: true, force: true }));

		/** One n8n process. */
		class N8nProcess {
			readonly heard: string[] = [];
			reply: string[] = [];
			isAnswered = false;
			readonly failed: string[] = [];
			readonly #child: ChildProcess;
			readonly ready: Promise<unknown>;

			constructor(setup: Omit<FollowSetup, 'stateFolder'>) {
				this.#child = startWorker(worker, { ...setup, stateFolder: folder } satisfies FollowSetup);
				this.ready = once(this.#child, 'message');
				this.#child.on('message', (report: FollowReport) => {
					if ('heard' in report) this.heard.push(...report.heard);
					if ('reply' in report) this.reply = report.reply;
					if ('reply' in report || 'failed' in report) this.isAnswered = true;
					if ('failed' in report) this.failed.push(report.failed);
				});
			}

			tell(order: FollowOrder): void {
				this.#child.send(order);
			}

			async kill(): Promise<void> {
				await endWorker(this.#child);
			}
		}

		const v1Fields = (service: Sandbox) => ({
			baseUrl: service.url,
			username: 'demo',
			password: 'demo-password',
			requestsPerMinute: 0,
			stateStore: 'redis',
			redisUrl: redis.url,
		});
		async function v1Process(service: Sandbox): Promise<N8nProcess> {
			const process = new N8nProcess({ type: 'cognigyApi', fields: v1Fields(service) });
			await process.ready;
			return process;
		}
		/** Two processes that may follow a session, which the first one has started. */
		async function twoProcesses() {
			const service = (v1 = await startSandbox({ pollWaitMs: 500 }));
			const [first, second] = await Promise.all([v1Process(service), v1Process(service)]);
			first.tell({ start });
			await until(() => first.isAnswered);
			return { service, first, second, follow: { ...place, messageTypes } };
		}

		it(
			'v1: a reply in one process and a stream in another one are both whole',
			async () => {
				const service = (v1 = await startSandbox());
				const [worker1, main] = await Promise.all([v1Process(service), v1Process(service)]);
				worker1.tell({ start: { ...start, reply } });
				await until(() => hasSession(service));
				main.tell({ follow: { ...place, messageTypes }, consumer: 'trigger' });
				await until(() => main.heard.length > 0 || worker1.failed.length > 0);
				for (const text of numbered(1, 60)) {
					service.say('session-1', text);
					await nextPoll();
				}
				await until(() => worker1.isAnswered);
				expect(worker1.failed).toEqual([]);
				await until(() => main.heard.length >= worker1.reply.length);
				expect(worker1.reply.slice(-60)).toEqual(numbered(1, 60));
				expect(main.heard).toEqual(worker1.reply);
				// One of them asked for all of it.
				const polls = service.requests.filter(({ operation }) => operation === 'messages');
				expect(polls.length).toBeLessThan(80);
			},
			TEST_MS,
		);

		it(
			'v1: the process that asks is killed: the other one goes on within seconds, nothing twice, nothing lost that is handed out',
			async () => {
				const { service, first, second, follow } = await twoProcesses();
				first.tell({ follow, consumer: 'one' });
				await until(() => first.heard.length > 0);
				second.tell({ follow, consumer: 'two' });
				for (const text of numbered(1, 20)) service.say('session-1', text);
				const said = ({ heard }: N8nProcess) => heard.filter((text) => /^m\d+$/.test(text));
				await until(() => said(first).length === 20 && said(second).length === 20);
				await first.kill();
				for (const text of numbered(21, 40)) service.say('session-1', text);
				await until(() => said(second).length >= 40);
				expect(said(second)).toEqual(numbered(1, 40));
				// n8n comes back, and what the other one heard meanwhile is there.
				const again = await v1Process(service);
				again.tell({ follow, consumer: 'one' });
				await until(() => again.heard.length >= 20);
				expect(again.heard).toEqual(numbered(21, 40));
			},
			TEST_MS,
		);

		it(
			'v1: two triggers of a session, killed before the second one is started: it still gets what the first was given',
			async () => {
				const service = (v1 = await startSandbox());
				const killed = await v1Process(service);
				killed.tell({ start });
				await until(() => killed.isAnswered);
				killed.tell({ follow: { ...place, messageTypes }, consumer: 'one' });
				for (const text of numbered(1, 10)) service.say('session-1', text);
				await until(() => killed.heard.filter((text) => /^m\d+$/.test(text)).length === 10);
				await killed.kill();
				const again = await v1Process(service);
				again.tell({ follow: { ...place, messageTypes }, consumer: 'two' });
				await until(() => again.heard.length >= killed.heard.length);
				expect(again.heard).toEqual(killed.heard);
			},
			TEST_MS,
		);

		it(
			'Cognigy.AI: a reply in one process and a stream in another one are both whole; what was acknowledged to the one that was killed is there for the other',
			async () => {
				const service = (ai = await startCognigyAiSandbox());
				const { url: endpoint } = service.endpoint('Orders Socket');
				const fields = { apiBaseUrl: service.apiUrl, apiKey: service.apiKey, projectId: service.projectId };
				const setup: Omit<FollowSetup, 'stateFolder'> = {
					type: 'cognigyAiApi',
					fields: { ...fields, allowInsecure: true, stateStore: 'redis', redisUrl: redis.url },
				};
				const [one, two] = [new N8nProcess(setup), new N8nProcess(setup)];
				await Promise.all([one.ready, two.ready]);
				const session = { endpoint, userId: 'u', sessionId: 's-1' };
				const turn = { ...session, channel: 'socketio', text: 'Hello', data: {}, sessionTtlMinutes: 30 };
				one.tell({ start: { ...turn, reply: { quietMs: 1_000, maxWaitSeconds: 30 } } });
				await until(() => one.isAnswered);
				expect(one.failed).toEqual([]);
				const firstReply = one.reply;
				expect(firstReply.length).toBeGreaterThan(0);
				// It was acknowledged to that turn alone.
				await one.kill();
				two.tell({ follow: { ...session, messageTypes }, consumer: 'trigger' });
				await until(() => two.heard.length >= firstReply.length);
				expect(two.heard).toEqual(firstReply);
				const three = new N8nProcess(setup);
				await three.ready;
				three.tell({ start: { ...turn, reply: { quietMs: 1_000, maxWaitSeconds: 30 } } });
				await until(() => three.isAnswered);
				expect(three.failed).toEqual([]);
				const secondReply = three.reply;
				await until(() => two.heard.length >= firstReply.length + secondReply.length);
				expect(two.heard).toEqual([...firstReply, ...secondReply]);
			},
			TEST_MS,
		);

		it(
			'v1: Redis fails over to a replica, if it can: both wait and go on, nothing lost, nothing twice',
			async () => {
				const { service, first, second, follow } = await twoProcesses();
				first.tell({ follow, consumer: 'one' });
				second.tell({ follow, consumer: 'two' });
				for (const text of numbered(1, 20)) service.say('session-1', text);
				const said = ({ heard }: N8nProcess) => heard.filter((text) => /^m\d+$/.test(text));
				await until(() => said(first).length === 20 && said(second).length === 20);
				await redis.failOver?.();
				for (const text of numbered(21, 40)) service.say('session-1', text);
				await until(() => said(first).length >= 40 && said(second).length >= 40);
				expect(said(first)).toEqual(numbered(1, 40));
				expect(said(second)).toEqual(numbered(1, 40));
			},
			TEST_MS,
		);
	});
}
