import fc from 'fast-check';

import { serviceWords } from '../../../client/cognigyAi/serviceWords';
import { CognigyError } from '../../../client/errors';
import { boundedId } from '../../../client/streams/messageId';
import { replyProblem } from '../../../client/redis/redisProblems';
import { quoted, quotedMessage } from '../../../client/call/serviceText';
import { cut } from '../../../client/text';

const family = '👨‍👩‍👧‍👦';
const flag = '🇩🇪';
const accented = 'e\u0301';
const thumb = '👍🏽';
const syllable = 'क्षि';

describe('a text that is too long is cut between characters', () => {
	it.each([
		['an emoji', '😀'],
		['a family', family],
		['a flag', flag],
		['a letter with an accent of its own', accented],
		['a colour of skin', thumb],
		['a line end', '\r\n'],
		['a syllable', syllable],
	])('%s is there or not', (_what, character) => {
		for (let max = 0; max <= 3 * character.length; max++) {
			const whole = Math.floor(max / character.length);
			expect(cut(character.repeat(4), max)).toBe(character.repeat(whole));
			expect(cut(`a${character.repeat(4)}`, max + 1)).toBe(`a${character.repeat(whole)}`);
		}
	});

	it('stays as it is when it is short enough', () => {
		expect(cut(family, family.length)).toBe(family);
		expect(cut('', 5)).toBe('');
	});

	it('also where marks are heaped on one letter without end', () => {
		const heap = `a${'\u0301'.repeat(1_000)}`;
		expect(cut(heap, 200)).toHaveLength(200);
		expect(cut(`${'x'.repeat(150)}${heap}`, 200)).toBe('x'.repeat(150));
		expect(cut(`${'x'.repeat(100)}${heap}`, 200)).toHaveLength(200);
	});

	it('is well-formed, whatever it was', () => {
		expect(cut('a\ud83d', 10)).toBe('a\ufffd');
		expect(cut('\ude00b', 2)).toBe('\ufffdb');
		fc.assert(
			fc.property(
				fc.array(fc.constantFrom('a', '😀', family, flag, accented, '\ud83d', '\ude00', '\u200d', '\r', '\n')),
				fc.nat(40),
				(parts, max) => {
					const text = cut(parts.join(''), max);
					expect(text.length).toBeLessThanOrEqual(max);
					expect(text.isWellFormed()).toBe(true);
				},
			),
		);
	});
});

describe('words of others in an error', () => {
	// An offset for each place within the character, at both limits.
	const offsets = Array.from({ length: family.length + 1 }, (_, index) => index);
	const around = (limit: number) => offsets.map((offset) => `${'x'.repeat(limit - offset)}${family.repeat(3)}`);
	/** Of the family, nothing or all of it. */
	const whole = new RegExp(`x(${family})*["]?$`, 'u');
	const texts = around(200);

	it.each<[string, (text: string) => string]>([
		['plain words', (text) => quoted(text, [])],
		['a message', (text) => quotedMessage(JSON.stringify({ message: text }), [])],
		['problem details', (text) => serviceWords(JSON.stringify({ detail: text }), [])],
		['a text of Cognigy.AI', (text) => serviceWords(text, [])],
		['a text behind much space', (text) => serviceWords(`x${' '.repeat(9_799)}${text}`, [])],
		['a reply of Redis', (text) => replyProblem(new Error(text), [])],
	])('(%s) are cut between characters', (_what, shown) => {
		for (const text of texts) expect(shown(text)).toMatch(whole);
	});

	it('hold no half of a character', () => {
		const error = new CognigyError({ category: 'server', message: 'It said: a\ud83d', advice: 'Wait.' });
		for (const one of [error, error.with({ category: 'network' })]) {
			expect(one.message).toBe('It said: a\ufffd');
			expect(one.details.message).toBe('It said: a\ufffd');
		}
	});
});

it('ids of messages with halves of characters stay apart, in a form that every store keeps', () => {
	const ids = ['m\ud83d', 'm\ud83e', 'm\ufffd', 'm'].map(boundedId);
	expect(new Set(ids).size).toBe(4);
	for (const id of ids) expect(id.isWellFormed()).toBe(true);
	expect(boundedId('m\ud83d')).toBe(ids[0]);
});
