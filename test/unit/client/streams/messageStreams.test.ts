import { getEventListeners } from 'node:events';

import { CognigyError } from '../../../../client/errors';
import type { HeardBatch } from '../../../../client/streams/heardMessage';
import type { SharedSessions } from '../../../../client/streams/feed/sharedSessions';
import { longPolls } from '../../../../client/streams/longPolls';
import {
	MessageStreams,
	fromRegistry,
	nameOf,
	type MessageStreamsDependencies,
	type SessionPlace,
} from '../../../../client/streams/messageStreams';
import type { ReadOptions } from '../../../../client/streams/sessionFollower';
import type { FollowInput, FollowOptions, MessageBatch } from '../../../../client/streams/types';
import { Metrics } from '../../../../client/metrics';
import type { Message } from '../../../../client/types';
import { HeldPolls, idsIn, message, messages, ReadBatches, reading } from '../../../support/conversation';
import { cognigyErrorOf } from '../../../support/errors';
import { FakeClock, settle } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { account, keyOf, MINUTE, session, start } from '../../../support/registrySessions';

const place: SessionPlace = { botId: 'bot', flowId: 'flow', sessionId: 's1' };
const limits = { quietMs: 1_500, maxWaitSeconds: 20 };

let clock: FakeClock;
let service: HeldPolls;
/** Which session each poll was for. */
let asked: SessionPlace[];
let registry: MemoryRegistry;
let metrics: Metrics;
let closing: AbortController;
let stop: AbortController;
let conversations: MessageStreams;

beforeEach(() => {
	clock = new FakeClock();
	service = new HeldPolls();
	asked = [];
	registry = new MemoryRegistry();
	metrics = new Metrics();
	closing = new AbortController();
	stop = new AbortController();
	conversations = ofAProcess();
});

/** As another process has them. */
function ofAProcess(changes: Partial<MessageStreamsDependencies> = {}): MessageStreams {
	return new MessageStreams({
		source: (polled) =>
			longPolls(async (request) => {
				asked.push(polled);
				return await service.poll(request);
			}, clock),
		registry,
		account,
		metrics,
		clock,
		random: () => 0.5,
		closing: closing.signal,
		...changes,
	});
}

const trouble = new CognigyError({ category: 'server', message: 'It hurts.', advice: 'Wait.' });

describe('a reply', () => {
	let warnings: string[];
	beforeEach(() => (warnings = []));

	/** A stream of the same session. */
	const follower = {
		read: async (_knownIds: unknown, options: ReadOptions, onBatch: (batch: HeardBatch) => void) =>
			await conversations.read(place, options, onBatch),
	};

	/** A turn of a talk. @param during what happens while the reply is collected */
	async function turn(during: () => Promise<void>, of = conversations) {
		const seen = await of.seenIds(place, (warning) => warnings.push(warning));
		const reply = of.reply(place, limits, seen, stop.signal, (warning) => warnings.push(warning));
		await settle();
		await during();
		await clock.advance(1_500);
		const { messages: said, reply: text } = await reply;
		return { ids: idsIn(said), text };
	}

	it('is what was said until the bot is quiet', async () => {
		const said = await turn(async () => await service.current.say('user-1', 'a', 'b'));

		expect(said).toEqual({ ids: ['user-1', 'a', 'b'], text: 'text of a\ntext of b' });
		expect(asked[0]).toEqual(place);
		expect(service.all[0]?.kind).toBe('call');
		expect(service.open).toHaveLength(0);
		expect(warnings).toEqual([]);
	});

	it('does not hold what was said in earlier turns, of a service that hands out everything again', async () => {
		await turn(async () => await service.current.say('a'));
		const second = await turn(async () => await service.current.say('a', 'b'));
		const third = await turn(async () => await service.current.say('a', 'b', 'c'));

		expect([second.ids, third.ids]).toEqual([['b'], ['c']]);
	});

	it('nor in turns that another process made', async () => {
		await turn(async () => await service.current.say('a'));
		const second = await turn(async () => await service.current.say('a', 'b'), ofAProcess());

		expect(second.ids).toEqual(['b']);
	});

	it('nor what a stream was given before the start', async () => {
		const stream = new ReadBatches(reading(follower, [], { signal: stop.signal, kind: 'stream' }));
		await settle();
		await service.current.say('a');
		const { ids } = await turn(async () => await service.current.say('a', 'b'));

		expect(ids).toEqual(['b']);
		expect(stream.batches).toEqual([['a'], ['b']]);
	});

	it('holds what a stream was given between the start and the reading', async () => {
		const stream = new ReadBatches(reading(follower, [], { signal: stop.signal, kind: 'stream' }));
		await settle();
		await service.current.say('a');
		const seen = await conversations.seenIds(place, () => {});
		await service.current.say('b');
		const reply = conversations.reply(place, limits, seen, stop.signal, () => {});
		await clock.advance(1_500);

		expect(idsIn((await reply).messages)).toEqual(['b']);
		expect(stream.batches).toEqual([['a'], ['b']]);
	});

	it('nor what another process heard before the start, where sessions are shared', async () => {
		const noted: string[] = [];
		const shared: SharedSessions = {
			share: (name, source) => ({ ...source, open: (listener) => (noted.push(name), source.open(listener)) }),
			idsOf: async (name) => await Promise.resolve(name === nameOf(place) ? ['a'] : []),
			note: async () => await Promise.resolve(),
		};
		const { ids } = await turn(async () => await service.current.say('a', 'b'), ofAProcess({ shared }));

		expect(ids).toEqual(['b']);
		expect(noted).toEqual([nameOf(place)]);
		expect(warnings).toEqual([]);
	});

	it('may hold that while Redis does not tell, and says so', async () => {
		const shared: SharedSessions = {
			share: (_name, source) => source,
			idsOf: async () => await Promise.reject(new Error('down')),
			note: async () => await Promise.resolve(),
		};
		const { ids } = await turn(async () => await service.current.say('a', 'b'), ofAProcess({ shared }));

		expect(ids).toEqual(['a', 'b']);
		expect(warnings).toEqual([expect.stringContaining('Redis does not tell')]);
	});

	it('of a session that was over and began anew is heard', async () => {
		await turn(async () => await service.current.answer('ended'));
		const { ids } = await turn(async () => await service.current.say('a'));

		expect(ids).toEqual(['a']);
	});

	it('comes without a registry as well', async () => {
		const without = ofAProcess({ registry: undefined });
		expect((await turn(async () => await service.current.say('a'), without)).ids).toEqual(['a']);
	});

	it('comes with a registry that does not work as well', async () => {
		registry.breakDown('deliveredIds', 'recordDelivered');
		expect((await turn(async () => await service.current.say('a'))).ids).toEqual(['a']);
		expect(warnings).toEqual([]);
	});

	it('comes with a warning when there was trouble to the end', async () => {
		const { ids } = await turn(async () => {
			await service.current.say('a');
			await service.current.fail(trouble);
		});

		expect(ids).toEqual(['a']);
		expect(warnings).toEqual(['The reply may not be complete. It hurts.']);
	});

	it('comes with a warning when there was no room for all of it', async () => {
		const many = Array.from({ length: 1_001 }, (_, index) => `m${index}`);
		const { ids } = await turn(async () => await service.current.say(...many));

		expect(ids).toEqual(many.slice(0, -1));
		expect(warnings).toEqual(['The bot said more than 1,000 messages; the reply has the first 1,000.']);
	});

	it('comes without a warning when the trouble was over', async () => {
		const { ids } = await turn(async () => {
			await service.current.fail(trouble);
			await clock.advance(250);
			await service.current.say('a');
		});

		expect(ids).toEqual(['a']);
		expect(warnings).toEqual([]);
	});

	it('ends when everything is closed', async () => {
		const reply = conversations.reply(place, limits, [], stop.signal, () => {});
		await settle();
		closing.abort();

		expect(await reply).toEqual({ messages: [], reply: '' });
		expect(clock.pendingTimers).toBe(0);
	});
});

describe('following', () => {
	let heard: string[];
	let given: MessageBatch[];
	let take: Array<() => void>;
	let areTakenAtOnce: boolean;
	let isDone: boolean;

	beforeEach(() => {
		heard = [];
		given = [];
		take = [];
		areTakenAtOnce = true;
		isDone = false;
	});

	const everySession: FollowInput = { botId: '', flowId: '', sessionId: '', messageTypes: ['bot'] };

	async function begin(changes: Partial<FollowInput> = {}, options: Partial<FollowOptions> = {}): Promise<void> {
		const run = conversations.follow(
			{ ...everySession, ...changes },
			{
				consumer: 'c',
				signal: stop.signal,
				onBatch: async (batch) => {
					given.push(batch);
					if (!areTakenAtOnce) await new Promise<void>((resolve) => take.push(resolve));
				},
				onTrouble: ({ message }, source) => heard.push(`${source}: ${message}`),
				onRecovered: (source) => heard.push(`${source}: recovered`),
				...options,
			},
		);
		void run.then(() => (isDone = true));
		await settle();
	}

	const startNow = async (sessionId: string) =>
		await start(registry, session(sessionId, { createdAt: clock.wallTime() }));
	const givenIds = () => given.map(({ messages: batch }) => idsIn(batch));
	const pollOf = (sessionId: string) => {
		const polls = service.all.filter((poll, i) => asked[i]?.sessionId === sessionId && !poll.isOver);
		const [poll] = polls;
		if (!poll || polls.length > 1) throw new Error(`${polls.length} polls of ${sessionId} are open, not one`);
		return poll;
	};

	it('needs a registry', async () => {
		const outcome = ofAProcess({ registry: undefined }).follow(everySession, {
			consumer: 'c',
			signal: stop.signal,
			onBatch: async () => {},
			onTrouble: () => {},
			onRecovered: () => {},
		});
		expect(await cognigyErrorOf(outcome)).toMatchObject({ category: 'invalidInput' });
	});

	it('one session delivers the messages of the types that are wanted, with an audit entry', async () => {
		await begin({ ...place, messageTypes: ['bot', 'webhook'] });
		await service.current.say('user-1', 'a', 'webhook-1');
		await service.current.say('user-2');

		expect(given).toEqual([
			{
				session: place,
				messages: messages('a', 'webhook-1'),
				id: expect.any(String) as string,
				audit: {
					timestamp: '2026-01-31T12:00:00.000Z',
					operation: 'streamMessages',
					...place,
					status: 'success',
					latencyMs: 0,
					attempts: 1,
				},
			},
		]);
		expect(metrics.snapshot()).toMatchObject({ totalRequests: 1, successCount: 1 });
		// Those that are not wanted are done with as well.
		expect(await registry.deliveredIds(keyOf('s1'), 'c')).toEqual(['user-1', 'a', 'webhook-1', 'user-2']);
	});

	it('one session is done when it is over', async () => {
		await begin(place);
		await service.current.answer('ended');
		expect(isDone).toBe(true);
	});

	it('one session does not come twice when it is followed again', async () => {
		await begin(place);
		await service.current.say('a');
		await service.current.answer('ended');
		await begin(place);
		await service.current.say('b');

		expect(givenIds()).toEqual([['a'], ['b']]);
	});

	it('the registry follows each session with its own poll, and says who its user is', async () => {
		await startNow('s1');
		await startNow('s2');
		await begin();
		await pollOf('s1').say('a');
		await pollOf('s2').say('b');

		expect(given.map(({ session: of, messages: batch }) => [of, idsIn(batch)])).toEqual([
			[{ ...place, userId: 'user' }, ['a']],
			[{ ...place, sessionId: 's2', userId: 'user' }, ['b']],
		]);
	});

	it('the registry learns that a session is over, and it is followed no more', async () => {
		await startNow('s1');
		await begin();
		await pollOf('s1').answer('ended');
		expect(registry.calls.at(-1)).toBe('markEnded s1');
		await clock.advance(5 * MINUTE);

		expect(service.all).toHaveLength(1);
		expect(isDone).toBe(false);
	});

	it('a session that begins a new life while it is followed is followed in it', async () => {
		await startNow('s1');
		await begin();
		await startNow('s1');
		await clock.advance(999);
		await pollOf('s1').answer('ended');
		await pollOf('s1').say('new life');
		expect(givenIds()).toEqual([['new life']]);
		await pollOf('s1').answer('ended');
		await clock.advance(5 * MINUTE);

		expect(service.all).toHaveLength(3);
	});

	it('a session that begins a new life after it was over is followed again', async () => {
		await startNow('s1');
		await begin();
		await pollOf('s1').answer('ended');
		await startNow('s1');
		await clock.advance(999);
		await pollOf('s1').say('new life');

		expect(givenIds()).toEqual([['new life']]);
	});

	it('a session is left five minutes after it has expired, once what came is delivered', async () => {
		areTakenAtOnce = false;
		await startNow('s1');
		await begin();
		await pollOf('s1').say('a');
		await pollOf('s1').say('b');
		await clock.advance(35 * MINUTE - 1_000);
		expect(service.open).toHaveLength(1);
		await clock.advance(1_000);
		expect(service.open).toHaveLength(0);

		expect(givenIds()).toEqual([['a']]);
		for (const next of [0, 1]) {
			take[next]?.();
			await settle();
		}
		expect(givenIds()).toEqual([['a'], ['b']]);
		expect(await registry.deliveredIds(keyOf('s1'), 'c')).toEqual(['a', 'b']);
		expect(await registry.stagedBatches(keyOf('s1'), 'c')).toEqual([]);
		expect(registry.count('markEnded')).toBe(0);
	});

	it('the poll of a session that is begun anew while it runs is not cut off when its first life would have been over', async () => {
		await startNow('s1');
		await begin();
		await clock.advance(20 * MINUTE);
		await startNow('s1');
		await clock.advance(20 * MINUTE);
		expect(service.all).toHaveLength(1);
		await pollOf('s1').say('a');
		expect(givenIds()).toEqual([['a']]);

		await clock.advance(15 * MINUTE);
		expect(service.open).toHaveLength(0);
	});

	it('in parallel, so many batches of all sessions are under way at the same time', async () => {
		areTakenAtOnce = false;
		for (const sessionId of ['s1', 's2', 's3']) await startNow(sessionId);
		await begin({}, { parallel: 2 });
		for (const sessionId of ['s1', 's1', 's2', 's3'])
			await pollOf(sessionId).say(`of ${sessionId} ${service.all.length}`);
		expect(given).toHaveLength(2);
		expect(given.map(({ session: { sessionId } }) => sessionId)).toEqual(['s1', 's1']);
		take[1]?.();
		await settle();
		expect(given).toHaveLength(3);
		take[0]?.();
		await settle();
		expect(given).toHaveLength(4);
	});

	it('in order, sessions do not wait for each other', async () => {
		areTakenAtOnce = false;
		for (const sessionId of ['s1', 's2']) await startNow(sessionId);
		await begin();
		await pollOf('s1').say('a');
		await pollOf('s1').say('b');
		await pollOf('s2').say('c');

		expect(givenIds()).toEqual([['a'], ['c']]);
	});

	it('trouble is told of with its session, and when it is over', async () => {
		await startNow('s1');
		await begin();
		await pollOf('s1').fail(trouble);
		await clock.advance(250);
		await pollOf('s1').say('a');

		expect(heard).toEqual(['s1: It hurts.', 's1: recovered']);
	});

	it('a delivery that fails is told of with its session, repeated and counted once', async () => {
		let refusals = 2;
		await begin(place, {
			onBatch: async (batch) => {
				given.push(batch);
				if (refusals-- > 0) throw new Error('not now');
			},
		});
		await service.current.say('a');
		await clock.advance(1_000);

		const told = 's1: Messages of session "s1" were not taken; they are handed over again';
		expect(heard).toEqual([told, told, 's1: recovered']);
		expect(given).toHaveLength(3);
		expect(metrics.snapshot().totalRequests).toBe(1);
	});

	it('goes on though whoever listens fails', async () => {
		const fail = () => {
			throw new Error('listener');
		};
		await startNow('s1');
		await begin({}, { onTrouble: fail, onRecovered: fail });
		await pollOf('s1').fail(trouble);
		registry.breakDown('openSessions');
		await clock.advance(999);
		registry.breakDown();
		await pollOf('s1').say('a');
		await startNow('s2');
		await clock.advance(999);
		await pollOf('s2').say('b');

		expect(givenIds()).toEqual([['a'], ['b']]);
	});

	it.each(['stop', 'closing'] as const)('%s ends everything at once, and nothing is left', async (which) => {
		for (const sessionId of ['s1', 's2']) await startNow(sessionId);
		await begin();
		await pollOf('s1').say('a');
		await pollOf('s2').fail(trouble);
		({ stop, closing })[which].abort();
		await settle();

		expect(isDone).toBe(true);
		expect(service.open).toHaveLength(0);
		expect(clock.pendingTimers).toBe(0);
		const open = await registry.openSessions({ account, now: clock.wallTime(), after: 0, unconfirmedUntil: 0 });
		expect(open).toHaveLength(2);
		expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
		expect(getEventListeners(closing.signal, 'abort')).toHaveLength(0);
	});
});

describe('what one does to the messages that one was given', () => {
	const said = () => ({ ...message('a'), data: { of: 'x' } });
	const change = (given: readonly Message[]) => {
		for (const { data } of given) if (data) data['of'] = 'changed';
	};
	const follow = (onBatch: FollowOptions['onBatch'], consumer: string) => {
		const listeners = { onTrouble: () => {}, onRecovered: () => {} };
		void conversations.follow(
			{ ...place, messageTypes: ['bot'] },
			{ ...listeners, consumer, signal: stop.signal, onBatch },
		);
	};
	afterEach(() => stop.abort());

	it('does not reach those who read at the same time, nor those who come later', async () => {
		const others: Message[] = [];
		const hear = async (batch: MessageBatch) => void others.push(...batch.messages);
		follow(async (batch) => change(batch.messages), 'first');
		await settle();
		follow(hear, 'second');
		const told = conversations.told(place, { signal: stop.signal }).next();
		await settle();
		await service.current.answer({ messages: [said()] });
		follow(hear, 'third');
		await settle();
		change((await told).value ?? []);
		follow(hear, 'fourth');
		await settle();

		expect(others).toEqual([said(), said(), said()]);
	});

	it('does not reach what is delivered again', async () => {
		const given: Message[] = [];
		follow(async ({ messages: batch }) => {
			given.push(...structuredClone(batch));
			change(batch);
			if (given.length === 1) throw new Error('not now');
		}, 'first');
		await settle();
		await service.current.answer({ messages: [said()] });
		await clock.advance(1_000);

		expect(given).toEqual([said(), said()]);
	});

	it('nor is it changed by those who collect a reply', async () => {
		const reply = conversations.reply(place, limits, [], stop.signal, () => {});
		await settle();
		await service.current.answer({ messages: [said()] });
		await clock.advance(1_500);
		change((await reply).messages);
		const later = (await conversations.told(place, { signal: stop.signal }).next()).value;

		expect(later).toEqual([said()]);
	});
});

it('binary data is given as it is written down: as JSON', async () => {
	const told = conversations.told(place, { signal: stop.signal }).next();
	await settle();
	await service.current.answer({ messages: [{ ...message('a'), data: { picture: Buffer.from('hi') } }] });

	expect((await told).value?.[0]?.data).toEqual({ picture: { type: 'Buffer', data: [104, 105] } });
	stop.abort();
});

describe('what is read from the registry', () => {
	it('fails in the words of the client', async () => {
		registry.breakDown('prune');
		const read = fromRegistry(registry, async (store) => await store.prune(0));

		expect(await cognigyErrorOf(read)).toMatchObject({ category: 'server', message: 'The registry is broken: prune' });
		expect(await cognigyErrorOf(fromRegistry(undefined, async () => 1))).toMatchObject({ category: 'invalidInput' });
	});
});
