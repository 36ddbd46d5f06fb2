/** Workflows that do not end: what waits for them is bounded in memory, and none of it is lost or comes twice (guarantee 3). */
import pLimit from 'p-limit';

import { followSession } from '../../../../client/streams/followSession';
import { WAITING_LIMIT } from '../../../../client/streams/load';
import type { ReceivedBatch } from '../../../../client/streams/heardMessage';
import type { Message } from '../../../../client/types';
import { idsIn, message, messages, ReadSession } from '../../../support/conversation';
import { FakeClock, settle } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { quietOutbox } from '../../../support/quietOutbox';
import { keyOf } from '../../../support/registrySessions';

const key = keyOf('s1');
const LIMIT = WAITING_LIMIT.messages;
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `m${from + index}`);

let clock: FakeClock;
let registry: MemoryRegistry;
let stop: AbortController;
/** What arrives of the session. */
let session: ReadSession;
/** What was delivered, in order. */
let given: Array<{ ids: string[]; messages: Message[]; receivedAt: number; take: () => void }>;
/** Whether batches are taken at once. */
let areTakenAtOnce: boolean;
/** Batches that wait in memory for their turn now. */
let waiting: number;
let isOver: boolean | undefined;

beforeEach(() => {
	clock = new FakeClock();
	registry = new MemoryRegistry();
	given = [];
	areTakenAtOnce = false;
	waiting = 0;
});
afterEach(() => stop.abort());

/** As a process does it that begins anew, with a service that hands out these messages to it. */
async function begin({ parallel = 1, replay = [] as string[] } = {}): Promise<void> {
	stop = new AbortController();
	isOver = undefined;
	const { signal } = stop;
	const room = pLimit(parallel);
	const outbox = quietOutbox(registry, clock);
	const run = followSession({
		key,
		outbox,
		clock,
		random: () => 0.5,
		signal,
		read: async (knownIds, take) => {
			session = new ReadSession(knownIds, take, clock, signal);
			session.push(messages(...replay));
			await session.done;
		},
		slot: async (deliver) => {
			waiting++;
			await room(async () => {
				waiting--;
				await deliver();
			});
		},
		onBatch,
		onDeliveryFailed: () => {},
		onDeliveryRecovered: () => {},
	});
	void run.then((result) => (isOver = result));
	await settle();
}

async function onBatch({ messages: batch, receivedAt }: ReceivedBatch): Promise<void> {
	await new Promise<void>((take) => {
		given.push({ ids: idsIn(batch), messages: batch, receivedAt, take });
		if (areTakenAtOnce) take();
	});
}

/** One batch for each. */
async function arrive(...ids: string[]): Promise<void> {
	for (const id of ids) session.push([message(id)]);
	await settle();
}

/** Executions end from now on, those that hang as well. */
async function release(): Promise<void> {
	areTakenAtOnce = true;
	for (const { take } of given) take();
	await settle();
}

/** Ends all of it, and lets another process begin, for which executions do not end. */
async function restart(options: Parameters<typeof begin>[0] = {}): Promise<void> {
	stop.abort();
	await settle();
	given = [];
	areTakenAtOnce = false;
	waiting = 0;
	await begin(options);
}

const givenIds = () => given.flatMap(({ ids }) => ids);
const staged = async () => (await registry.stagedBatches(key, 'c')).length;

it('of what waits only so much is in memory, and everything in the registry', async () => {
	await begin();
	await arrive(...numbered(5_000));

	expect(waiting).toBeGreaterThanOrEqual(LIMIT - 1);
	expect(waiting).toBeLessThanOrEqual(LIMIT);
	expect(await staged()).toBe(5_000);
	expect(givenIds()).toEqual(['m0']);
});

it('of large messages there are fewer', async () => {
	await begin();
	const size = WAITING_LIMIT.characters / 10;
	for (let index = 0; index < 40; index++) {
		const large = index % 2 ? { text: 'x'.repeat(size) } : { data: { of: 'y'.repeat(size) } };
		session.push([{ ...message(`m${index}`), ...large }]);
	}
	await settle();
	expect(waiting).toBeLessThanOrEqual(10);
	await release();

	expect(givenIds()).toEqual(numbered(40));
});

it('one that is larger than all that may wait goes through', async () => {
	await begin();
	await release();
	session.push(messages(...numbered(3 * LIMIT)));
	session.push(messages(...numbered(3 * LIMIT, 3 * LIMIT)));
	await arrive('end');

	expect(givenIds()).toEqual([...numbered(6 * LIMIT), 'end']);
});

it('all of it is delivered in order, each once, when executions end again', async () => {
	await begin();
	await arrive(...numbered(5_000));
	let most = 0;
	for (let taken = 0; taken < 2_000; taken++) {
		given.at(-1)?.take();
		await settle();
		most = Math.max(most, waiting);
		if (taken % 100 === 0) await arrive(`later${taken}`);
	}
	expect(most).toBeLessThanOrEqual(LIMIT);
	await release();

	const later = Array.from({ length: 20 }, (_, index) => `later${index * 100}`);
	expect(givenIds()).toEqual([...numbered(5_000), ...later]);
	expect(await staged()).toBe(0);
	expect((await registry.deliveredIds(key, 'c')).length).toBe(5_020);
});

it.each([
	['the rest is read back', (count: number) => count > 0],
	['it is found that there is nothing more to read back', (count: number) => count === 0],
])('what arrives while %s comes behind it', async (_, isMeant) => {
	await begin();
	await arrive(...numbered(LIMIT + 10));
	const original = registry.stagedBatches.bind(registry);
	let isHeld = false;
	let goOn = () => {};
	jest.spyOn(registry, 'stagedBatches').mockImplementation(async (...call) => {
		const answer = await original(...call);
		if (!isHeld && isMeant(answer.length)) {
			isHeld = true;
			await new Promise<void>((resolve) => (goOn = resolve));
		}
		return answer;
	});
	await release();
	await arrive('a', 'b');
	expect(isHeld).toBe(true);
	goOn();
	await arrive('c');
	await settle();

	expect(givenIds()).toEqual([...numbered(LIMIT + 10), 'a', 'b', 'c']);
	expect(await staged()).toBe(0);
});

it('once nothing is left behind, the registry is not read for what arrives', async () => {
	await begin();
	await arrive(...numbered(LIMIT + 10));
	await release();
	const before = registry.count('stagedBatches');
	await arrive(...numbered(10, 10_000));

	expect(givenIds()).toHaveLength(LIMIT + 20);
	expect(registry.count('stagedBatches')).toBe(before);
});

it('a few executions that hang hold back no others, where they run side by side', async () => {
	await begin({ parallel: 4 });
	await arrive(...numbered(3));
	areTakenAtOnce = true;
	await arrive(...numbered(5_000, 3));

	expect(givenIds()).toEqual(numbered(5_003));
	expect(await staged()).toBe(3);
	await release();
	expect(await staged()).toBe(0);
});

it('what was read back tells when it came', async () => {
	await begin();
	await clock.advance(1_000);
	await arrive(...numbered(LIMIT + 10));
	await clock.advance(5_000);
	await arrive('late');
	await clock.advance(60_000);
	await release();

	expect(given.at(-2)?.receivedAt).toBe(1_000);
	expect(given.at(-1)?.receivedAt).toBe(6_000);
});

it('a session is over when all that is in the registry was taken too', async () => {
	await begin();
	await arrive(...numbered(3 * LIMIT));
	session.end();
	await settle();
	for (let taken = 0; taken < 3 * LIMIT - 1; taken++) {
		given.at(-1)?.take();
		await settle();
	}
	expect(isOver).toBeUndefined();
	await release();

	expect(isOver).toBe(true);
	expect(givenIds()).toEqual(numbered(3 * LIMIT));
	expect(clock.pendingTimers).toBe(0);
});

describe('after a restart', () => {
	it('what was left in the registry comes first, in order and in portions, and nothing comes twice', async () => {
		const said = numbered(4 * LIMIT);
		await begin();
		await arrive(...said);
		// The one that was begun counts as taken.
		await restart({ replay: [...said, 'new'] });
		await arrive('newer');
		expect(waiting).toBeLessThanOrEqual(LIMIT);
		await release();

		expect(givenIds()).toEqual([...said.slice(1), 'new', 'newer']);
		expect(await staged()).toBe(0);
	});

	it('in the middle of it, too', async () => {
		await begin();
		await arrive(...numbered(2 * LIMIT));
		for (let taken = 0; taken < LIMIT; taken++) {
			given.at(-1)?.take();
			await settle();
		}
		const before = givenIds();
		await restart();
		await release();

		expect([...before, ...givenIds()]).toEqual(numbered(2 * LIMIT));
	});

	it('tells when it came, also if it came before', async () => {
		await begin();
		await arrive('a', 'b');
		await clock.advance(5_000);
		await restart();
		expect(given[0]).toMatchObject({ ids: ['b'], receivedAt: 0 });
	});

	it('a clock that was set back makes nothing come in the future', async () => {
		await begin();
		await arrive('a', 'b');
		clock.jumpWallTime(-60_000);
		await clock.advance(1_000);
		await restart();
		expect(given[0]).toMatchObject({ ids: ['b'], receivedAt: 1_000 });
	});
});

describe('while the registry does not work', () => {
	it('what there is no room for is waited with: no more is read', async () => {
		await begin();
		registry.breakDown('stage');
		await arrive(...numbered(LIMIT + 1));
		await arrive(...numbered(10, LIMIT + 1));
		await clock.advance(60_000);
		expect(waiting).toBe(LIMIT);
		const tried = registry.count('stage');
		await clock.advance(60_000);
		// The one that waits is tried again, and the ones behind it were not even begun with: they hold back what is to come.
		expect(registry.count('stage')).toBeGreaterThan(tried);
		expect(session.waiting).toBe(9);
		expect(await staged()).toBe(0);

		registry.breakDown();
		await clock.advance(15_000);
		expect(await staged()).toBe(10);
		await release();
		expect(givenIds()).toEqual(numbered(LIMIT + 11));
		expect(await staged()).toBe(0);
	});

	it('what could not be written down goes on as soon as there is room', async () => {
		await begin();
		registry.breakDown('stage');
		await arrive(...numbered(LIMIT + 5));
		await release();
		await clock.advance(15_000);

		expect(givenIds()).toEqual(numbered(LIMIT + 5));
	});

	it('what could not be written down does not overtake what was', async () => {
		await begin();
		await arrive(...numbered(LIMIT + 100));
		registry.breakDown('stage', 'stagedBatches');
		await arrive('a', 'b');
		await release();
		await clock.advance(60_000);
		expect(givenIds()).toEqual(numbered(givenIds().length));
		registry.breakDown();
		await clock.advance(30_000);

		expect(givenIds()).toEqual([...numbered(LIMIT + 100), 'a', 'b']);
	});

	it('a session is not over while what is left in the registry cannot be read', async () => {
		await begin();
		await arrive(...numbered(LIMIT + 100));
		session.end();
		registry.breakDown('stagedBatches');
		await release();
		await clock.advance(60_000);
		expect(givenIds().length).toBeLessThan(LIMIT + 100);
		expect(isOver).toBeUndefined();
		registry.breakDown();
		await clock.advance(15_000);

		expect(givenIds()).toEqual(numbered(LIMIT + 100));
		expect(isOver).toBe(true);
	});

	it('what was written down although that seemed to fail comes once', async () => {
		await begin();
		await arrive(...numbered(LIMIT + 100));
		const stage = registry.stage.bind(registry);
		jest.spyOn(registry, 'stage').mockImplementation(async (...call) => {
			await stage(...call);
			throw new Error('The answer was lost');
		});
		await arrive('a', 'b');
		await release();
		await clock.advance(60_000);

		expect(givenIds()).toEqual([...numbered(LIMIT + 100), 'a', 'b']);
		expect(await staged()).toBe(0);
	});

	it('what was taken and cannot be recorded takes room, and comes once', async () => {
		await begin();
		await release();
		registry.breakDown('recordDelivered');
		await arrive(...numbered(2 * LIMIT));
		await clock.advance(60_000);
		expect(givenIds().length).toBeLessThanOrEqual(LIMIT + 1);
		expect(await staged()).toBe(2 * LIMIT);
		registry.breakDown();
		await clock.advance(30_000);

		expect(givenIds()).toEqual(numbered(2 * LIMIT));
		expect(await staged()).toBe(0);
		expect(clock.pendingTimers).toBe(0);
	});

	it('the end leaves what is written down where it is, and writes down what is not if that works again', async () => {
		await begin();
		await arrive(...numbered(LIMIT + 10));
		registry.breakDown('stage');
		await arrive('a');
		registry.breakDown();
		await restart();
		expect(clock.pendingTimers).toBe(0);
		await release();

		expect(givenIds()).toEqual([...numbered(LIMIT + 9, 1), 'a']);
	});
});

it('what a workflow does to its messages does not change how much waits', async () => {
	await begin();
	await release();
	registry.breakDown('recordDelivered');
	session.push([{ ...message('m0'), data: { of: 'y'.repeat(WAITING_LIMIT.characters) } }]);
	await settle();
	for (const { data } of given[0]?.messages ?? []) delete data?.['of'];
	registry.breakDown();
	await clock.advance(15_000);
	await arrive(...numbered(10, 1));

	expect(givenIds()).toEqual(numbered(11));
	expect(registry.count('stagedBatches')).toBe(1);
});

it('the end is not held up by what is left in the registry', async () => {
	await begin();
	const filler = 'x'.repeat(WAITING_LIMIT.characters / 100);
	for (const id of numbered(1_000)) session.push([{ ...message(id), text: filler }]);
	await settle();
	await restart();
	const read = registry.stagedBatches.bind(registry);
	let reads = 0;
	jest.spyOn(registry, 'stagedBatches').mockImplementation(async (...call) => {
		reads++;
		stop.abort();
		return await read(...call);
	});
	for (let taken = 0; taken < 80; taken++) {
		given.at(-1)?.take();
		await settle();
	}

	expect(isOver).toBe(false);
	expect(reads).toBe(1);
});

it('what somebody else stages late of messages that were delivered here is not delivered again', async () => {
	await begin();
	const ids = numbered(LIMIT + 100);
	await arrive(...ids);
	const ending = quietOutbox(registry, clock);
	await ending.stage(key, { messages: messages('m0', 'm1', 'late'), receivedAt: clock.monotonic() });
	await release();

	expect(givenIds()).toEqual([...ids, 'late']);
	expect(await staged()).toBe(0);
});
