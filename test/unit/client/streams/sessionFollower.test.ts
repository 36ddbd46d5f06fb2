import { getEventListeners } from 'node:events';

import { CognigyError } from '../../../../client/errors';
import type { HeardBatch } from '../../../../client/streams/heardMessage';
import { WAITING_LIMIT } from '../../../../client/streams/load';
import { SessionFollower, type ReadOptions } from '../../../../client/streams/sessionFollower';
import { HeldPolls, message, messages, PushingSource, ReadBatches, reading } from '../../../support/conversation';
import { FakeClock, settle } from '../../../support/fakeClock';

const trouble = (details: Partial<CognigyError['details']> = {}) =>
	new CognigyError({ category: 'server', message: 'It hurts', advice: 'Wait.', ...details });

let clock: FakeClock;
let service: HeldPolls;
let follower: SessionFollower;
let leave: AbortController;
let troubles: string[];

beforeEach(() => {
	clock = new FakeClock();
	service = new HeldPolls();
	follower = new SessionFollower({ source: service.source(clock), clock, random: () => 0.5 });
	leave = new AbortController();
	troubles = [];
});

const options = (changes: Partial<ReadOptions> = {}): ReadOptions => ({
	signal: leave.signal,
	kind: 'stream',
	onTrouble: ({ message }) => troubles.push(message),
	onRecovered: () => troubles.push('recovered'),
	...changes,
});

const read = (changes: Partial<ReadOptions> = {}, knownIds: string[] = []) =>
	new ReadBatches(reading(follower, knownIds, options(changes)));

describe('after an answer', () => {
	it('without content, asks again after 500 ms', async () => {
		read();
		await service.current.answer({ messages: [] });
		expect(service.open).toHaveLength(0);
		await clock.advance(499);
		expect(service.open).toHaveLength(0);
		await clock.advance(1);
		expect(service.open).toHaveLength(1);
	});

	it('with nothing but known messages, asks again after 500 ms', async () => {
		const reader = read();
		await service.current.say('a');
		await service.current.say('a');
		expect(service.open).toHaveLength(0);
		await clock.advance(500);
		expect(service.open).toHaveLength(1);
		expect(reader.batches).toEqual([['a']]);
	});

	it('with something new, delivers what is new and asks again at once', async () => {
		const reader = read();
		await service.current.say('a', 'b');
		await service.current.say('a', 'b', 'c');

		expect(reader.batches).toEqual([['a', 'b'], ['c']]);
		expect(service.open).toHaveLength(1);
		expect(clock.pendingTimers).toBe(0);
	});
});

describe('trouble', () => {
	it('is told of and ridden out with a growing pause', async () => {
		const reader = read();
		for (const pauseMs of [250, 500, 1_000, 2_000]) {
			await service.current.fail(trouble());
			await clock.advance(pauseMs - 1);
			expect(service.open).toHaveLength(0);
			await clock.advance(1);
			expect(service.open).toHaveLength(1);
		}
		expect(troubles).toEqual(['It hurts', 'It hurts', 'It hurts', 'It hurts']);
		expect(reader.isOver).toBe(false);

		await service.current.say('a');
		expect(troubles.slice(4)).toEqual(['recovered']);
		expect(reader.batches).toEqual([['a']]);
	});

	it('that is over is told of once, and the next pause is short again', async () => {
		read();
		for (const pauseMs of [250, 500]) {
			await service.current.fail(trouble());
			await clock.advance(pauseMs);
		}
		await service.current.say('a');
		await service.current.say('b');
		expect(troubles.filter((one) => one === 'recovered')).toHaveLength(1);

		await service.current.fail(trouble());
		await clock.advance(250);
		expect(service.open).toHaveLength(1);
	});

	it('with Retry-After is left alone for at least so long', async () => {
		read();
		await service.current.fail(trouble({ retryAfterMs: 30_000 }));
		await clock.advance(30_000);
		expect(service.open).toHaveLength(0);
		await clock.advance(250);
		expect(service.open).toHaveLength(1);
	});

	it('of a kind that nobody expected is told of in words of ours, and ridden out as well', async () => {
		const reader = read();
		await service.current.fail(new Error('secret-token'));
		expect(troubles).toEqual(['Reading messages failed for a reason that is not known']);
		await clock.advance(250);
		await service.current.say('a');

		expect(reader.batches).toEqual([['a']]);
	});
});

describe('the end of the session', () => {
	it('ends every reader, once they have read what was said', async () => {
		const first = read();
		const second = read();
		const slow = reading(follower, [], options());
		await service.current.say('a');
		await service.current.answer('ended');

		expect([first, second]).toMatchObject([
			{ batches: [['a']], isOver: true },
			{ batches: [['a']], isOver: true },
		]);
		const late = new ReadBatches(slow);
		await late.done;
		expect(late.batches).toEqual([['a']]);
		expect(service.open).toHaveLength(0);
		expect(follower.isRead).toBe(false);
		expect(getEventListeners(leave.signal, 'abort')).toHaveLength(0);
	});

	it('is no end for a reader that came after the service was asked: the session may have begun anew', async () => {
		const before = read();
		const asked = service.current;
		const after = read();
		await asked.answer('ended');

		expect(before.isOver).toBe(true);
		expect(after.isOver).toBe(false);
		await service.current.say('new life');
		expect(after.batches).toEqual([['new life']]);
		await service.current.answer('ended');
		expect(after.isOver).toBe(true);
		expect(service.open).toHaveLength(0);
	});

	it('ends a reader that came while the poll waited for its turn', async () => {
		service.haveToWait = true;
		const first = read();
		const second = read();
		service.current.onSent();
		await service.current.answer('ended');

		expect([first.isOver, second.isOver]).toEqual([true, true]);
	});

	it('is not remembered: whoever reads later asks the service, after what is known', async () => {
		read();
		await service.current.say('a');
		await service.current.answer('ended');
		const later = read();
		await settle();
		expect(later).toMatchObject({ batches: [['a']], isOver: false });
		await service.current.say('b');

		expect(later.batches).toEqual([['a'], ['b']]);
	});
});

describe('readers of one session', () => {
	it('share one poll, and each gets everything', async () => {
		const first = read();
		const second = read();
		expect(service.all).toHaveLength(1);
		await service.current.say('a');
		await service.current.say('b', 'c');

		expect(first.batches).toEqual([['a'], ['b', 'c']]);
		expect(second.batches).toEqual([['a'], ['b', 'c']]);
		expect(service.all).toHaveLength(3);
	});

	it('get what came before, but not what they know', async () => {
		read();
		await service.current.say('a');
		await service.current.say('b', 'c');
		const later = read({}, ['b']);
		await service.current.say('b', 'c', 'd');

		expect(later.batches).toEqual([['a', 'c'], ['d']]);
	});

	it('get at most the last hundred of what came before, unless the last answer held more', async () => {
		const ids = Array.from({ length: 150 }, (_, index) => `m${index}`);
		read();
		for (const id of ids) await service.current.say(id);
		const later = read();
		await settle();
		expect(later.batches).toEqual([ids.slice(50)]);

		const many = Array.from({ length: 300 }, (_, index) => `n${index}`);
		await service.current.say(...many);
		const latest = read();
		await settle();
		expect(latest.batches).toEqual([many]);
	});

	it('do not hear of trouble that others had before', async () => {
		read();
		await service.current.fail(trouble());
		const heard: string[] = [];
		read({ onTrouble: ({ message }) => heard.push(message) });
		expect(heard).toEqual([]);
	});

	it('tell which ids came so far', async () => {
		expect(follower.seenIds).toEqual([]);
		read();
		await service.current.say('a', 'b');
		expect(follower.seenIds).toEqual(['a', 'b']);
	});
});

describe('when the last reader leaves', () => {
	it('the poll is aborted at once, and what waits is dropped', async () => {
		const other = new AbortController();
		read();
		read({ signal: other.signal });
		other.abort();
		expect(service.current.signal.aborted).toBe(false);
		const poll = service.current;
		leave.abort();

		expect(poll.signal.aborted).toBe(true);
		expect(follower.isRead).toBe(false);
		await settle();
		expect(service.open).toHaveLength(0);
		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(leave.signal, 'abort')).toHaveLength(0);
		expect(troubles).toEqual([]);
	});

	it('between two polls no other one is made, and no timer is left', async () => {
		read();
		await service.current.fail(trouble());
		expect(clock.pendingTimers).toBe(1);
		leave.abort();
		await settle();
		expect(clock.pendingTimers).toBe(0);
		await clock.advance(60_000);

		expect(service.all).toHaveLength(1);
	});

	it('and another one comes at once, there is one poll again', async () => {
		read();
		leave.abort();
		const later = read({ signal: new AbortController().signal });
		await settle();
		await service.current.say('a');

		expect(later.batches).toEqual([['a']]);
	});

	it('what an answer holds that came just then is kept for the next one', async () => {
		read();
		const poll = service.current;
		const answered = poll.answer({ messages: messages('a') });
		leave.abort();
		await answered;
		const later = read({ signal: new AbortController().signal });
		await settle();

		expect(later.batches).toEqual([['a']]);
	});

	it('before it began, nothing is asked', async () => {
		leave.abort();
		const reader = read();
		await reader.done;
		expect(service.all).toHaveLength(0);
		expect(follower.isRead).toBe(false);
	});
});

describe('the share of the rate budget', () => {
	it('is that of calls while somebody waits for a reply', async () => {
		const reply = new AbortController();
		read();
		expect(service.current.kind).toBe('stream');
		read({ kind: 'call', signal: reply.signal });
		await service.current.say('a');
		expect(service.current.kind).toBe('call');
		reply.abort();
		await service.current.say('b');
		expect(service.current.kind).toBe('stream');
	});

	it('changes at once for a poll that still stands in line', async () => {
		service.haveToWait = true;
		const stream = read();
		const inLine = service.current;
		const reply = read({ kind: 'call' });
		await settle();

		expect(inLine.signal.aborted).toBe(true);
		expect(service.current.kind).toBe('call');
		service.current.onSent();
		await service.current.say('a');
		expect([stream.batches, reply.batches]).toEqual([[['a']], [['a']]]);
		expect(troubles).toEqual([]);
	});

	it('does not interrupt a poll that was sent, nor a pause', async () => {
		read();
		const sent = service.current;
		const reply = new AbortController();
		read({ kind: 'call', signal: reply.signal });
		await settle();
		expect(sent.signal.aborted).toBe(false);
		reply.abort();

		await sent.fail(trouble({ retryAfterMs: 30_000 }));
		read({ kind: 'call' });
		await settle();
		expect(service.open).toHaveLength(0);
	});

	it('does not move a poll back that stands in line for a reply', async () => {
		service.haveToWait = true;
		read({ kind: 'call' });
		read();
		read({ kind: 'call' });
		await settle();

		expect(service.all).toHaveLength(1);
	});

	it('trouble before stays known when a poll leaves the line', async () => {
		service.haveToWait = true;
		read();
		await service.current.fail(trouble());
		await clock.advance(250);
		read({ kind: 'call' });
		await settle();
		await service.current.say('a');

		expect(troubles).toEqual(['It hurts', 'recovered', 'recovered']);
	});
});

describe('a reader that does not read', () => {
	const many = Array.from({ length: WAITING_LIMIT.messages }, (_, index) => `m${index}`);
	const slowReader = (changes: Partial<ReadOptions> = {}) => reading(follower, [], options(changes));

	it('is not given more than it can hold: nobody asks for more until it reads', async () => {
		const slow = slowReader();
		await service.current.say(...many);
		await clock.advance(60_000);
		expect(service.open).toHaveLength(0);

		expect((await slow.next()).value?.messages).toHaveLength(many.length);
		await settle();
		await service.current.say('more');
		expect((await slow.next()).value).toMatchObject({ messages: messages('more') });
	});

	it('is full by what messages hold as well', async () => {
		slowReader();
		const half = 'x'.repeat(WAITING_LIMIT.characters / 2);
		await service.current.answer({ messages: [{ ...message('a'), text: half }] });
		expect(service.open).toHaveLength(1);
		await service.current.answer({ messages: [{ ...message('b'), data: { half } }] });
		await clock.advance(60_000);
		expect(service.open).toHaveLength(0);
	});

	it('is not full before, nor by what it does not want', async () => {
		const knows = reading(follower, many, options());
		for (const id of many) await service.current.say(id);
		for (const id of many.slice(1)) await service.current.say(`wanted ${id}`);
		expect(service.open).toHaveLength(1);
		await service.current.say('last');
		expect(service.open).toHaveLength(0);
		await knows.next();
		await settle();
		expect(service.open).toHaveLength(1);
	});

	it('does not keep those from hearing who wait for a reply', async () => {
		slowReader();
		await service.current.say(...many);
		expect(service.open).toHaveLength(0);
		const reply = new AbortController();
		const replies = read({ kind: 'call', signal: reply.signal }, many);
		await settle();
		await service.current.say('an answer');
		expect(replies.batches).toEqual([['an answer']]);
		expect(service.open).toHaveLength(1);
		reply.abort();
		await service.current.say('one more');
		expect(service.open).toHaveLength(0);
	});

	it('keeps nobody from hearing once it has left', async () => {
		const other = read();
		const leaving = new AbortController();
		slowReader({ signal: leaving.signal });
		await service.current.say(...many);
		expect(service.open).toHaveLength(0);
		leaving.abort();
		await settle();
		await service.current.say('more');
		expect(other.batches).toEqual([many, ['more']]);
	});

	it('leaves no poll and no timer behind', async () => {
		slowReader();
		await service.current.say(...many);
		leave.abort();
		await settle();
		expect(service.open).toHaveLength(0);
		expect(clock.pendingTimers).toBe(0);
		expect(getEventListeners(leave.signal, 'abort')).toHaveLength(0);

		const later = read({ signal: new AbortController().signal });
		await settle();
		await service.current.say('more');
		expect(later.batches).toEqual([many, ['more']]);
	});
});

it('an answer with more messages than a function takes arguments is given whole', async () => {
	const reader = read();
	const huge = Array.from({ length: 150_000 }, (_, index) => `m${index}`);
	await service.current.answer({ messages: huge.map(message) });
	expect(reader.batches.map(({ length }) => length)).toEqual([150_000]);
	expect(troubles).toEqual([]);
});

it('messages that came in another way are there for those who come later', async () => {
	follower.note(messages('a'));
	expect((await reading(follower, [], options()).next()).value?.messages).toEqual(messages('a'));
});

it('all share the same messages: nothing in the client changes them', async () => {
	const said = messages('a');
	const [first, second] = [reading(follower, [], options()), reading(follower, [], options())];
	await service.current.answer({ messages: said });
	for (const reader of [first, second, reading(follower, [], options())]) {
		expect((await reader.next()).value?.messages[0]).toBe(said[0]);
	}
});

describe('what is given to a reader', () => {
	it('says when it came, not when it was read', async () => {
		await clock.advance(1_000);
		const reader = reading(follower, [], options());
		await service.current.say('a');
		await clock.advance(5_000);
		expect((await reader.next()).value).toMatchObject({ receivedAt: 1_000 });
	});

	it('is pushed as it comes, in the same moment', async () => {
		const heard: string[][] = [];
		void follower.read([], options(), ({ messages: batch }) => heard.push(batch.map(({ messageId }) => messageId)));
		follower.note(messages('a', 'b'));
		expect(heard).toEqual([['a', 'b']]);
	});

	it('holds nothing that it does not want, and it is not given batches of nothing else', async () => {
		const reader = read({}, ['a', 'c']);
		for (const ids of [['a', 'b'], ['c'], ['d']]) await service.current.say(...ids);
		await service.current.answer('ended');
		expect(reader).toMatchObject({ batches: [['b'], ['d']], isOver: true });
	});

	it("and cannot be taken by it ends its reading, and nobody else's", async () => {
		const other = read();
		const broken = follower.read([], options(), () => {
			throw new Error('no room');
		});
		const thrown = broken.catch((error: unknown) => error);
		await service.current.say('a');
		await service.current.say('b');
		expect(await thrown).toEqual(new Error('no room'));
		expect(other.batches).toEqual([['a'], ['b']]);
	});
});

describe('messages are acknowledged', () => {
	const acknowledged = jest.fn();
	const take = (given: HeardBatch[]) => (batch: HeardBatch) => given.push(batch);
	let source: PushingSource;

	beforeEach(() => {
		acknowledged.mockReset();
		source = new PushingSource();
		follower = new SessionFollower({ source, clock, random: () => 0.5 });
	});

	it('once all who confirm have', () => {
		const [first, second]: [HeardBatch[], HeardBatch[]] = [[], []];
		void follower.read([], options({ confirms: true }), take(first));
		void follower.read([], options({ confirms: true }), take(second));
		void follower.read([], options(), () => {});
		source.push(messages('a'), acknowledged);
		first[0]?.acknowledge();
		expect(acknowledged).not.toHaveBeenCalled();
		second[0]?.acknowledge();
		expect(acknowledged).toHaveBeenCalledTimes(1);
	});

	it('at once when nobody confirms, wants them or has not heard them', () => {
		void follower.read([], options(), () => {});
		source.push(messages('a'), acknowledged);
		expect(acknowledged).toHaveBeenCalledTimes(1);
		void follower.read(['a', 'b'], options({ confirms: true }), () => {});
		source.push(messages('b'), acknowledged);
		expect(acknowledged).toHaveBeenCalledTimes(2);
		source.push(messages('a', 'b'), acknowledged);
		expect(acknowledged).toHaveBeenCalledTimes(3);
	});

	it('not when one who confirms has left before', () => {
		const given: HeardBatch[] = [];
		void follower.read([], options({ confirms: true }), take(given));
		source.push(messages('a'), acknowledged);
		leave.abort();
		expect(given).toHaveLength(1);
		expect(acknowledged).not.toHaveBeenCalled();
	});
});

describe('readers with logins of their own', () => {
	const refusal = () => trouble({ category: 'authentication', message: 'Wrong password' });
	let other: HeldPolls;
	let told: string[];

	const readByAnother = () =>
		new ReadBatches(
			reading(follower, [], options({ onTrouble: ({ message }) => told.push(message) }), other.source(clock)),
		);

	beforeEach(() => {
		other = new HeldPolls();
		told = [];
	});

	it('the next one asks, at once, when one is refused; only that one is told', async () => {
		const [first, second] = [read(), readByAnother()];
		await service.current.fail(refusal());
		expect([service.open.length, other.open.length]).toEqual([0, 1]);
		await other.current.say('a');
		await other.current.say('b');

		const heard = [['a'], ['b']];
		expect([first.batches, second.batches]).toEqual([heard, heard]);
		expect(service.all).toHaveLength(1);
		expect([troubles.filter((one) => one !== 'recovered'), told]).toEqual([['Wrong password'], []]);
	});

	it('all are told when all are refused, and then there is a pause', async () => {
		read();
		readByAnother();
		await service.current.fail(refusal());
		await other.current.fail(refusal());
		expect([service.open.length, other.open.length]).toEqual([0, 0]);
		expect(told).toEqual(['Wrong password']);
		await clock.advance(60_000);
		expect(service.open.length + other.open.length).toBe(1);
	});

	it('who comes in that pause asks at once', async () => {
		read();
		await service.current.fail(refusal());
		readByAnother();
		await settle();
		expect([service.open.length, other.open.length]).toEqual([0, 1]);
	});

	it('a passing fault is no reason for another one to ask', async () => {
		read();
		readByAnother();
		await service.current.fail(trouble());
		await clock.advance(250);
		expect([service.open.length, other.open.length]).toEqual([1, 0]);
	});

	it('when the one that asks leaves, the next one goes on', async () => {
		const leaving = new AbortController();
		const first = read({ signal: leaving.signal });
		const second = readByAnother();
		await service.current.say('a');
		leaving.abort();
		await first.done;
		await service.current.say('b');
		await other.current.say('c');

		expect(second.batches).toEqual([['a'], ['b'], ['c']]);
	});
});

it('a session that is held is followed on, for readers that come later', async () => {
	const leaving = new AbortController();
	const first = read({ signal: leaving.signal });
	await service.current.say('a');
	const release = new AbortController();
	const holding = follower.hold(release.signal);
	leaving.abort();
	await first.done;
	await service.current.say('b');
	const second = read({}, ['a']);
	await settle();
	expect(second.batches).toEqual([['b']]);
	release.abort();
	await holding;
	expect(service.open).toHaveLength(1);
});
