import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startSandbox, type Sandbox } from '../../sandbox';
import { seededRandom } from '../../sandbox/v1/faults/randomFaults';
import { bundleWorker, endWorkers, startWorker } from './budgetProcesses';
import type { Delivered, Delivery, DeliverySetup } from './deliveryWorker';
import { startUnluckyGateway, type Fate, type UnluckyGateway } from './unluckyGateway';

const WORKERS = 4;
/** How many deliveries a worker has at the same time. */
const AT_ONCE = 40;
/** After so many deliveries a worker is killed. */
const KILL_EVERY = 4_000;
const MOST_TIMES = 4;
const TIMEOUT_SECONDS = 5;
const FATES: readonly Fate[] = ['errorAfter', 'lostAfter', 'refused'];
const FAULTS = 0.2;

interface Answer {
	event: string;
	answer: Delivered;
}

/**
 * Events that a CRM delivers 1 to 4 times, in any order, to an n8n of four processes, some of which are killed, while a
 * fifth of the starts go wrong: no event starts its flow twice (guarantee 1), and each delivery gets the right answer.
 * @param store fields of the credential that say where starts are kept, and how to take that away afterwards
 */
export function describeDeliveredEvents(
	name: string,
	{ events, seed }: { events: number; seed: number },
	store: () => Promise<{ fields: Record<string, unknown>; remove: () => Promise<void> }>,
): void {
	describe(`${events} events, delivered 1 to ${MOST_TIMES} times to ${WORKERS} processes: ${name}, seed ${seed}`, () => {
		let folder: string;
		let sandbox: Sandbox;
		let gateway: UnluckyGateway;
		let kept: Awaited<ReturnType<typeof store>>;
		let answers: Answer[];
		let unanswered: number;

		beforeAll(async () => {
			const random = seededRandom(seed);
			folder = await mkdtemp(join(tmpdir(), 'delivered-'));
			kept = await store();
			sandbox = await startSandbox();
			gateway = await startUnluckyGateway(sandbox.url, () => {
				return random() < FAULTS ? (FATES[Math.floor(random() * FATES.length)] ?? 'refused') : 'well';
			});
			const account = { username: 'demo', password: 'demo-password', requestsPerMinute: 0 };
			const setup: DeliverySetup = {
				fields: { baseUrl: gateway.url, ...account, ...kept.fields },
				stateFolder: folder,
				timeoutSeconds: TIMEOUT_SECONDS,
			};
			const deliveries = shuffled(
				Array.from({ length: events }, (_, index) => `event-${index}`).flatMap((event) =>
					Array.from({ length: 1 + Math.floor(random() * MOST_TIMES) }, () => event),
				),
				random,
			);
			const worker = await bundleWorker('deliveryWorker', folder);
			({ answers, unanswered } = await deliverAll(deliveries, () => startWorker(worker, setup), random));
		}, 240_000);
		afterAll(async () => {
			await endWorkers();
			await gateway.close();
			await sandbox.close();
			await kept.remove();
			await rm(folder, { recursive: true, force: true });
		});

		const sessionsOf = () => {
			const sessions = new Map<string, string[]>();
			for (const { userId, sessionId } of sandbox.sessions) {
				sessions.set(userId, [...(sessions.get(userId) ?? []), sessionId]);
			}
			return sessions;
		};

		it('is what this says: starts went wrong, deliveries were repeated, and processes died with some', () => {
			expect(gateway.fates.filter((fate) => fate !== 'well').length).toBeGreaterThan(gateway.fates.length / 10);
			expect(answers.filter(({ answer }) => answer.isRepeated).length).toBeGreaterThan(events / 2);
			expect(unanswered).toBeGreaterThan(0);
		});

		it('no event started its flow twice', () => {
			expect([...sessionsOf()].filter(([, sessions]) => sessions.length > 1)).toEqual([]);
		});

		it('each delivery got the right answer', () => {
			const sessions = sessionsOf();
			const wrong = answers.filter(({ event, answer: { sessionId, error } }) => {
				const [session] = sessions.get(event) ?? [];
				if (sessionId !== undefined) return sessionId !== session;
				// It names a session: the one that runs, or one that never came to run as its process died before.
				if (error?.mayHaveRun) return session !== undefined && !error.message.includes(`"${session}"`);
				return error?.category !== 'invalidInput';
			});
			expect(wrong).toEqual([]);
		});
	});
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
	return items
		.map((item) => ({ item, place: random() }))
		.sort((a, b) => a.place - b.place)
		.map(({ item }) => item);
}

/** Delivers all; what a killed process had is not answered. */
async function deliverAll(
	deliveries: readonly string[],
	start: () => ChildProcess,
	random: () => number,
): Promise<{ answers: Answer[]; unanswered: number }> {
	const answers: Answer[] = [];
	let next = 0;
	let unanswered = 0;

	/** One process after the other in the same place, until all is delivered. */
	const work = async (place: number): Promise<void> => {
		// Each at another time, all of them at random.
		let lives = Math.floor(KILL_EVERY * (0.5 + random()) * (place + 1) * 0.5);
		while (next < deliveries.length) {
			const child = start();
			const open = new Map<number, string>();
			const more = () => {
				while (open.size < AT_ONCE && next < deliveries.length) {
					const id = next++;
					const event = deliveries[id] ?? '';
					open.set(id, event);
					child.send({ id, event } satisfies Delivery, () => {});
				}
				if (open.size === 0) child.kill('SIGTERM');
			};
			child.on('message', (answer: Delivered) => {
				const event = open.get(answer.id);
				if (event === undefined) return;
				open.delete(answer.id);
				answers.push({ event, answer });
				if (--lives === 0) child.kill('SIGKILL');
				else more();
			});
			more();
			await once(child, 'exit');
			unanswered += open.size;
			lives = Math.floor(KILL_EVERY * (0.5 + random()));
		}
	};
	await Promise.all(Array.from({ length: WORKERS }, async (_, place) => await work(place)));
	return { answers, unanswered };
}
