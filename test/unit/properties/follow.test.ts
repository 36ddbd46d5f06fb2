/** Messages on their way through processes that may crash at any moment: none lost, none twice (guarantee 3). */
import fc from 'fast-check';

import { CognigyError } from '../../../client/errors';
import { longPolls } from '../../../client/streams/longPolls';
import { MessageStreams } from '../../../client/streams/messageStreams';
import { Metrics } from '../../../client/metrics';
import type { SessionRegistry } from '../../../client/registry/sessionRegistry';
import type { Message } from '../../../client/types';
import { FakeClock, settle } from '../../support/fakeClock';
import { MemoryRegistry } from '../../support/memoryRegistry';

const account = 'account';
const consumer = 'workflow/node';
const session = { botId: 'b', flowId: 'f', sessionId: 's' };
const key = { account, sessionId: session.sessionId };

const message = (index: number): Message => ({
	messageId: `m-${index}`,
	text: `${index}`,
	type: 'bot',
	timestamp: '2026-01-31T12:00:00Z',
});

const brokenPoll = new CognigyError({ category: 'network', message: 'broke', advice: '', isTransient: true });
const unending = async () => await new Promise<never>(() => {});

/** What a poll brings: how many messages that are new, which of the old ones, and in which order; or a fault. */
type Poll = 'fault' | { fresh: number; again: number[]; shuffle: number };

const poll: fc.Arbitrary<Poll> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			fresh: fc.nat({ max: 4 }),
			again: fc.array(fc.nat({ max: 30 }), { maxLength: 6 }),
			shuffle: fc.nat(),
		}),
	},
	{ weight: 1, arbitrary: fc.constant('fault' as const) },
);

/** Hands out again whatever it likes, in any order, and in the end all of it. */
class Service {
	/** In the order in which they were handed out first. */
	readonly said: number[] = [];
	#asked = 0;

	constructor(private readonly polls: readonly Poll[]) {}

	/** @returns undefined when it has said all */
	answer(): Message[] | undefined {
		const next = this.polls[this.#asked++];
		if (next === 'fault') throw brokenPoll;
		if (next === undefined) return undefined;
		const old = next.again.filter((index) => index < this.said.length);
		const fresh = Array.from({ length: next.fresh }, (_, index) => this.said.length + index);
		const place = (index: number) => (index * 7_919 + next.shuffle) % 101;
		const all = [...old, ...fresh].sort((a, b) => place(a) - place(b));
		this.said.push(...all.filter((index) => fresh.includes(index)));
		return all.map(message);
	}
}

/** When a process crashes: at which use of the registry, and whether what it asked for was done. */
interface Death {
	at: number;
	isDone: boolean;
}

/** One process that follows the session, until it crashes or the service has said all. @returns what it emitted, in order */
async function live(service: Service, registry: SessionRegistry, death: Death | undefined): Promise<number[]> {
	const emitted: number[] = [];
	const clock = new FakeClock({ skipsUpToMs: 60_000 });
	const end = new AbortController();
	let uses = 0;
	let isDead = false;
	let isCaughtUp = false;
	const dies = new Promise<void>((resolve) => end.signal.addEventListener('abort', () => resolve(), { once: true }));
	const mortal = new Proxy(registry, {
		get(target, name: keyof SessionRegistry) {
			const method = target[name] as (...args: unknown[]) => Promise<unknown>;
			return async (...args: unknown[]) => {
				if (isDead) return await unending();
				if (++uses !== death?.at) return await method.apply(target, args);
				isDead = true;
				if (death.isDone) await method.apply(target, args);
				end.abort();
				return await unending();
			};
		},
	});
	const conversations = new MessageStreams({
		source: () =>
			longPolls(async ({ onSent }) => {
				if (isDead) return await unending();
				onSent();
				const messages = service.answer();
				if (messages) return { messages };
				if (isCaughtUp) {
					for (let turns = 0; turns < 10; turns++) await settle();
					end.abort();
				}
				isCaughtUp = true;
				return { messages: service.said.map(message) };
			}, clock),
		registry: mortal,
		account,
		metrics: new Metrics(),
		clock,
		random: () => 0.5,
		closing: end.signal,
	});
	const following = conversations.follow(
		{ ...session, messageTypes: ['bot'] },
		{
			consumer,
			signal: end.signal,
			onBatch: async ({ messages }) => {
				if (isDead) return await unending();
				emitted.push(...messages.map(({ text }) => Number(text)));
			},
			onTrouble: () => {},
			onRecovered: () => {},
		},
	);
	await Promise.race([following, dies.then(async () => await (isDead ? undefined : following))]);
	return emitted;
}

it('every message is emitted, and none again that was recorded as emitted, over any crashes', async () => {
	const deaths = fc.array(fc.record({ at: fc.integer({ min: 1, max: 25 }), isDone: fc.boolean() }), { maxLength: 4 });
	await fc.assert(
		fc.asyncProperty(fc.array(poll, { maxLength: 25 }), deaths, async (polls, crashes) => {
			const service = new Service(polls);
			const registry = new MemoryRegistry();
			const all: number[] = [];
			for (const death of [...crashes, undefined]) {
				const recorded = new Set(await registry.deliveredIds(key, consumer));
				const emitted = await live(service, registry, death);
				expect(new Set(emitted).size).toBe(emitted.length);
				expect(emitted.filter((index) => recorded.has(`m-${index}`))).toEqual([]);
				all.push(...emitted);
			}
			expect(new Set(all)).toEqual(new Set(service.said));
			// Without a crash, in the order in which they came.
			if (crashes.length === 0) expect(all).toEqual(service.said);
			expect(new Set(await registry.deliveredIds(key, consumer))).toEqual(
				new Set(service.said.map((index) => `m-${index}`)),
			);
			expect(await registry.stagedBatches(key, consumer)).toEqual([]);
		}),
		{ numRuns: 150 },
	);
});
