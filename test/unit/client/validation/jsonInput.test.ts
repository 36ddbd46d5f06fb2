import { runInNewContext } from 'node:vm';
import { DateTime, Duration } from 'luxon';

import { jsonObjectOf } from '../../../../client/validation/jsonInput';
import { jsonWritesNoBigInts } from '../../../support/bigInts';

jsonWritesNoBigInts();

const made = (value: unknown) => {
	const result = jsonObjectOf(value);
	return 'object' in result ? result.object : result.problem;
};

class ObjectId {
	readonly bytes = Buffer.from('0123456789ab');
	toJSON(): string {
		return this.bytes.toString('hex');
	}
}
class Money {
	constructor(
		private readonly amount: number,
		private readonly currency: string,
	) {}
	toJSON(): object {
		return { amount: this.amount, currency: this.currency };
	}
}
class Point {
	x = 1;
	y = 2;
}
const cyclic: Record<string, unknown> = {};
cyclic['list'] = [cyclic];

describe('what is no object as JSON is refused', () => {
	it.each<[string, unknown, string]>([
		['a date', new Date(0), 'a Date, which is text as JSON'],
		['a date that is none', new Date(NaN), 'a Date, which is nothing as JSON'],
		['a date of another context', runInNewContext('new Date(0)'), 'a Date, which is text as JSON'],
		['a time of Luxon', DateTime.fromMillis(0), 'a DateTime, which is text as JSON'],
		['a duration of Luxon', Duration.fromMillis(5), 'a Duration, which is text as JSON'],
		['an id of a database', new ObjectId(), 'a ObjectId, which is text as JSON'],
		['a URL', new URL('https://example.com'), 'a URL, which is text as JSON'],
		['something that calls itself a number', { toJSON: () => 7 }, 'which is a number as JSON'],
		['something that calls itself nothing', { toJSON: () => undefined }, 'which is nothing as JSON'],
		['something that calls itself a list', { toJSON: () => [{}] }, 'which is a list as JSON'],
		['a list', [{ a: 1 }], 'must be a JSON object, and is a list'],
		['text', 'order', 'and is text'],
		['a number', 4, 'and is a number'],
		['yes', true, 'and is true or false'],
		['null', null, 'and is missing'],
		['nothing', undefined, 'and is missing'],
		['a function', () => ({}), 'and is nothing'],
		['a boxed number', new Number(3), 'a Number, which is a number as JSON'],
	])('%s', (_what, value, problem) => {
		expect(made(value)).toContain(problem);
		expect(made(value)).toMatch(/^must be a JSON object/);
	});

	it.each<[string, unknown, string]>([
		['a Map', new Map([['a', 1]]), 'holds a Map'],
		['a Set inside', { tags: [new Set(['a'])] }, 'holds a Set'],
		['search parameters', { query: new URLSearchParams('a=1') }, 'holds a URLSearchParams'],
		['an error', new Error('x'), 'holds a Error'],
		['a pattern', { pattern: /x/ }, 'holds a RegExp'],
		['a Map of another context', runInNewContext('new Map([[1, 2]])'), 'holds a Map'],
	])('what JSON would lose: %s', (_what, value, problem) => {
		expect(made(value)).toMatch(new RegExp(`^${problem}, of which JSON keeps nothing`));
	});

	it.each<[string, unknown, string]>([
		['a BigInt', { total: 5n }, 'holds a BigInt'],
		['a circle', cyclic, 'refers to itself'],
		[
			'what throws',
			{
				get a() {
					throw new Error('very-secret');
				},
			},
			'cannot be written as JSON',
		],
	])('what JSON cannot write: %s', (_what, value, problem) => {
		expect(made(value)).toContain(problem);
		expect(made(value)).not.toContain('very-secret');
	});
});

describe('what is an object as JSON is taken as that', () => {
	it.each<[string, unknown, object]>([
		['an empty one', {}, {}],
		['one without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
		['one of another context', runInNewContext('({ a: [{}] })'), { a: [{}] }],
		['dates inside', { at: new Date(0) }, { at: '1970-01-01T00:00:00.000Z' }],
		['an object of a class', new Point(), { x: 1, y: 2 }],
		['an object that writes itself', new Money(5, 'EUR'), { amount: 5, currency: 'EUR' }],
		['what JSON leaves out', { a: undefined, b: () => 1, c: NaN }, { c: null }],
		['a boxed number inside', { n: new Number(3) }, { n: 3 }],
	])('%s', (_what, value, expected) => {
		expect(made(value)).toEqual(expected);
	});

	it('is a copy, which needs no other one', () => {
		const given = { nested: { a: 1 } };
		const first = made(given);
		given.nested.a = 2;
		expect(first).toEqual({ nested: { a: 1 } });
		expect(made(first)).toBe(first);
	});

	it('keeps a key called __proto__', () => {
		expect(JSON.stringify(made(JSON.parse('{"__proto__":{"a":1}}')))).toBe('{"__proto__":{"a":1}}');
	});
});
