import { AnswerCollector, type JoinChunks } from '../../../../client/streams/answerCollector';
import {
	ANSWER_PAUSE_MS,
	AnswerStream,
	AWAY_PAUSE_MS,
	Connection,
	type CollectedBatch,
} from '../../../../client/streams/answerStream';
import type { HeardMessage } from '../../../../client/streams/heardMessage';
import { idsIn, message } from '../../../support/conversation';
import { FakeClock } from '../../../support/fakeClock';

const joinTexts: JoinChunks = (chunks) => ({
	text: chunks.map(({ text }) => text).join(''),
	type: 'bot',
	timestamp: '',
});
const chunk = (id: string): HeardMessage => ({ ...message(id), text: id, chunk: { answerId: 'answer', text: id } });

let clock: FakeClock;
let connection: Connection;
let collected: CollectedBatch[];
let stream: AnswerStream;
/** Whether whoever is told begins at once. */
let beginsAtOnce: boolean;

function begin(join = joinTexts, before: HeardMessage[] = []): void {
	const collector = new AnswerCollector({ join });
	for (const one of before) collector.take(one);
	const onCollected = (batch: CollectedBatch) => {
		collected.push(batch);
		if (beginsAtOnce) batch.begun();
	};
	stream = new AnswerStream({ collector, clock, connection, onCollected });
}

beforeEach(() => {
	clock = new FakeClock();
	connection = new Connection(clock);
	collected = [];
	beginsAtOnce = true;
	begin();
});

const take = (...messages: HeardMessage[]) =>
	stream.take({ messages, receivedAt: clock.monotonic(), acknowledge: () => {}, begun: () => {} });
const completed = () => collected.flatMap(({ complete }) => complete.map(({ text }) => text));

it('tells of every batch at once: what is complete, and which chunks are not', () => {
	take(chunk('a'));
	take(chunk('b'), message('m'));
	expect(collected.map(({ complete, open }) => [idsIn(complete), idsIn(open)])).toEqual([
		[[], ['a']],
		[['answer', 'm'], []],
	]);
	expect(completed()[0]).toBe('ab');
	expect(clock.pendingTimers).toBe(0);
});

it('an answer of which nothing comes is over after a pause, counted from its last chunk', async () => {
	take(chunk('a'));
	await clock.advance(ANSWER_PAUSE_MS - 1);
	take(chunk('b'));
	await clock.advance(ANSWER_PAUSE_MS - 1);
	expect(completed()).toEqual([]);
	await clock.advance(1);
	expect(completed()).toEqual(['ab']);
	expect(collected.at(-1)).toMatchObject({ receivedAt: ANSWER_PAUSE_MS - 1 });
	expect(clock.pendingTimers).toBe(0);
});

it('chunks of before count as just come', async () => {
	begin(joinTexts, [chunk('a')]);
	await clock.advance(ANSWER_PAUSE_MS - 1);
	expect(completed()).toEqual([]);
	await clock.advance(1);
	expect(completed()).toEqual(['a']);
});

it('the pause is longer while the connection is away, and begins anew when it is back', async () => {
	take(chunk('a'));
	connection.away();
	await clock.advance(AWAY_PAUSE_MS - 1);
	expect(completed()).toEqual([]);
	connection.back();
	await clock.advance(ANSWER_PAUSE_MS - 1);
	expect(completed()).toEqual([]);
	await clock.advance(ANSWER_PAUSE_MS);
	expect(completed()).toEqual(['a']);
});

it('the pause does not count while something waits: more may be held back', async () => {
	beginsAtOnce = false;
	take(chunk('a'));
	await clock.advance(3 * ANSWER_PAUSE_MS);
	expect(completed()).toEqual([]);
	collected[0]?.begun();
	take(chunk('b'));
	collected[1]?.begun();
	await clock.advance(ANSWER_PAUSE_MS);
	expect(completed()).toEqual(['ab']);
});

it.each([
	[true, ['a']],
	[false, []],
])('at the end, what is open is told if nobody else will hear the rest: %s', (isComplete, texts) => {
	take(chunk('a'));
	stream.end(isComplete);
	expect(completed()).toEqual(texts);
	expect(clock.pendingTimers).toBe(0);
});

it('what goes wrong after a pause is thrown at who comes next, and not at nobody', async () => {
	begin(() => {
		throw new Error('cannot be joined');
	});
	take(chunk('a'));
	await clock.advance(ANSWER_PAUSE_MS);
	expect(() => take(chunk('b'))).toThrow('cannot be joined');
	expect(() => stream.end(true)).toThrow('cannot be joined');
});
