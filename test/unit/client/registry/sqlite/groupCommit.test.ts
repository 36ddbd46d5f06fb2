import { rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Prepare } from '../../../../../client/registry/sqlite/database';
import { GroupCommit } from '../../../../../client/registry/sqlite/groupCommit';
import { openFile, sqliteStore } from '../../../../support/registryFiles';
import type { RegistryStore } from '../../../../support/registryContract';
import { idsOf, recorded, session } from '../../../../support/registrySessions';

const noStatements: Prepare = () => {
	throw new Error('Not used here');
};

const noTime = () => 0;

describe('writes of the same moment', () => {
	let commits: number;
	let now: number;
	let group: GroupCommit;
	beforeEach(() => {
		commits = 0;
		now = 0;
		group = new GroupCommit(
			async (work) => {
				commits++;
				return work(noStatements);
			},
			() => now,
		);
	});

	it('are one transaction, in the order in which they came, and each gets its own result', async () => {
		const order: string[] = [];
		const write = async (name: string) =>
			await group.write(() => {
				order.push(name);
				return `result of ${name}`;
			});

		expect(await Promise.all(['a', 'b', 'c'].map(write))).toEqual(['a', 'b', 'c'].map((name) => `result of ${name}`));
		expect(order).toEqual(['a', 'b', 'c']);
		expect(commits).toBe(1);

		await write('d');
		expect(commits).toBe(2);
	});

	it('include those of all answers that arrived together', async () => {
		const answered = async () => {
			await Promise.resolve();
			await new Promise<void>((resolve) => process.nextTick(resolve));
			await group.write(() => {});
		};
		await Promise.all([group.write(() => {}), answered(), answered()]);
		expect(commits).toBe(1);
	});

	it('are several transactions when they take long, with a turn for others in between, in their order', async () => {
		const order: string[] = [];
		const write = async (name: string, ms: number) =>
			await group.write(() => {
				order.push(name);
				now += ms;
				if (name === 'b') setImmediate(() => order.push('another turn'));
				return name;
			});

		expect(await Promise.all([write('a', 2), write('b', 3), write('c', 1), write('d', 1)])).toEqual([
			'a',
			'b',
			'c',
			'd',
		]);
		expect(order).toEqual(['a', 'b', 'another turn', 'c', 'd']);
		expect(commits).toBe(2);
	});

	it('are committed at once when that is asked for, however long they take', async () => {
		const writes = [1, 2, 3].map(async (n) => await group.write(() => (now += 100 * n)));
		const flushed = group.flush();
		expect(commits).toBe(1);
		await Promise.all([flushed, ...writes]);
	});

	it('are a few transactions when some of them fail', async () => {
		const refuse = () => {
			throw new Error('refused');
		};
		const outcomes = await Promise.allSettled([1, 2, 3, 4].map((n) => group.write(n % 2 === 0 ? refuse : () => n)));
		expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'failed'))).toEqual([
			1,
			'failed',
			3,
			'failed',
		]);
		expect(commits).toBe(3);
	});
});

it('nobody hears that something is written before it is committed', async () => {
	let commit = () => {};
	const group = new GroupCommit(async (work) => {
		const result = work(noStatements);
		await new Promise<void>((resolve) => (commit = resolve));
		return result;
	}, noTime);
	let heard = 0;
	const writes = [1, 2].map(async () => {
		await group.write(() => {});
		heard++;
	});
	await nextTurn();
	await nextTurn();
	expect(heard).toBe(0);

	commit();
	await Promise.all(writes);
	expect(heard).toBe(2);
});

it('what comes while others are being committed waits for them', async () => {
	const order: string[] = [];
	let isFree = () => {};
	const group = new GroupCommit(async (work) => {
		if (order.length === 0) await new Promise<void>((resolve) => (isFree = resolve));
		return work(noStatements);
	}, noTime);
	const first = group.write(() => order.push('first'));
	await nextTurn();
	const second = group.write(() => order.push('second'));
	await nextTurn();
	await nextTurn();
	isFree();
	await Promise.all([first, second]);

	expect(order).toEqual(['first', 'second']);
});

it('when nothing can be committed, everybody hears why', async () => {
	const group = new GroupCommit(async () => {
		throw new Error('the disk is gone');
	}, noTime);
	const outcomes = await Promise.allSettled([group.write(() => 1), group.write(() => 2)]);
	expect(outcomes).toEqual([1, 2].map(() => ({ status: 'rejected', reason: new Error('the disk is gone') })));
});

describe('in a file', () => {
	let store: RegistryStore;
	beforeEach(async () => {
		store = await sqliteStore();
	});
	afterEach(async () => await store.remove());

	it('one session that cannot be recorded harms none of the others', async () => {
		const registry = await openFile(store.place);
		const circular: Record<string, unknown> = {};
		circular['itself'] = circular;
		const sessions = [session('a'), session('bad', { context: circular }), session('c')];

		const outcomes = await Promise.allSettled(sessions.map(async (one) => await registry.record(one)));
		expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		expect(outcomes[1]).toMatchObject({ reason: { name: 'RegistryError' } });
		expect(idsOf(await registry.openSessions(recorded()))).toEqual(['a', 'c']);
		await registry.close();
	});

	it('what was to be written when it is closed is written', async () => {
		const registry = await openFile(store.place);
		const recording = Promise.all([registry.record(session('a')), registry.record(session('b'))]);
		await registry.close();
		await recording;

		const next = await openFile(store.place);
		expect(idsOf(await next.openSessions(recorded()))).toEqual(['a', 'b']);
		await next.close();
	});

	it('what was to be written to a file that is gone when it is closed is refused', async () => {
		const registry = await openFile(store.place);
		await registry.record(session('a'));
		await rm(store.place);
		const outcome = expect(registry.record(session('b'))).rejects.toMatchObject({ name: 'RegistryError' });

		await registry.close();
		await outcome;
	});
});
