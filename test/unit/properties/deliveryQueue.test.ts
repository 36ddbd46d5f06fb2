/** Whatever executions and the registry do: what is said is delivered once and in order, and little of it is in memory. */
import fc from 'fast-check';
import pLimit from 'p-limit';

import { Outbox } from '../../../client/streams/outbox';
import { followSession } from '../../../client/streams/followSession';
import { WAITING_LIMIT } from '../../../client/streams/load';
import { ReadSession } from '../../support/conversation';
import type { Message } from '../../../client/types';
import { FakeClock, settle } from '../../support/fakeClock';
import { MemoryRegistry } from '../../support/memoryRegistry';
import { keyOf } from '../../support/registrySessions';

/** So long that three of them are as much as may wait in memory. */
const filler = 'x'.repeat(Math.ceil(WAITING_LIMIT.characters / 3));
const said = (index: number): Message => ({
	messageId: `${index}`,
	text: filler,
	type: 'bot',
	timestamp: '2026-01-31T12:00:00Z',
});

const step = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ say: fc.integer({ min: 1, max: 3 }) }) },
	{ weight: 6, arbitrary: fc.record({ take: fc.nat() }) },
	{ weight: 2, arbitrary: fc.record({ refuse: fc.nat() }) },
	{ weight: 2, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 20_000 }) }) },
	{
		weight: 2,
		arbitrary: fc.record({
			broken: fc.subarray(['stage', 'recordDelivered', 'stagedBatches', 'deliveredIds'] as const),
		}),
	},
	{ weight: 1, arbitrary: fc.constant({ restart: true }) },
);

class Process {
	readonly #stop = new AbortController();
	readonly #run: Promise<boolean>;
	/** Hand-overs that are under way. */
	#open: Array<{ take: () => void; refuse: () => void }> = [];
	#session: ReadSession | undefined;
	#waiting = 0;
	mostWaiting = 0;

	constructor(
		readonly registry: MemoryRegistry,
		readonly clock: FakeClock,
		replay: readonly Message[],
		parallel: number,
		given: string[],
	) {
		const { signal } = this.#stop;
		const listeners = { onTrouble: () => {}, onRecovered: () => {} };
		const room = pLimit(parallel);
		this.#run = followSession({
			key: keyOf('s'),
			outbox: new Outbox({ registry, consumer: 'c', clock, random: () => 0.5, ...listeners }),
			clock,
			random: () => 0.5,
			signal,
			read: async (knownIds, take) => {
				const session = new ReadSession(knownIds, take, clock, signal);
				session.push(replay);
				this.#session = session;
				await session.done;
			},
			slot: async (deliver) => {
				this.#waiting++;
				this.mostWaiting = Math.max(this.mostWaiting, this.#waiting);
				await room(async () => {
					this.#waiting--;
					await deliver();
				});
			},
			onBatch: async ({ messages }) =>
				await new Promise<void>((resolve, reject) => {
					const over = () => (this.#open = this.#open.filter((other) => other !== deliver));
					const take = () => {
						given.push(...messages.map(({ messageId }) => messageId));
						over();
						resolve();
					};
					const deliver = { take, refuse: () => (over(), reject(new Error('not now'))) };
					this.#open.push(deliver);
				}),
			onDeliveryFailed: () => {},
			onDeliveryRecovered: () => {},
		});
	}

	/** What is said before this reads comes with the replay. */
	say(messages: Message[]): void {
		this.#session?.push(messages);
	}

	get isReading(): boolean {
		return this.#session !== undefined;
	}

	end(how: 'take' | 'refuse', index: number): void {
		this.#open[index % this.#open.length]?.[how]();
	}

	/** Takes everything, until nothing more comes. */
	async takeAll(): Promise<void> {
		do {
			while (this.#open.length > 0) {
				this.end('take', 0);
				await settle();
			}
			await this.clock.advance(40_000);
		} while (this.#open.length > 0);
	}

	/** In peace: what is under way is taken before. */
	async stop(): Promise<void> {
		while (this.#open.length > 0) this.end('take', 0);
		this.#stop.abort();
		await this.#run;
	}
}

it.each([1, 2])('any schedule, with %i executions side by side', async (parallel) => {
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
			const clock = new FakeClock();
			const registry = new MemoryRegistry();
			const given: string[] = [];
			const all: Message[] = [];
			let most = 0;
			/** Whether something may be in memory that is not recorded. */
			let isAtRisk = false;
			const begin = async () => {
				const process = new Process(registry, clock, all, parallel, given);
				await settle();
				return process;
			};
			let process = await begin();
			for (const next of steps) {
				if ('say' in next) {
					if (!process.isReading) continue;
					const fresh = Array.from({ length: next.say }, (_, index) => said(all.length + index));
					all.push(...fresh);
					for (const one of fresh) process.say([one]);
				} else if ('take' in next) process.end('take', next.take);
				else if ('refuse' in next) process.end('refuse', next.refuse);
				else if ('wait' in next) await clock.advance(next.wait);
				else if ('broken' in next) {
					registry.breakDown(...next.broken);
					isAtRisk ||= next.broken.includes('stage');
				} else {
					// What is taken while the registry does not work may come again.
					registry.breakDown();
					await clock.advance(40_000);
					if (isAtRisk) await process.takeAll();
					isAtRisk = false;
					await process.stop();
					most = Math.max(most, process.mostWaiting);
					process = await begin();
				}
				await settle();
			}
			registry.breakDown();
			await clock.advance(40_000);
			await process.takeAll();
			most = Math.max(most, process.mostWaiting);

			const ids = all.map(({ messageId }) => messageId);
			expect(parallel === 1 ? given : [...given].sort((a, b) => Number(a) - Number(b))).toEqual(ids);
			expect(await registry.stagedBatches(keyOf('s'), 'c')).toEqual([]);
			expect(most).toBeLessThanOrEqual(3);
			await process.stop();
		}),
		{ numRuns: 150 },
	);
});
