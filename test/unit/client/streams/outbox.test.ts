import type { CognigyError } from '../../../../client/errors';
import { batchId, Outbox } from '../../../../client/streams/outbox';
import { WAITING_LIMIT } from '../../../../client/streams/load';
import { REGISTRY } from '../../../../client/streams/types';
import { idsIn, message, messages } from '../../../support/conversation';
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

const outboxOf = (consumer: string, remembered?: readonly string[]) =>
	new Outbox({
		registry,
		consumer,
		memory: remembered && { ids: () => remembered, add: () => {}, remove: () => {} },
		clock,
		random: () => 0.5,
		onTrouble: ({ message }: CognigyError, source) => heard.push(`${source}: ${message}`),
		onRecovered: (source) => heard.push(`${source}: recovered`),
		onWarning: (message) => heard.push(`warning: ${message}`),
	});

const batchOf = (...ids: string[]) => ({ messages: messages(...ids), receivedAt: clock.monotonic() });

it('knows after a crash what arrived and what was taken, in order', async () => {
	const outbox = outboxOf('c');
	for (const ids of [['a', 'b'], ['c'], ['d']]) expect(await outbox.stage(key, batchOf(...ids))).toBe(true);
	expect(await outbox.recordDelivered(key, messages('c'))).toBe(true);

	const before = await outboxOf('c').before(key, neverAborted);
	expect(before).toMatchObject({ knownIds: ['c', 'a', 'b', 'd'], hasLeftOver: true });
	expect(await outboxOf('c').staged(key)).toEqual([
		{ id: batchId(messages('a', 'b')), messages: messages('a', 'b'), receivedAt: 0 },
		{ id: batchId(messages('d')), messages: messages('d'), receivedAt: 0 },
	]);
});

it('knows what is remembered beside the registry, but for what the registry knows to be waiting', async () => {
	await outboxOf('c').recordDelivered(key, messages('b'));
	await outboxOf('c').stage(key, batchOf('c'));

	const before = await outboxOf('c', ['a', 'b', 'c']).before(key, neverAborted);
	expect(before?.hasLeftOver).toBe(true);
	expect([...new Set(before?.knownIds)].sort()).toEqual(['a', 'b', 'c']);
	expect(await outboxOf('c').staged(key)).toHaveLength(1);
});

it('reads what is staged in portions, and knows the ids of all of it', async () => {
	const outbox = outboxOf('c');
	const ids = Array.from({ length: 2 * WAITING_LIMIT.messages + 1 }, (_, index) => `m${index}`);
	for (const id of ids) await outbox.stage(key, batchOf(id));

	expect(await outbox.before(key, neverAborted)).toMatchObject({ knownIds: ids, hasLeftOver: true });
	const read: string[] = [];
	let portion = await outbox.staged(key);
	while (portion && portion.length > 0) {
		expect(portion.length).toBeLessThanOrEqual(WAITING_LIMIT.messages);
		read.push(...portion.flatMap((batch) => idsIn(batch.messages)));
		portion = await outbox.staged(key, portion.at(-1)?.id);
	}
	expect(read).toEqual(ids);
});

it('knows all of a batch with more messages than a function takes arguments', async () => {
	const ids = Array.from({ length: 150_000 }, (_, index) => `m${index}`);
	await outboxOf('c').stage(key, { messages: ids.map(message), receivedAt: 0 });

	expect((await outboxOf('c').before(key, neverAborted))?.knownIds).toHaveLength(150_000);
});

it('reads nothing of a registry that does not work, and tells of it', async () => {
	registry.breakDown('stagedBatches');
	expect(await outboxOf('c').staged(key)).toBeUndefined();
	expect(heard).toEqual([`${REGISTRY}: The registry is broken: stagedBatches`]);
});

it('keeps all that a message holds', async () => {
	const whole = {
		...message('a'),
		data: { k: 1 },
		attachments: [{ type: 'file', name: 'a.pdf', url: 'https://example.org/a', mimeType: 'application/pdf', size: 1 }],
		event: { name: 'queueUpdate', position: 3 },
	};
	await outboxOf('c').stage(key, { messages: [whole], receivedAt: 0 });
	expect((await outboxOf('c').staged(key))?.map((batch) => batch.messages)).toEqual([[whole]]);
});

it('knows it of each consumer and session apart', async () => {
	await outboxOf('c').stage(key, batchOf('a'));
	await outboxOf('c').recordDelivered(key, messages('b'));

	const nothing = { knownIds: [], hasLeftOver: false };
	expect(await outboxOf('other').before(key, neverAborted)).toMatchObject(nothing);
	expect(await outboxOf('c').before(keyOf('s2'), neverAborted)).toMatchObject(nothing);
});

it('waits with a growing pause until the registry works, as without it messages would come twice', async () => {
	await outboxOf('c').recordDelivered(key, messages('a'));
	registry.breakDown('stagedBatches');
	const before = outboxOf('c').before(key, neverAborted);
	for (const pauseMs of [250, 500, 1_000]) {
		await settle();
		expect(clock.isWaiting(pauseMs)).toBe(true);
		registry.breakDown(...(pauseMs === 1_000 ? [] : (['deliveredIds'] as const)));
		await clock.advance(pauseMs);
	}

	expect(await before).toMatchObject({ knownIds: ['a'], hasLeftOver: false });
	expect(heard).toEqual([
		`${REGISTRY}: The registry is broken: stagedBatches`,
		`${REGISTRY}: The registry is broken: deliveredIds`,
		`${REGISTRY}: The registry is broken: deliveredIds`,
		`${REGISTRY}: recovered`,
	]);
});

it('waits no longer than it is wanted', async () => {
	registry.breakDown('deliveredIds');
	const stop = new AbortController();
	const before = outboxOf('c').before(key, stop.signal);
	await settle();
	stop.abort();

	expect(await before).toBeUndefined();
	expect(clock.pendingTimers).toBe(0);
});

it('a registry that cannot be written is told of, and breaks nothing', async () => {
	const outbox = outboxOf('c');
	registry.breakDown('stage', 'recordDelivered');
	expect(await outbox.stage(key, batchOf('a'))).toBe(false);
	expect(await outbox.recordDelivered(key, messages('a'))).toBe(false);
	registry.breakDown();
	await outbox.stage(key, batchOf('b'));

	expect(heard).toEqual([
		`${REGISTRY}: The registry is broken: stage`,
		`${REGISTRY}: The registry is broken: recordDelivered`,
		`${REGISTRY}: recovered`,
	]);
});

describe('what was taken but could not be recorded', () => {
	it('is recorded when the registry works again', async () => {
		const outbox = outboxOf('c');
		await outbox.stage(key, batchOf('a'));
		registry.breakDown('recordDelivered');
		const recorded = outbox.recordUntilItWorks(key, messages('a'), neverAborted);
		await clock.advance(10_000);
		registry.breakDown();
		await clock.advance(15_000);
		await recorded;

		expect(await outbox.before(key, neverAborted)).toMatchObject({ knownIds: ['a'], hasLeftOver: false });
	});

	it('is tried once more at the end', async () => {
		const stop = new AbortController();
		registry.breakDown('recordDelivered');
		const recorded = outboxOf('c').recordUntilItWorks(key, messages('a'), stop.signal);
		await settle();
		registry.breakDown();
		stop.abort();
		await recorded;

		expect(await registry.deliveredIds(key, 'c')).toEqual(['a']);
		expect(clock.pendingTimers).toBe(0);
	});

	it('is given up at the end when that fails as well', async () => {
		const stop = new AbortController();
		registry.breakDown('recordDelivered');
		const recorded = outboxOf('c').recordUntilItWorks(key, messages('a'), stop.signal);
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

describe('somebody else who is just ending', () => {
	it('may record while this reads: what was staged or delivered is known', async () => {
		const ending = outboxOf('c');
		await ending.stage(key, batchOf('a'));
		let isRecorded = false;
		for (const method of ['deliveredIds', 'stagedBatches'] as const) {
			const read = registry[method].bind(registry) as (...call: unknown[]) => Promise<never>;
			jest.spyOn(registry, method).mockImplementation(async (...call) => {
				const answer = await read(...call);
				if (!isRecorded) await ending.recordDelivered(key, messages('a'));
				isRecorded = true;
				return answer;
			});
		}

		expect((await outboxOf('c').before(key, neverAborted))?.knownIds).toContain('a');
	});

	it('may stage late what was delivered within another batch: it is not delivered again', async () => {
		await outboxOf('c').recordDelivered(key, messages('a', 'b'));
		await outboxOf('c').stage(key, batchOf('a'));
		await outboxOf('c').stage(key, batchOf('b', 'c'));

		const before = await outboxOf('c').before(key, neverAborted);
		expect(before).toMatchObject({ knownIds: ['a', 'b', 'b', 'c'], hasLeftOver: true });
		expect(await outboxOf('c').staged(key)).toMatchObject([{ id: batchId(messages('b', 'c')) }]);
	});
});

it.each(['no JSON', '[]', '{"receivedAt":1}', '{"receivedAt":1,"messages":[{"messageId":5}]}'])(
	'a batch that cannot be read (%s) is set aside with a warning, and holds up none of the others',
	async (payload) => {
		for (const id of Array.from({ length: WAITING_LIMIT.messages + 5 }, (_, index) => `bad-${index}`)) {
			await registry.stage(key, 'c', { id, payload });
		}
		await outboxOf('c').stage(key, batchOf('good'));
		await registry.stage(key, 'c', { id: 'last', payload });

		expect(await outboxOf('c').before(key, neverAborted)).toMatchObject({ knownIds: ['good'], hasLeftOver: true });
		const staged = (await outboxOf('c').staged(key)) ?? [];
		expect(staged.map(({ messages: ofBatch }) => idsIn(ofBatch))).toEqual([['good']]);
		expect(await registry.stagedBatches(key, 'c')).toHaveLength(1);
		const aside = await registry.stagedBatches(key, 'c unreadable');
		expect(new Set(aside.map((batch) => batch.payload))).toEqual(new Set([payload]));
		expect(aside).toHaveLength(WAITING_LIMIT.messages + 6);
		expect(heard).toHaveLength(2);
		expect(heard[0]).toMatch(/^warning: Messages of session "s1" .* cannot be read\. .* of "c unreadable"/);
	},
);
