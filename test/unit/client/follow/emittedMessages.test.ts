import type { CognigyError } from '../../../../client/errors';
import { batchId, EmittedMessages } from '../../../../client/follow/emittedMessages';
import { REGISTRY } from '../../../../client/follow/types';
import { messages } from '../../../support/conversation';
import { FakeClock, settle } from '../../../support/fakeClock';
import { MemoryRegistry } from '../../../support/memoryRegistry';
import { keyOf } from '../../../support/registrySessions';

const key = keyOf('s1');
const neverAborted = new AbortController().signal;

let clock: FakeClock;
let registry: MemoryRegistry;
let heard: string[];

beforeEach(() => {
	clock = new FakeClock();
	registry = new MemoryRegistry();
	heard = [];
});

const emittedBy = (consumer: string) =>
	new EmittedMessages({
		registry,
		consumer,
		clock,
		random: () => 0.5,
		onTrouble: ({ message }: CognigyError, source) => heard.push(`${source}: ${message}`),
		onRecovered: (source) => heard.push(`${source}: recovered`),
	});

it('knows after a crash what arrived and what was taken, in order', async () => {
	const emitted = emittedBy('c');
	for (const batch of [messages('a', 'b'), messages('c'), messages('d')]) await emitted.arrived(key, batch);
	expect(await emitted.taken(key, messages('c'))).toBe(true);

	expect(await emittedBy('c').before(key, neverAborted)).toEqual({
		knownIds: ['c'],
		leftOver: [messages('a', 'b'), messages('d')],
	});
});

it('knows it of each consumer and session apart', async () => {
	await emittedBy('c').arrived(key, messages('a'));
	await emittedBy('c').taken(key, messages('b'));

	const nothing = { knownIds: [], leftOver: [] };
	expect(await emittedBy('other').before(key, neverAborted)).toEqual(nothing);
	expect(await emittedBy('c').before(keyOf('s2'), neverAborted)).toEqual(nothing);
});

it('waits with a growing pause until the registry works, as without it messages would come twice', async () => {
	await emittedBy('c').taken(key, messages('a'));
	registry.breakDown('stagedBatches');
	const before = emittedBy('c').before(key, neverAborted);
	for (const pauseMs of [250, 500, 1_000]) {
		await settle();
		expect(clock.isWaiting(pauseMs)).toBe(true);
		registry.breakDown(...(pauseMs === 1_000 ? [] : (['emittedIds'] as const)));
		await clock.advance(pauseMs);
	}

	expect(await before).toEqual({ knownIds: ['a'], leftOver: [] });
	expect(heard).toEqual([
		`${REGISTRY}: The registry is broken: stagedBatches`,
		`${REGISTRY}: The registry is broken: emittedIds`,
		`${REGISTRY}: The registry is broken: emittedIds`,
		`${REGISTRY}: recovered`,
	]);
});

it('waits no longer than it is wanted', async () => {
	registry.breakDown('emittedIds');
	const stop = new AbortController();
	const before = emittedBy('c').before(key, stop.signal);
	await settle();
	stop.abort();

	expect(await before).toBeUndefined();
	expect(clock.pendingTimers).toBe(0);
});

it('a registry that cannot be written is told of, and breaks nothing', async () => {
	const emitted = emittedBy('c');
	registry.breakDown('stage', 'recordEmitted');
	await emitted.arrived(key, messages('a'));
	expect(await emitted.taken(key, messages('a'))).toBe(false);
	registry.breakDown();
	await emitted.arrived(key, messages('b'));

	expect(heard).toEqual([
		`${REGISTRY}: The registry is broken: stage`,
		`${REGISTRY}: The registry is broken: recordEmitted`,
		`${REGISTRY}: recovered`,
	]);
});

describe('what was taken but could not be recorded', () => {
	it('is recorded when the registry works again', async () => {
		const emitted = emittedBy('c');
		await emitted.arrived(key, messages('a'));
		registry.breakDown('recordEmitted');
		const recorded = emitted.takenUntilRecorded(key, messages('a'), neverAborted);
		await clock.advance(10_000);
		registry.breakDown();
		await clock.advance(15_000);
		await recorded;

		expect(await emitted.before(key, neverAborted)).toEqual({ knownIds: ['a'], leftOver: [] });
	});

	it('is tried once more at the end', async () => {
		const stop = new AbortController();
		registry.breakDown('recordEmitted');
		const recorded = emittedBy('c').takenUntilRecorded(key, messages('a'), stop.signal);
		await settle();
		registry.breakDown();
		stop.abort();
		await recorded;

		expect(await registry.emittedIds(key, 'c')).toEqual(['a']);
		expect(clock.pendingTimers).toBe(0);
	});

	it('is given up at the end when that fails as well', async () => {
		const stop = new AbortController();
		registry.breakDown('recordEmitted');
		const recorded = emittedBy('c').takenUntilRecorded(key, messages('a'), stop.signal);
		await settle();
		stop.abort();
		await recorded;

		expect(clock.pendingTimers).toBe(0);
	});
});

it('the id of a batch is the same for the same messages only', () => {
	const [first = []] = [messages('a', 'b')];
	const sameIds = first.map((one) => ({ ...one, text: 'other' }));

	expect(batchId(sameIds)).toBe(batchId(messages('a', 'b')));
	const others = [messages('a'), messages('b', 'a'), messages('a,b'), messages('a","b'), messages('ab')];
	expect(new Set([...others, messages('a', 'b')].map(batchId)).size).toBe(6);
});
