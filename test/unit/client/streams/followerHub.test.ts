import { FollowerHub } from '../../../../client/streams/followerHub';
import type { HeardBatch } from '../../../../client/streams/heardMessage';
import type { ReadOptions } from '../../../../client/streams/sessionFollower';
import { HeldPolls, messages, ReadBatches, reading } from '../../../support/conversation';
import { FakeClock, settle } from '../../../support/fakeClock';

let clock: FakeClock;
let service: HeldPolls;
let hub: FollowerHub;

beforeEach(() => {
	clock = new FakeClock();
	service = new HeldPolls();
	hub = new FollowerHub();
});

const dependenciesOf = (polls: HeldPolls) => ({ source: polls.source(clock), clock, random: () => 0 });

function read(session: string, knownIds: string[] = []) {
	const leave = new AbortController();
	const follower = {
		read: async (ids: readonly string[], options: ReadOptions, onBatch: (batch: HeardBatch) => void) =>
			await hub.read(session, dependenciesOf(service), ids, options, onBatch),
	};
	const batches = reading(follower, knownIds, { signal: leave.signal, kind: 'stream' });
	return { reader: new ReadBatches(batches), leave: () => leave.abort() };
}

it('has one follower per session, whoever reads it', async () => {
	const first = read('s1');
	const second = read('s1');
	await service.current.say('a');

	expect([first.reader.batches, second.reader.batches]).toEqual([[['a']], [['a']]]);
	expect(service.open).toHaveLength(1);
});

it('keeps sessions apart', async () => {
	const first = read('s1');
	const second = read('s2');
	await settle();
	expect(service.open).toHaveLength(2);
	await service.open[0]?.say('a');

	expect([first.reader.batches, second.reader.batches]).toEqual([[['a']], []]);
	expect(hub.seenIds('s1')).toEqual(['a']);
	expect(hub.seenIds('s2')).toEqual([]);
	expect(hub.seenIds('s3')).toEqual([]);
});

it('asks nothing until somebody reads', async () => {
	hub.note('s1', dependenciesOf(service), messages('a'));
	await settle();

	expect(service.all).toHaveLength(0);
});

it('remembers what came when nobody reads any more, and asks nothing meanwhile', async () => {
	const first = read('s1');
	await settle();
	await service.current.say('a');
	first.leave();
	await first.reader.done;
	expect(service.open).toHaveLength(0);
	expect(hub.seenIds('s1')).toEqual(['a']);

	const second = read('s1');
	await settle();
	await service.current.say('a', 'b');
	expect(second.reader.batches).toEqual([['a'], ['b']]);
});

it('gives somebody who comes while the last one leaves the same follower', async () => {
	const first = read('s1');
	await settle();
	await service.current.say('a');
	first.leave();
	const second = read('s1');
	await first.reader.done;
	const third = read('s1');
	await settle();
	await service.current.say('b');

	expect(second.reader.batches).toEqual([['a'], ['b']]);
	expect(third.reader.batches).toEqual([['a'], ['b']]);
});

const many = Array.from({ length: 1_000 }, (_, index) => `m${index}`);

/** A session in which much was said, and that nobody reads any more. */
async function rest(session: string): Promise<void> {
	const { reader, leave } = read(session);
	await settle();
	await service.open.at(-1)?.say(...many);
	leave();
	await reader.done;
}

it('forgets the longest resting when it would remember too many messages', async () => {
	for (let i = 0; i < 25; i++) await rest(`s${i}`);

	expect(hub.seenIds('s24')).toHaveLength(1_000);
	expect(hub.seenIds('s0')).toEqual([]);
	const remembered = Array.from({ length: 25 }, (_, i) => hub.seenIds(`s${i}`).length);
	expect(remembered.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(20_000);
});

it('does not forget a session that somebody still reads, though another has left', async () => {
	read('s');
	const leaving = read('s');
	await settle();
	await service.current.say('a');
	leaving.leave();
	await leaving.reader.done;
	for (let i = 0; i < 25; i++) await rest(`s${i}`);
	const later = read('s');
	await settle();
	await service.current.say('b');

	expect(later.reader.batches).toEqual([['a'], ['b']]);
});

describe('messages that came in another way', () => {
	const elsewhere = new HeldPolls();
	const note = (...ids: string[]) => hub.note('s1', dependenciesOf(elsewhere), messages(...ids));

	it('are there for who comes later, who asks in a way of its own', async () => {
		note('a');
		note('a', 'b');
		expect(hub.seenIds('s1')).toEqual(['a', 'b']);
		const { reader } = read('s1');
		await settle();
		await service.current.say('b', 'c');

		expect(reader.batches).toEqual([['a', 'b'], ['c']]);
		expect(elsewhere.all).toHaveLength(0);
	});

	it('are left to who reads the session just now', async () => {
		const { reader } = read('s1');
		await settle();
		note('a');
		await settle();
		expect(reader.batches).toEqual([]);
		await service.current.say('a');
		expect(reader.batches).toEqual([['a']]);
	});
});
