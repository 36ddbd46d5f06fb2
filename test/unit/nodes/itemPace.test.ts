import { ItemPace } from '../../../nodes/shared/itemPace';

/** A turn of the event loop comes when the test says so. */
function turns() {
	let come = () => {};
	const nextTurn = async () => await new Promise<void>((resolve) => (come = resolve));
	const turn = async () => {
		come();
		await new Promise<void>((resolve) => setImmediate(resolve));
	};
	return { nextTurn, turn };
}

it('eight items begin in one go, and the next ones when the process has seen to other things; in order', async () => {
	const { nextTurn, turn } = turns();
	const pace = new ItemPace(nextTurn);
	const begun: number[] = [];
	const all = Array.from({ length: 20 }, async (_, index) => {
		await pace.next();
		begun.push(index);
	});
	const first = (count: number) => Array.from({ length: count }, (_, index) => index);

	await Promise.resolve();
	expect(begun).toEqual(first(8));
	await turn();
	expect(begun).toEqual(first(16));
	await turn();
	await Promise.all(all);
	expect(begun).toEqual(first(20));
});

it('items that begin one by one are not kept waiting for long', async () => {
	let asked = 0;
	const pace = new ItemPace(async () => {
		asked++;
	});
	for (let item = 0; item < 80; item++) await pace.next();
	expect(asked).toBe(9);
});
