import { getEventListeners } from 'node:events';

import { collectReply, replyText } from '../../../../client/streams/collectReply';
import type { HeardBatch } from '../../../../client/streams/heardMessage';
import type { ReplyMessages } from '../../../../client/streams/replyMessages';
import { SessionFollower } from '../../../../client/streams/sessionFollower';
import { HeldPolls, idsIn, message, messages } from '../../../support/conversation';
import { FakeClock, settle } from '../../../support/fakeClock';

let clock: FakeClock;
let service: HeldPolls;
let caller: AbortController;
let reply: Promise<ReplyMessages>;
let isDone: boolean;

beforeEach(async () => {
	clock = new FakeClock();
	service = new HeldPolls();
	caller = new AbortController();
	isDone = false;
	const follower = new SessionFollower({ source: service.source(clock), clock, random: () => 0 });
	const read = async (onBatch: (batch: HeardBatch) => void, signal: AbortSignal) =>
		await follower.read([], { signal, kind: 'call' }, onBatch);
	reply = collectReply(read, clock, { quietMs: 1_500, maxWaitMs: 20_000 }, caller.signal);
	void reply.then(() => (isDone = true));
	await settle();
});

/** It is over, and nothing of it is left. */
async function expectReply(...ids: string[]): Promise<void> {
	await settle();
	expect(isDone).toBe(true);
	expect(idsIn((await reply).all)).toEqual(ids);
	expect(clock.pendingTimers).toBe(0);
	expect(service.open).toHaveLength(0);
	expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
}

async function expectWaiting(): Promise<void> {
	await settle();
	expect(isDone).toBe(false);
}

it('is complete when the bot is quiet', async () => {
	await service.current.say('a');
	await clock.advance(1_499);
	await expectWaiting();
	await clock.advance(1);
	await expectReply('a');
});

it('goes on as long as the bot goes on', async () => {
	for (const id of ['a', 'b', 'c']) {
		await service.current.say(id);
		await clock.advance(1_499);
		await expectWaiting();
	}
	await clock.advance(1);
	await expectReply('a', 'b', 'c');
});

it('does not begin to be quiet before the bot has said something', async () => {
	await service.current.say('user-1');
	await service.current.say('webhook-1');
	await clock.advance(10_000);
	await expectWaiting();
	await service.current.say('a');
	await clock.advance(1_500);
	await expectReply('user-1', 'webhook-1', 'a');
});

it('ends when the longest wait is over, also in the middle of a talk', async () => {
	for (let i = 0; i < 20; i++) {
		await service.current.say(`m${i}`);
		await clock.advance(1_000);
	}
	await expectReply(...Array.from({ length: 20 }, (_, i) => `m${i}`));
});

it('is empty when the bot says nothing', async () => {
	await clock.advance(19_999);
	await expectWaiting();
	await clock.advance(1);
	await expectReply();
});

it('ends with the session', async () => {
	await service.current.say('a');
	await service.current.answer('ended');
	await expectReply('a');
});

it('ends at once when it is stopped', async () => {
	await service.current.say('a');
	caller.abort();
	await expectReply('a');
});

describe('has room for', () => {
	const many = Array.from({ length: 1_000 }, (_, index) => `m${index}`);

	it('a thousand messages', async () => {
		await service.current.say(...many);
		await expectWaiting();
		await clock.advance(1_500);
		await expectReply(...many);
		expect((await reply).warning).toBeUndefined();
	});

	it('no more than that: it ends there, and says so', async () => {
		await service.current.say(...many.slice(0, 999));
		await service.current.say('last', 'too many', 'more');
		await expectReply(...many.slice(0, 999), 'last');
		expect((await reply).warning).toBe('The bot said more than 1,000 messages; the reply has the first 1,000.');
	});

	it('eight million characters of text and data', async () => {
		const large = (id: string) => ({
			...message(id),
			text: 'x'.repeat(2_000_000),
			data: { more: 'y'.repeat(2_000_000) },
		});
		await service.current.answer({ messages: [large('a'), large('b'), large('c')] });
		await expectReply('a', 'b');
		expect((await reply).warning).toBe(
			'The bot said more than 8 million characters; the reply has the first 2 messages.',
		);
	});
});

it('as text is what the bot said, a line each', () => {
	const said = [message('user-1'), ...messages('a', 'b'), message('webhook-1')];

	expect(replyText(said)).toBe('text of a\ntext of b');
	expect(replyText([])).toBe('');
});
