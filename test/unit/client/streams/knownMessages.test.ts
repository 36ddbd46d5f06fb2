import { KnownMessages } from '../../../../client/streams/knownMessages';
import { idsIn, messages } from '../../../support/conversation';

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `m${from + index}`);

/** What comes of answers that hold these ids. */
function newIn(answers: readonly string[][], known = new KnownMessages()): string[][] {
	return answers.map((ids) => idsIn(known.takeNew(messages(...ids))));
}

it('everything is new that a service hands out once', () => {
	expect(newIn([['a', 'b'], ['c'], [], ['d', 'e']])).toEqual([['a', 'b'], ['c'], [], ['d', 'e']]);
});

it('only what was added is new when a service hands out everything again', () => {
	expect(newIn([['a'], ['a'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']])).toEqual([['a'], [], ['b', 'c'], ['d']]);
});

it('only what was added is new when answers overlap', () => {
	expect(
		newIn([
			['a', 'b', 'c'],
			['b', 'c', 'd'],
			['d', 'e', 'f'],
			['c', 'f', 'g'],
		]),
	).toEqual([['a', 'b', 'c'], ['d'], ['e', 'f'], ['g']]);
});

it('a message that stands twice in one answer is new once', () => {
	expect(newIn([['a', 'b', 'a'], ['b']])).toEqual([['a', 'b'], []]);
});

it('messages with the same text are told apart by their ids', () => {
	const known = new KnownMessages();
	const [first, second] = messages('a', 'b').map((one) => ({ ...one, text: 'same' }));
	expect(known.takeNew([first, second].flatMap((one) => one ?? []))).toHaveLength(2);
});

it('a service that hands out everything again may do so for ever', () => {
	const known = new KnownMessages();
	const all = numbered(1, 10_000);
	newIn([all], known);

	expect(newIn([all, [...all, 'new'], all], known)).toEqual([[], ['new'], []]);
});

it('the last thousands are known, also when they come again late', () => {
	const known = new KnownMessages();
	newIn(
		numbered(1, 5_000).map((id) => [id]),
		known,
	);

	expect(newIn([numbered(3_500, 5_000)], known)).toEqual([[]]);
});

it('what comes again and again stays known, however much else comes', () => {
	const answers = numbered(1, 5_000).map((id) => ['again', id]);

	expect(newIn(answers).flat()).toHaveLength(5_001);
});

it('what was not seen for very long is forgotten, so that memory stays bounded', () => {
	const known = new KnownMessages();
	newIn(
		numbered(1, 5_000).map((id) => [id]),
		known,
	);

	expect(newIn([['m1']], known)).toEqual([['m1']]);
});
