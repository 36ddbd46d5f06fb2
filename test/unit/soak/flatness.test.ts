import { flatnessOf, growthFlatnessOf } from '../../soak/flatness';

const tolerance = { relative: 0.05, absolute: 2 };

describe('flatness', () => {
	it('looks at what the middle and the last third come back to, and tells the medians', () => {
		const values = [9, 9, 9, 100, 101, 999, 500, 101, 502];
		expect(flatnessOf(values, tolerance)).toEqual({
			middle: 100,
			last: 101,
			limit: 105,
			isFlat: true,
			medians: { middle: 101, last: 500 },
		});
	});

	it('takes the lowest quarter for it, and no few values', () => {
		const values = [...Array<number>(8).fill(0), ...Array<number>(8).fill(100), 1, 1, ...Array<number>(6).fill(200)];
		expect(flatnessOf(values, tolerance)).toMatchObject({ last: 1, isFlat: true });
		values[16] = 200;
		expect(flatnessOf(values, tolerance)).toMatchObject({ last: 200, isFlat: false });
	});

	it('finds something that grows all the time', () => {
		const values = Array.from({ length: 180 }, (_, index) => 200 + index * 0.3);
		expect(flatnessOf(values, tolerance)).toMatchObject({ isFlat: false });
	});

	it('is not about what shrinks', () => {
		expect(flatnessOf([1, 1, 1, 500, 500, 500, 100, 100, 100], tolerance)).toMatchObject({ isFlat: true });
	});

	it.each([
		['at the limit', 12, true],
		['above the limit', 12.1, false],
	])('takes the larger of the two tolerances: %s', (_case, last, isFlat) => {
		expect(flatnessOf([10, 10, last], tolerance)).toMatchObject({ limit: 12, isFlat });
	});

	it('is not found where nothing was measured', () => {
		expect(flatnessOf([], tolerance)).toMatchObject({ isFlat: false });
	});
});

describe('flatness of what grows with what is put into it', () => {
	const course = (sizePerThing: (third: number) => number) => {
		let size = 4;
		return Array.from({ length: 30 }, (_, index) => {
			size += sizePerThing(Math.floor(index / 10)) * 5;
			return { size, count: index * 5 };
		});
	};

	it('is the same growth for each thing', () => {
		expect(
			growthFlatnessOf(
				course(() => 1.5),
				{ relative: 0.1, absolute: 0 },
			),
		).toMatchObject({
			middle: 1.5,
			last: 1.5,
			isFlat: true,
		});
	});

	it('finds more growth for each thing', () => {
		const growing = course((third) => 1 + third);
		expect(growthFlatnessOf(growing, { relative: 0.1, absolute: 0 })).toMatchObject({
			middle: 2,
			last: 3,
			isFlat: false,
		});
	});

	it('is not found where nothing was put in', () => {
		const resting = Array.from({ length: 9 }, () => ({ size: 10, count: 3 }));
		expect(growthFlatnessOf(resting, tolerance)).toMatchObject({ isFlat: false });
	});
});
