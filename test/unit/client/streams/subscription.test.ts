import { pulled, Subscription } from '../../../../client/streams/subscription';
import { settle } from '../../../support/fakeClock';

let left: number;
let subscription: Subscription<string>;

beforeEach(() => {
	left = 0;
	subscription = new Subscription(() => left++);
});

/** What is read, as it comes. */
function readAll(source: AsyncIterable<string>) {
	const state = { items: [] as string[], isOver: false, error: undefined as unknown };
	const read = async () => {
		for await (const item of source) state.items.push(item);
		state.isOver = true;
	};
	return { state, done: read().catch((error: unknown) => (state.error = error)) };
}

it('gives what is pushed in order, to a reader that is late or that waits', async () => {
	subscription.push('a');
	subscription.push('b');
	const { state } = readAll(subscription);
	await settle();
	expect(state.items).toEqual(['a', 'b']);

	subscription.push('c');
	subscription.push('d');
	await settle();
	expect(state).toMatchObject({ items: ['a', 'b', 'c', 'd'], isOver: false });
});

it('its end lets the reader read what waits, and nothing that comes later', async () => {
	subscription.push('a');
	subscription.push('b');
	subscription.end();
	subscription.push('c');
	const { state, done } = readAll(subscription);
	await done;

	expect(state).toMatchObject({ items: ['a', 'b'], isOver: true });
});

it('its end wakes a reader that waits', async () => {
	const { state, done } = readAll(subscription);
	await settle();
	subscription.end();
	await done;

	expect(state).toMatchObject({ items: [], isOver: true });
});

it('an end that is a fault is thrown once, after what waits', async () => {
	subscription.push('a');
	subscription.end(new Error('broke'));
	const { state, done } = readAll(subscription);
	await done;

	expect(state).toMatchObject({ items: ['a'], isOver: false, error: new Error('broke') });
	expect(await subscription.next()).toEqual({ done: true, value: undefined });
});

it('a reader that leaves drops what waits', async () => {
	subscription.push('a');
	expect(await subscription.return()).toEqual({ done: true, value: undefined });

	expect(await subscription.next()).toEqual({ done: true, value: undefined });
});

it('a reader that breaks off its loop has left', async () => {
	subscription.push('a');
	subscription.push('b');
	for await (const item of subscription) {
		expect(item).toBe('a');
		break;
	}

	expect(left).toBe(1);
	expect(await subscription.next()).toMatchObject({ done: true });
});

describe('what is pulled of a reading', () => {
	let stop: AbortController;
	let begun: number;
	let push: (item: string) => void;
	let end: (error?: Error) => void;
	let signals: AbortSignal[];

	beforeEach(() => {
		stop = new AbortController();
		begun = 0;
		signals = [];
	});

	const pull = () =>
		pulled<string>(async (given, signal) => {
			begun++;
			push = given;
			signals.push(signal);
			await new Promise<void>((resolve, reject) => {
				end = (error) => (error ? reject(error) : resolve());
				signal.addEventListener('abort', () => resolve(), { once: true });
			});
		}, stop.signal);

	it('begins when somebody asks for it, and ends with it', async () => {
		const batches = pull();
		await settle();
		expect(begun).toBe(0);
		const { state, done } = readAll(batches);
		await settle();
		push('a');
		end();
		await done;
		expect(state).toMatchObject({ items: ['a'], isOver: true });
	});

	it('is over at once when its signal aborts, with what waits', async () => {
		const batches = pull();
		const first = batches.next();
		await settle();
		push('a');
		push('b');
		expect(await first).toEqual({ done: false, value: 'a' });
		stop.abort();
		expect(await batches.next()).toEqual({ done: true, value: undefined });
	});

	it('ends the reading when the reader breaks off', async () => {
		const batches = pull();
		const first = batches.next();
		await settle();
		push('a');
		await first;
		await batches.return();
		expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
	});

	it('throws what the reading throws', async () => {
		const { state, done } = readAll(pull());
		await settle();
		end(new Error('broke'));
		await done;
		expect(state).toMatchObject({ isOver: false, error: new Error('broke') });
	});
});
