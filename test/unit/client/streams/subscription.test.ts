import { WAITING_LIMIT } from '../../../../client/streams/load';
import { Subscription } from '../../../../client/streams/subscription';
import { idsIn, messages, ReadBatches } from '../../../support/conversation';
import { FakeClock, settle } from '../../../support/fakeClock';

let clock: FakeClock;
let closed: number;
let reads: number;
let subscription: Subscription;

const subscribe = (knownIds: string[] = []) =>
	new Subscription(
		({ messageId }) => !knownIds.includes(messageId),
		clock,
		() => closed++,
		() => reads++,
	);

beforeEach(() => {
	clock = new FakeClock();
	closed = 0;
	reads = 0;
	subscription = subscribe();
});

it('gives batches in the order in which they came, to a reader that is late or that waits', async () => {
	subscription.push(messages('a', 'b'));
	subscription.push(messages('c'));
	const read = new ReadBatches(subscription);
	await settle();
	expect(read.batches).toEqual([['a', 'b'], ['c']]);

	subscription.push(messages('d'));
	subscription.push(messages('e'));
	await settle();
	expect(read.batches.slice(2)).toEqual([['d'], ['e']]);
	expect(read.isOver).toBe(false);
});

it('says when a batch came, not when it was read', async () => {
	await clock.advance(1_000);
	subscription.push(messages('a'));
	await clock.advance(5_000);

	expect(await subscription.next()).toMatchObject({ value: { receivedAt: 1_000 } });
});

it('leaves out what the reader does not want, and batches of nothing else', async () => {
	subscription = subscribe(['a', 'c']);
	subscription.push(messages('a', 'b'));
	subscription.push(messages('c'));
	subscription.push(messages());
	subscription.push(messages('d'));
	subscription.end();
	const read = new ReadBatches(subscription);
	await read.done;

	expect(read.batches).toEqual([['b'], ['d']]);
});

it('its end lets the reader read what waits, and nothing that comes later', async () => {
	subscription.push(messages('a'));
	subscription.push(messages('b'));
	subscription.end();
	subscription.push(messages('c'));
	const read = new ReadBatches(subscription);
	await read.done;

	expect(read.batches).toEqual([['a'], ['b']]);
});

it('its end wakes a reader that waits', async () => {
	const read = new ReadBatches(subscription);
	await settle();
	subscription.end();
	await read.done;

	expect(read.batches).toEqual([]);
});

it('a reader that leaves drops what waits', async () => {
	subscription.push(messages('a'));
	expect(await subscription.return()).toEqual({ done: true, value: undefined });

	expect(await subscription.next()).toEqual({ done: true, value: undefined });
});

it('a reader that breaks off its loop has left', async () => {
	subscription.push(messages('a'));
	subscription.push(messages('b'));
	for await (const batch of subscription) {
		expect(idsIn(batch.messages)).toEqual(['a']);
		break;
	}

	expect(closed).toBe(1);
	expect(await subscription.next()).toMatchObject({ done: true });
});

it('says once that it is closed, whoever closes it', async () => {
	expect(closed).toBe(0);
	subscription.end();
	expect(closed).toBe(1);
	subscription.end();
	await subscription.return();
	expect(closed).toBe(1);
});

describe('is full when so much waits that the reader should have time to read it', () => {
	const numbered = Array.from({ length: WAITING_LIMIT.messages }, (_, index) => `m${index}`);

	it('counted in messages', async () => {
		for (const id of numbered.slice(1)) subscription.push(messages(id));
		expect(subscription.isFull).toBe(false);
		subscription.push(messages('last'));
		expect(subscription.isFull).toBe(true);
		await subscription.next();
		expect(subscription.isFull).toBe(false);
		expect(reads).toBe(1);
	});

	it('counted in what they hold', async () => {
		const half = 'x'.repeat(WAITING_LIMIT.characters / 2);
		subscription.push(messages('a').map((one) => ({ ...one, text: half })));
		expect(subscription.isFull).toBe(false);
		subscription.push(messages('b').map((one) => ({ ...one, data: { half } })));
		expect(subscription.isFull).toBe(true);
		await subscription.next();
		expect(subscription.isFull).toBe(false);
	});

	it('not counting what the reader does not want, nor what it left', async () => {
		subscription = subscribe(numbered);
		subscription.push(messages(...numbered));
		expect(subscription.isFull).toBe(false);
		subscription.push(messages(...numbered.map((id) => `wanted ${id}`)));
		expect(subscription.isFull).toBe(true);
		await subscription.return();
		expect(subscription.isFull).toBe(false);
	});
});

it('what others do to the messages that it was given changes nothing', async () => {
	const data = { of: 'x'.repeat(WAITING_LIMIT.characters) };
	const [one] = messages('a').map((message) => ({ ...message, data }));
	if (one) subscription.push([one]);
	expect(subscription.isFull).toBe(true);
	data.of = 'changed';

	const { value } = await subscription.next();
	expect(value?.messages[0]?.data).toEqual({ of: 'x'.repeat(WAITING_LIMIT.characters) });
	expect(subscription.isFull).toBe(false);
});

it('gives binary data as it is written down: as JSON', async () => {
	const data = { picture: Buffer.from('hi') };
	subscription.push(messages('a').map((message) => ({ ...message, data })));

	const { value } = await subscription.next();
	expect(value?.messages[0]?.data).toEqual({ picture: { type: 'Buffer', data: [104, 105] } });
});
