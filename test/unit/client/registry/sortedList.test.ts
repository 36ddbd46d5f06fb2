import fc from 'fast-check';

import { SortedList } from '../../../../client/registry/memory/sortedList';

interface Step {
	do: 'add' | 'delete' | 'takeUntil' | 'deleteAll';
	value: number;
}

const step: fc.Arbitrary<Step> = fc.record({
	do: fc.constantFrom('add', 'add', 'add', 'add', 'delete', 'takeUntil', 'deleteAll'),
	value: fc.nat({ max: 5_000 }),
});

it('keeps what was added and not taken away in order, in however many pieces', () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 3_000 }), (steps, count) => {
			const list = new SortedList<number>((a, b) => a - b);
			let model: number[] = [];
			const add = (value: number) => {
				if (model.includes(value)) return;
				list.add(value);
				model.push(value);
			};
			// Some at the end, and some in between.
			for (let value = 0; value < count; value++) add(value * 2);
			for (const { do: what, value } of steps) {
				const isReached = (item: number) => item >= value;
				if (what === 'add') add(value);
				else if (what === 'delete') {
					list.delete(value);
					model = model.filter((item) => item !== value);
				} else if (what === 'takeUntil' && value < 500) {
					expect(list.takeUntil(isReached)).toEqual(sorted(model.filter((item) => !isReached(item))));
					model = model.filter(isReached);
				} else if (what === 'deleteAll') {
					list.deleteAll(new Set(model.filter((item) => item % 7 === value % 7)));
					model = model.filter((item) => item % 7 !== value % 7);
				}
				expect(list.from(isReached)).toEqual(sorted(model.filter(isReached)));
				expect(list.until(isReached)).toEqual(sorted(model.filter((item) => !isReached(item))));
			}
			expect([...list]).toEqual(sorted(model));
		}),
		{ numRuns: 60 },
	);
});

const sorted = (items: readonly number[]) => [...items].sort((a, b) => a - b);

it('takes as long in the middle as at the end, beside a quarter of a million others', () => {
	const list = new SortedList<number>((a, b) => a - b);
	const startedAt = performance.now();
	// From both sides to the middle, and then from the front to the end.
	for (let item = 0; item < 125_000; item++) for (const one of [item, 1_000_000 - item]) list.add(one);
	for (let item = 0; item < 125_000; item++) list.delete(item);
	expect(performance.now() - startedAt).toBeLessThan(5_000);
	expect(list.until((item) => item > 900_000)).toHaveLength(25_000);
});
