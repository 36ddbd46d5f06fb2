import { CallGroup } from '../../../../client/call/callGroup';

/** Something that closes when it is told to. */
class Slow {
	closes = 0;
	isClosed = false;
	finish: () => void = () => {};

	async close(): Promise<void> {
		this.closes++;
		await new Promise<void>((resolve) => (this.finish = resolve));
		this.isClosed = true;
	}
}

const owner = {};

it('keeps one thing for each owner, made at first use', () => {
	const group = new CallGroup();
	const create = jest.fn(() => new Slow());
	const first = group.shared(owner, create);

	expect(group.shared(owner, create)).toBe(first);
	expect(group.shared({}, create)).not.toBe(first);
	expect(create).toHaveBeenCalledTimes(2);
});

it('shares nothing with another group', () => {
	const create = () => new Slow();
	expect(new CallGroup().shared(owner, create)).not.toBe(new CallGroup().shared(owner, create));
});

it('is closed when everything in it is closed', async () => {
	const group = new CallGroup();
	const things = [group.shared({}, () => new Slow()), group.shared({}, () => new Slow())];
	let isClosed = false;
	const closed = group.close().then(() => (isClosed = true));
	expect(things.map(({ closes }) => closes)).toEqual([1, 1]);
	things[0]?.finish();
	await new Promise(setImmediate);
	expect(isClosed).toBe(false);
	things[1]?.finish();
	await closed;

	expect(things.every((thing) => thing.isClosed)).toBe(true);
});

it('may be closed while it is empty', async () => {
	await new CallGroup().close();
});
