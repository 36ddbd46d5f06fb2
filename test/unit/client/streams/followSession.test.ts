import { getEventListeners } from 'node:events';
import pLimit from 'p-limit';

import { batchId, Outbox } from '../../../../client/streams/outbox';
import type { HeardBatch, ReceivedBatch } from '../../../../client/streams/heardMessage';
import { followSession } from '../../../../client/streams/followSession';
import { SessionFollower } from '../../../../client/streams/sessionFollower';
import { HeldPolls, idsIn, messages } from '../../../support/conversation';
import { FakeClock, settle } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { keyOf } from '../../../support/registrySessions';

const key = keyOf('s1');

let clock: FakeClock;
let service: HeldPolls;
let registry: MemoryRegistry;
let stop: AbortController;
/** What was delivered, in order, also again. */
let given: HandOver[];
let heard: string[];
/** Whether batches are taken at once. */
let areTakenAtOnce: boolean;
/** What every delivery comes to. */
let refusal: Promise<void> | undefined;

interface HandOver {
	ids: string[];
	id: string;
	take: () => Promise<void>;
	refuse: () => Promise<void>;
}

beforeEach(() => {
	clock = new FakeClock();
	service = new HeldPolls();
	registry = new MemoryRegistry();
	stop = new AbortController();
	given = [];
	heard = [];
	areTakenAtOnce = true;
	refusal = undefined;
});

async function onBatch({ messages: batch }: ReceivedBatch): Promise<void> {
	registry.calls.push(`onBatch ${idsIn(batch).join()}`);
	await new Promise<void>((resolve, reject) => {
		const take = async () => {
			resolve();
			await settle();
		};
		const refuse = async () => {
			reject(new Error('not now'));
			await settle();
		};
		given.push({ ids: idsIn(batch), id: batchId(batch), take, refuse });
		if (areTakenAtOnce) resolve();
	});
}

const givenIds = () => given.map(({ ids }) => ids);
const last = () => given.at(-1) ?? never();
const never = () => {
	throw new Error('Nothing was delivered');
};

interface BeginOptions {
	parallel?: number;
	recognisesBatches?: boolean;
}

/** As a process does it that begins anew: nothing is remembered but what the registry holds. */
function begin({ parallel, recognisesBatches }: BeginOptions = {}) {
	const follower = new SessionFollower({ source: service.source(clock), clock, random: () => 0.5 });
	const outbox = new Outbox({
		registry,
		consumer: 'c',
		clock,
		random: () => 0.5,
		onTrouble: ({ message }) => heard.push(message),
		onRecovered: () => heard.push('registry recovered'),
	});
	const { signal } = stop;
	const run = followSession({
		key,
		outbox,
		clock,
		random: () => 0.5,
		signal,
		read: async (knownIds, take) => await follower.read(knownIds, { signal, kind: 'stream' }, take),
		...(parallel === undefined ? {} : { slot: pLimit(parallel) }),
		...(recognisesBatches === undefined ? {} : { recognisesBatches }),
		onBatch: (batch) => refusal ?? onBatch(batch),
		onDeliveryFailed: () => heard.push('failed'),
		onDeliveryRecovered: () => heard.push('recovered'),
	});
	const state = { isOver: undefined as boolean | undefined, run };
	void run.then((isOver) => (state.isOver = isOver));
	return state;
}

async function begun(options: BeginOptions = {}) {
	const state = begin(options);
	await settle();
	return state;
}

/** This process goes away with everything it was about to do, and another one begins. */
async function crash(): Promise<void> {
	stop.abort();
	stop = new AbortController();
	await settle();
	given = [];
	heard = [];
}

const staged = async () => (await registry.stagedBatches(key, 'c')).map(({ id }) => id);

it('a batch is written down before it is delivered, and recorded once it was taken', async () => {
	areTakenAtOnce = false;
	await begun();
	await service.current.say('a', 'b');
	expect(registry.calls.slice(-2)).toEqual(['stage s1', 'onBatch a,b']);
	expect(await registry.deliveredIds(key, 'c')).toEqual([]);
	await last().take();

	expect(await registry.deliveredIds(key, 'c')).toEqual(['a', 'b']);
	expect(await staged()).toEqual([]);
});

it('a batch is not delivered until it is certainly written down', async () => {
	await begun();
	let written = () => {};
	jest.spyOn(registry, 'stage').mockReturnValueOnce(new Promise((resolve) => (written = resolve)));
	await service.current.say('a');
	expect(givenIds()).toEqual([]);
	written();
	await settle();

	expect(givenIds()).toEqual([['a']]);
});

it('a batch waits until the one before is taken', async () => {
	areTakenAtOnce = false;
	await begun();
	await service.current.say('a');
	await service.current.say('b');
	await service.current.say('c');
	expect(givenIds()).toEqual([['a']]);
	await last().take();
	expect(givenIds()).toEqual([['a'], ['b']]);
	await last().take();
	expect(givenIds()).toEqual([['a'], ['b'], ['c']]);
});

it('with room for two, two are delivered side by side', async () => {
	areTakenAtOnce = false;
	await begun({ parallel: 2 });
	for (const id of ['a', 'b', 'c']) await service.current.say(id);
	expect(givenIds()).toEqual([['a'], ['b']]);
	await given[1]?.take();
	expect(givenIds()).toEqual([['a'], ['b'], ['c']]);
});

it('the session is over when everything was taken', async () => {
	areTakenAtOnce = false;
	const session = await begun();
	await service.current.say('a');
	await service.current.say('b');
	await service.current.answer('ended');
	await last().take();
	expect(session.isOver).toBeUndefined();
	await last().take();

	expect(session.isOver).toBe(true);
	expect(await registry.deliveredIds(key, 'c')).toEqual(['a', 'b']);
	expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
	expect(clock.pendingTimers).toBe(0);
});

it('a batch that was not taken is delivered again with the same id, before the ones that came later', async () => {
	areTakenAtOnce = false;
	await begun();
	await service.current.say('a', 'b');
	await service.current.say('c');
	for (const pauseMs of [250, 500]) {
		await last().refuse();
		await clock.advance(pauseMs);
	}
	expect(givenIds()).toEqual([
		['a', 'b'],
		['a', 'b'],
		['a', 'b'],
	]);
	expect(new Set(given.map(({ id }) => id)).size).toBe(1);
	expect(await registry.deliveredIds(key, 'c')).toEqual([]);
	await last().take();

	expect(heard).toEqual(['failed', 'failed', 'recovered']);
	expect(last().ids).toEqual(['c']);
});

describe('after a crash', () => {
	it('what was not taken is delivered first, in the same batches with the same ids', async () => {
		areTakenAtOnce = false;
		await begun();
		await service.current.say('a', 'b');
		const { id } = last();
		await service.current.say('c');
		// It did not even say that it was taken.
		registry.breakDown('recordDelivered');
		await crash();
		registry.breakDown();

		areTakenAtOnce = true;
		await begun();
		await service.current.say('d');
		expect(givenIds()).toEqual([['a', 'b'], ['c'], ['d']]);
		expect(given[0]?.id).toBe(id);
	});

	it('nothing comes twice from a service that hands out everything again', async () => {
		areTakenAtOnce = false;
		await begun();
		await service.current.say('a');
		await last().take();
		await service.current.say('a', 'b');
		await service.current.say('a', 'b', 'c');
		await crash();

		areTakenAtOnce = true;
		await begun();
		await service.current.say('a', 'b', 'c', 'd');
		await service.current.say('a', 'b', 'c', 'd', 'e');
		// The second one was begun, and so is recorded.
		expect(givenIds()).toEqual([['c'], ['d'], ['e']]);
		expect(await registry.deliveredIds(key, 'c')).toEqual(['a', 'b', 'c', 'd', 'e']);
		expect(await staged()).toEqual([]);
	});
});

describe('when everything is to end', () => {
	it('a batch that was begun is recorded, and one that was not stays written down', async () => {
		areTakenAtOnce = false;
		const session = await begun();
		await service.current.say('a');
		await service.current.say('b');
		stop.abort();
		await settle();

		expect(session.isOver).toBe(false);
		expect(givenIds()).toEqual([['a']]);
		expect(await registry.deliveredIds(key, 'c')).toEqual(['a']);
		expect(await staged()).toEqual([batchId(messages('b'))]);
		expect(service.open).toHaveLength(0);
		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
	});

	it('a batch that was just handed over stays written down until it is taken, where it is recognised', async () => {
		areTakenAtOnce = false;
		const session = await begun({ recognisesBatches: true });
		await service.current.say('a');
		stop.abort();
		await settle();
		expect(session.isOver).toBe(false);
		expect(await registry.deliveredIds(key, 'c')).toEqual([]);
		expect(await staged()).toEqual([last().id]);

		await last().take();
		expect(await registry.deliveredIds(key, 'c')).toEqual(['a']);
		expect(await staged()).toEqual([]);
		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
	});

	it('such a batch that nobody took comes again, and nobody hears of a registry that is closed by then', async () => {
		areTakenAtOnce = false;
		await begun({ recognisesBatches: true });
		await service.current.say('a');
		const { id, refuse } = last();
		await crash();
		await refuse();
		await begun({ recognisesBatches: true });
		expect(given).toMatchObject([{ ids: ['a'], id }]);

		stop.abort();
		await settle();
		registry.breakDown('recordDelivered');
		await last().take();
		expect(heard).toEqual([]);
	});

	it('a batch that was handed over long before is recorded', async () => {
		areTakenAtOnce = false;
		await begun({ recognisesBatches: true });
		await service.current.say('a');
		await clock.advance(10_001);
		stop.abort();
		await settle();
		expect(await registry.deliveredIds(key, 'c')).toEqual(['a']);
	});

	it('a batch that was refused stays written down', async () => {
		areTakenAtOnce = false;
		const session = await begun();
		await service.current.say('a');
		await last().refuse();
		stop.abort();
		await settle();

		expect(session.isOver).toBe(false);
		expect(await staged()).toEqual([batchId(messages('a'))]);
		expect(clock.pendingTimers).toBe(0);
	});

	it('a batch that is refused in the same moment stays written down', async () => {
		await begun();
		refusal = settle().then(() => {
			throw new Error('not now');
		});
		// Before the refusal is heard of, but after it was made.
		refusal.catch(() => stop.abort());
		await service.current.say('a');
		await settle();

		expect(stop.signal.aborted).toBe(true);
		expect(await staged()).toEqual([batchId(messages('a'))]);
	});

	it('before it began, nothing is asked', async () => {
		stop.abort();
		const session = await begun();

		expect(session.isOver).toBe(false);
		expect(service.all).toHaveLength(0);
	});
});

describe('while the registry does not work', () => {
	it('nothing is delivered before it is known what was', async () => {
		await registry.recordDelivered(key, 'c', ['a']);
		registry.breakDown('deliveredIds');
		await begun();
		expect(service.all).toHaveLength(0);
		registry.breakDown();
		await clock.advance(250);
		await service.current.say('a', 'b');

		expect(givenIds()).toEqual([['b']]);
	});

	it('messages go on, each once, and are recorded when it works again', async () => {
		await begun();
		registry.breakDown('stage', 'recordDelivered');
		await service.current.say('a');
		await service.current.say('b');
		expect(givenIds()).toEqual([['a'], ['b']]);
		registry.breakDown();
		await clock.advance(250);

		expect(await registry.deliveredIds(key, 'c')).toEqual(['a', 'b']);
		expect(heard.at(-1)).toBe('registry recovered');
		expect(givenIds()).toHaveLength(2);
	});

	it('the end waits until it is recorded what was taken, so that nobody hands it over again', async () => {
		const session = await begun();
		registry.breakDown('recordDelivered');
		await service.current.say('a');
		await service.current.answer('ended');
		await clock.advance(10_000);
		expect(session.isOver).toBeUndefined();
		registry.breakDown();
		await clock.advance(15_000);

		expect(session.isOver).toBe(true);
		expect(await staged()).toEqual([]);
	});
});

describe.each([true, false])('a chunk of a streamed answer (put out whole: %s)', (areWhole) => {
	const chunk = { messageId: 'a', text: 'a', type: 'text', timestamp: '', chunk: { answerId: 'A', text: 'a' } };

	/** @returns how often the chunk was acknowledged */
	async function follow(): Promise<number> {
		let acknowledged = 0;
		async function read(_knownIds: readonly string[], take: (batch: HeardBatch) => void): Promise<void> {
			const receivedAt = clock.monotonic();
			take({ messages: [chunk], receivedAt, acknowledge: () => (acknowledged += 1), begun: () => {} });
			await new Promise((resolve) => stop.signal.addEventListener('abort', resolve));
		}
		const run = followSession({
			key,
			outbox: new Outbox({
				registry,
				consumer: 'c',
				clock,
				random: () => 0.5,
				onTrouble: ({ message }) => heard.push(message),
				onRecovered: () => {},
			}),
			clock,
			random: () => 0.5,
			signal: stop.signal,
			read,
			answers: { areWhole, join: () => ({ text: 'a', type: 'text', timestamp: '' }) },
			onBatch,
			onDeliveryFailed: () => {},
			onDeliveryRecovered: () => {},
		});
		await settle();
		const inTime = acknowledged;
		stop.abort();
		await run;
		return inTime;
	}

	it('is acknowledged once it is written down', async () => {
		expect(await follow()).toBe(1);
	});

	it('is not acknowledged when it could not be written down', async () => {
		registry.breakDown('stage');
		expect(await follow()).toBe(0);
		expect(heard).not.toEqual([]);
	});
});
