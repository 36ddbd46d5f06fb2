import { inTurn } from '../../../../client/streams/inTurn';
import { settle } from '../../../support/fakeClock';

it('runs one after the other, in the order of the calls', async () => {
	const run = inTurn();
	const told: string[] = [];
	const ends: Array<() => void> = [];
	const work = (name: string) => async () => {
		told.push(`${name} begins`);
		await new Promise<void>((resolve) => ends.push(resolve));
		told.push(`${name} ends`);
		return name;
	};
	const results = [run(work('a')), run(work('b'))];
	await settle();
	expect(told).toEqual(['a begins']);

	ends[0]?.();
	await expect(results[0]).resolves.toBe('a');
	await settle();
	expect(told).toEqual(['a begins', 'a ends', 'b begins']);

	ends[1]?.();
	await expect(results[1]).resolves.toBe('b');
});

it('what fails tells who asked for it, and holds up nobody', async () => {
	const run = inTurn();
	const fault = new Error('no');
	const failed = run(async () => {
		throw fault;
	});
	const next = run(async () => 'next');

	await expect(failed).rejects.toBe(fault);
	await expect(next).resolves.toBe('next');
});

it('does not begin before the caller goes on', async () => {
	let hasBegun = false;
	const done = inTurn()(async () => void (hasBegun = true));
	expect(hasBegun).toBe(false);
	await done;
	expect(hasBegun).toBe(true);
});
