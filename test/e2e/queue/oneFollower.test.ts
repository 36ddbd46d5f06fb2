// Ahead of its first use, whose time is limited: it takes long to load here.
import '@redis/client';
import { setTimeout as sleep } from 'node:timers/promises';

import { accountKey } from '../../../client/registry/accountKey';
import { redisRegistry } from '../../../client/registry/redisRegistry';
import type { SessionRegistry } from '../../../client/registry/sessionRegistry';
import { redisConnectionFor } from '../../../client/redis/redisConnection';
import type { StoredCredential, StoredWorkflow, WorkflowDefinition } from '../../../n8n-host';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { cameInOrder, repeatedIn } from '../orderOfMessages';
import { n8nMajor, streamWorkflow } from '../support';
import { crmWorkflow, sendEvent, type Answered } from './crm';
import { startQueueInstallation, type InstalledProcess, type QueueInstallation } from './installation';
import { executionsIn, givenBy, keepWhatIsGiven } from './oneFollower/givenToN8n';
import { injectFaults } from './oneFollower/faults';
import { Kills } from './oneFollower/kills';
import { saidCount, Talk } from './oneFollower/talk';
import { writtenDown } from './oneFollower/writtenDown';

jest.setTimeout(15 * 60_000);

/** What is left to chance is the same with the same seed, as far as processes on a machine allow. */
const SEED = Number(process.env['ONE_FOLLOWER_SEED'] ?? 20_261_130);
const PER_SESSION = 100;
/** More than all that is said. */
const ALL_CHARACTERS = 1_000_000_000;
const sessionsFrom = (first: number, count: number) =>
	Array.from({ length: count }, (_, index) => `session-${first + index}`);
const FIRST = sessionsFrom(0, 60);
const LATER = sessionsFrom(60, 40);
const SESSIONS = [...FIRST, ...LATER];
/** Every other flow waits until its session is over, the others until the bot is quiet while the session goes on. */
const waitsForEnd = (sessionId: string) => Number(sessionId.split('-')[1]) % 2 === 0;
/** In ms. */
const SOON_QUIET = 1_500;
const LATE_QUIET = 60_000;
const NEVER = 3_600_000;
/** Far more than any process here takes to go on, in ms. */
const PATIENCE_MS = 180_000;
/** So many messages of a session are named when a test fails. */
const SHOWN = 30;
/** Longer than any pause of the nodes that can be expected here, in ms: n8n gives up what died after 20 s. */
const QUIET_MS = 60_000;

// Only from n8n 2.20 on an execution can be recognised that was started already before a crash.
const describeWhereDeduplicated = n8nMajor === '2' ? describe : describe.skip;

describeWhereDeduplicated(
	'10,000 messages in 100 sessions, each with a flow that waits for its reply and a stream; handed out once, faults at random, a worker and main killed in turns',
	() => {
		let queue: QueueInstallation;
		let sandbox: Sandbox;
		let registry: SessionRegistry;
		let stream: StoredWorkflow;
		let account: string;
		const crm: StoredWorkflow[] = [];
		let kills: Kills;
		/** Ids of messages by session, in order: what was said, and what the stream gave to n8n. */
		let said: Map<string, string[]>;
		let given: Map<string, string[]>;
		/** What some process has written down. */
		let heard: ReadonlySet<string>;
		/** What was handed out to a process that was killed before it could write it down, or ask on. */
		let diedOnTheirWay: ReadonlySet<string>;
		let answers: Answered[];
		/** How many batches of the stream wait for n8n, by session. */
		let waiting: Map<string, number>;
		/** Executions of flows that n8n has given up. */
		let crashed: string[];
		let repetitions: Answered[];

		beforeAll(async () => {
			process.stdout.write(`ONE_FOLLOWER_SEED=${SEED}\n`);
			queue = await startQueueInstallation({
				env: {
					N8N_CONCURRENCY_PRODUCTION_LIMIT: String(SESSIONS.length),
					DB_POSTGRESDB_POOL_SIZE: '6',
					EXECUTIONS_DATA_PRUNE: 'false',
				},
			});
			await keepWhatIsGiven(queue.postgres);
			sandbox = await startSandbox({ replay: 'once', botDelayMs: NEVER, pollWaitMs: 5_000 });
			const { url: baseUrl, tenantId } = sandbox;
			account = accountKey({ type: 'cognigyApi', baseUrl, tenantId, username: 'demo' });
			registry = redisRegistry(redisConnectionFor(queue.redis.url));
			kills = new Kills(sandbox, PATIENCE_MS);
			await publishWorkflows();
			injectFaults(sandbox, SEED);
			const sending = await talkAndKill();
			said = saidSoFar();
			for (const sessionId of SESSIONS) sandbox.endSession(sessionId);
			answers = await Promise.all(sending);
			await untilQuiet();
			crashed = (await Promise.all(crm.map(failedExecutions))).flat();
			const unanswered = answers.filter(({ status }) => status !== 200);
			repetitions = await Promise.all(unanswered.map(({ orderId }) => send(orderId)));
			given = await givenBySession();
			waiting = new Map(await Promise.all(SESSIONS.map(async (id) => [id, await countWaiting(id)] as const)));
			heard = await writtenDown(queue.redis.url, account);
			diedOnTheirWay = new Set(kills.onTheirWay.flat().filter((id) => !heard.has(id)));
		});
		afterAll(async () => {
			await registry?.close();
			await sandbox?.close();
			await queue?.stop();
		});

		async function publishWorkflows(): Promise<void> {
			const { url: baseUrl, tenantId } = sandbox;
			const credential = await queue.client.createCredential('Cognigy account', 'cognigyApi', {
				...{ baseUrl, tenantId, username: 'demo', password: 'demo-password' },
				...{ requestsPerMinute: 0, stateStore: 'redis', redisUrl: queue.redis.url },
			});
			crm.push(await publish(flowThatWaits(credential, 'to-the-end', LATE_QUIET)));
			crm.push(await publish(flowThatWaits(credential, 'until-quiet', SOON_QUIET)));
			const messageTypes = ['bot', 'user', 'webhook'];
			stream = await publish(streamWorkflow('Stream', credential, { messageTypes }));
		}

		async function publish(workflow: WorkflowDefinition): Promise<StoredWorkflow> {
			return await queue.client.activateWorkflow(await queue.client.createWorkflow(workflow));
		}

		function flowThatWaits(credential: StoredCredential, path: string, replyQuietMs: number): WorkflowDefinition {
			const orderId = "{{ $('CRM Webhook').item.json.body.orderId }}";
			const options = { idempotencyKey: `=${orderId}`, replyQuietMs, replyMaxWaitSeconds: 3600, timeoutSeconds: 120 };
			return crmWorkflow(credential, path, { waitForReply: true, sessionId: `=${orderId}`, options });
		}

		async function send(sessionId: string): Promise<Answered> {
			const path = waitsForEnd(sessionId) ? 'to-the-end' : 'until-quiet';
			return await sendEvent(`${queue.webhook.server.url}/webhook/${path}`, sessionId);
		}

		/** @returns the answers to come of the flows that wait for their replies */
		async function talkAndKill(): Promise<Array<Promise<Answered>>> {
			const { main, workers } = queue;
			const talk = new Talk(sandbox, SEED, (sessionId) => !waitsForEnd(sessionId));
			const sending = await start(FIRST, talk);
			await killWhileTalking(talk, workers[0], kills.isAllConfirmed);
			sending.push(...(await start(LATER, talk)));
			await killWhileTalking(talk, main, kills.isAllConfirmed);
			await killWhileTalking(talk, workers[0], kills.isSomeUnconfirmed);
			await killWhileTalking(talk, main, kills.isSomeUnconfirmed);
			while (!talk.isOver) await talk.burstHeard();
			await sandbox.when(kills.isAllConfirmed, PATIENCE_MS);
			return sending;
		}

		/** Starts flows, which say what their users have said and nothing more. */
		async function start(sessionIds: readonly string[], talk: Talk): Promise<Array<Promise<Answered>>> {
			const { flowsStarted } = sandbox.stats();
			const sending = sessionIds.map(send);
			await sandbox.when(() => sandbox.stats().flowsStarted === flowsStarted + sessionIds.length, PATIENCE_MS);
			for (const sessionId of sessionIds) talk.begin(sessionId, PER_SESSION - 1);
			return sending;
		}

		async function killWhileTalking(talk: Talk, victim: InstalledProcess, isTime: () => boolean): Promise<void> {
			for (let burst = 0; burst < 3; burst++) await talk.burstHeard();
			talk.burst();
			await kills.kill(victim, isTime);
			// Now some of the sessions have nobody who asks for them.
			talk.burst();
			await Promise.all([victim.startAgain(), talk.burstHeard()]);
			await untilGiven(0.7 * saidCount(sandbox));
		}

		function saidSoFar(): Map<string, string[]> {
			return new Map(
				sandbox.sessions.map(({ sessionId, transcript }) => [sessionId, transcript.map(({ messageId }) => messageId)]),
			);
		}

		/** The stream, as the registry knows it. */
		const consumer = () => `${stream.id}:cognigy`;

		async function countWaiting(sessionId: string): Promise<number> {
			const page = { limit: PER_SESSION, maxCharacters: ALL_CHARACTERS };
			return (await registry.stagedBatches({ account, sessionId }, consumer(), page)).length;
		}

		/** How many messages are recorded as given to n8n. */
		async function countGiven(): Promise<number> {
			const ids = await Promise.all(
				SESSIONS.map(async (sessionId) => await registry.deliveredIds({ account, sessionId }, consumer())),
			);
			return ids.flat().length;
		}

		async function untilGiven(count: number): Promise<void> {
			const giveUpAt = Date.now() + PATIENCE_MS;
			while ((await countGiven()) < count) {
				if (Date.now() > giveUpAt) throw new Error(`The stream has not given ${count} messages to n8n.`);
				await sleep(200);
			}
		}

		/** Until every message was given to n8n, or none was for a while; and n8n is done with it. */
		async function untilQuiet(): Promise<void> {
			const allSaid = [...said.values()].flat().length;
			let last = -1;
			for (let quietSince = Date.now(); Date.now() - quietSince < QUIET_MS; await sleep(500)) {
				const count = await countGiven();
				const running = await executionsIn(queue.postgres, stream, ['new', 'running']);
				if (count === allSaid && running.length === 0) return;
				if (count !== last) quietSince = Date.now();
				last = count;
			}
		}

		async function failedExecutions(workflow: StoredWorkflow): Promise<string[]> {
			return await executionsIn(queue.postgres, workflow, ['error', 'crashed']);
		}

		async function givenBySession(): Promise<Map<string, string[]>> {
			const bySession = new Map<string, string[]>(SESSIONS.map((sessionId) => [sessionId, []]));
			for (const { sessionId, messageIds } of await givenBy(queue.postgres, stream, 'Cognigy')) {
				bySession.get(sessionId)?.push(...messageIds);
			}
			return bySession;
		}

		/** What was said in a session, and not to somebody who was killed with it. */
		function toBeHeard(sessionId: string): string[] {
			return (said.get(sessionId) ?? []).filter((id) => !diedOnTheirWay.has(id));
		}

		/** Short enough to be read when a test fails. */
		function describeMessages(sessionId: string, ids: readonly string[]): string[] {
			if (ids.length === 0) return [];
			const positions = ids.slice(0, SHOWN).map((id) => said.get(sessionId)?.indexOf(id));
			const known = ids.filter((id) => heard.has(id));
			return [`${ids.length} of ${sessionId}, ${known.length} of them written down: ${positions.join()}`];
		}

		it('is what this says: so many messages and faults, and each killed process had sessions and work', async () => {
			expect([...said.values()].map(({ length }) => length)).toEqual(SESSIONS.map(() => PER_SESSION));
			const faults = sandbox.requests.flatMap(({ operation, fault }) => (fault ? `${operation} ${fault}` : []));
			expect(faults.length).toBeGreaterThan(100);
			expect(new Set(faults).size).toBeGreaterThan(7);
			// The worker had flows that waited when it was killed, both times.
			const unanswered = answers.flatMap(({ orderId, status }) => (status === 200 ? [] : orderId));
			expect(FIRST.filter((sessionId) => unanswered.includes(sessionId))).not.toEqual([]);
			expect(LATER.filter((sessionId) => unanswered.includes(sessionId))).not.toEqual([]);
			expect(heard.size).toBeGreaterThan(0.95 * SESSIONS.length * PER_SESSION);
			expect(await failedExecutions(stream)).not.toEqual([]);
		});

		it('what was on its way to a process that was killed is little, and nobody was told of it before it was written down', () => {
			expect(kills.onTheirWay.slice(0, 2)).toEqual([[], []]);
			expect(diedOnTheirWay.size).toBeLessThan(100);
			const replied = answers.flatMap(({ result }) => result?.messages?.map(({ messageId }) => messageId) ?? []);
			const told = [...[...given.values()].flat(), ...replied];
			expect(told.filter((id) => diedOnTheirWay.has(id))).toEqual([]);
		});

		it('none was lost', () => {
			const lost = SESSIONS.flatMap((sessionId) => {
				const ids = new Set(given.get(sessionId));
				const missing = toBeHeard(sessionId).filter((id) => !ids.has(id));
				return describeMessages(sessionId, missing).map(
					(text) => `${text}; ${waiting.get(sessionId)} batches wait for n8n`,
				);
			});
			expect(lost).toEqual([]);
		});

		it('none came twice', () => {
			const twice = [...given].flatMap(([sessionId, ids]) => describeMessages(sessionId, repeatedIn(ids)));
			expect(twice).toEqual([]);
		});

		it('those of each session came in order', () => {
			const disordered = SESSIONS.filter(
				(sessionId) => !cameInOrder(given.get(sessionId) ?? [], said.get(sessionId) ?? []),
			);
			expect(disordered).toEqual([]);
		});

		it('every reply is whole: it has all that was said until its end, once and in order', () => {
			for (const { orderId, status, result } of [...answers, ...repetitions]) {
				const reply = result?.messages?.map(({ messageId }) => messageId);
				if (!reply) continue;
				const whole = toBeHeard(orderId);
				const expected = waitsForEnd(orderId) ? whole : whole.slice(0, Math.max(1, reply.length));
				expect({ orderId, status, reply }).toEqual({ orderId, status: 200, reply: expected });
			}
		});

		it('every flow was answered, but for those whose worker was killed', () => {
			const unanswered = answers.filter(({ status }) => status !== 200);
			expect(unanswered.map(({ status }) => status)).toEqual(unanswered.map(() => 500));
			expect(answers.filter(({ status, result }) => status === 200 && !result?.messages)).toEqual([]);
			const log = queue.workers[0].wholeLog();
			expect(crashed.filter((id) => !log.includes(`started execution ${id} `))).toEqual([]);
			// Some may have been answered when n8n did not know yet that they were over.
			expect(unanswered.length).toBeLessThanOrEqual(crashed.length);
			expect(answers.length - unanswered.length).toBeGreaterThan(SESSIONS.length / 3);
		});

		it('no flow was started twice (guarantee 1): who repeats such an event gets its session', () => {
			for (const { orderId, status, body } of repetitions) {
				expect({ orderId, status }).toEqual({ orderId, status: 200 });
				expect(JSON.parse(body)).toMatchObject({ sessionId: orderId, repeated: true });
			}
			expect(sandbox.stats().flowsStarted).toBe(SESSIONS.length);
		});
	},
);
