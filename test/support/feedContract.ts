import type { RedisConnection } from '../../client/redis/redisConnection';
import { redisFeed } from '../../client/streams/feed/redis/redisFeed';
import { KEPT_ENTRIES, KEPT_IDS } from '../../client/streams/feed/redis/feedScripts';
import type { HeardMessage } from '../../client/streams/heardMessage';
import { BEGINNING, type Exchange, type FeedEntry, type FeedState } from '../../client/streams/feed/sessionFeed';
import type { TestedRedis } from './testedRedis';

const LEASE_IS_OVER_MS = 7_000;

const messageOf = (id: string): HeardMessage => ({ messageId: id, text: `says ${id}`, type: 'bot', timestamp: '' });
const said = (...ids: string[]): FeedEntry[] => ids.map((id) => ({ id, message: messageOf(id) }));

const quiet: Omit<Exchange, 'role'> = {
	name: 'session',
	member: 'm',
	after: BEGINNING,
	brought: BEGINNING,
	entries: [],
	isAwaited: false,
	limit: 0,
};

/** What the feeds of sessions promise, on any Redis. */
export function describeFeedContract(name: string, start: () => Promise<TestedRedis>): void {
	let tested: TestedRedis;
	let redis: RedisConnection;
	let admin: RedisConnection;
	let accounts = 0;
	let account: string;

	beforeAll(async () => {
		tested = await start();
		({ redis, admin } = tested);
	});

	afterAll(async () => await tested.close());

	beforeEach(() => {
		account = `feed-${accounts++}`;
	});

	const open = () => redisFeed(redis, account);
	type Feed = ReturnType<typeof open>;

	async function state(feed: Feed, exchange: Partial<Exchange>): Promise<FeedState> {
		const answer = await feed.exchange({ ...quiet, role: 'holder', ...exchange });
		if (answer === 'lost') throw new Error('lost');
		return answer;
	}

	const idsIn = ({ read }: FeedState) => read.map(({ message }) => message?.messageId);
	const bring = async (feed: Feed, ...ids: string[]) => await state(feed, { entries: said(...ids) });
	const readAll = async (feed: Feed) => idsIn(await state(feed, { role: 'reader', limit: 10_000 }));

	async function keysOf(pattern: string): Promise<string[]> {
		return (await admin.command('KEYS', pattern)) as string[];
	}

	/** As if a process had not been heard of for as long as the lease lasts. */
	async function goSilent(feed: Feed): Promise<void> {
		const now = Number(((await admin.command('TIME')) as string[])[0]) * 1000;
		await admin.command('ZADD', `n8n-nodes-cognigy:{${account}}:feeds:processes`, String(now - 1_000), feed.process);
	}

	describe(`the feed of a session: ${name}`, () => {
		it('what one process brings, another one reads, in order, with all that is known of a message', async () => {
			const [a, b] = [open(), open()];
			const chunk = { ...messageOf('2'), chunk: { answerId: 'x', text: ' t' }, data: { deep: [1, 'ü'] } };
			await state(a, { entries: [...said('1'), { id: '2', message: chunk }, ...said('3')] });
			const { read } = await state(b, { limit: 10 });
			expect(read.map(({ message }) => message)).toEqual([messageOf('1'), chunk, messageOf('3')]);
			expect(read.map(({ place }) => place.position)).toEqual([1, 2, 3]);
		});

		it('it reads on from where it was, as much as it wants', async () => {
			const feed = open();
			await bring(feed, '1', '2', '3');
			const first = await state(feed, { limit: 2 });
			expect(idsIn(first)).toEqual(['1', '2']);
			const after = first.read.at(-1)?.place ?? BEGINNING;
			expect(idsIn(await state(feed, { after, limit: 2 }))).toEqual(['3']);
		});

		it('nothing gets in twice, whoever brings it and however often', async () => {
			const [a, b] = [open(), open()];
			await bring(a, '1', '2');
			expect((await bring(b, '2', '3')).brought).toEqual({ position: 3, id: '3' });
			expect((await bring(a, '1')).brought).toEqual({ position: 1, id: '1' });
			expect(await readAll(a)).toEqual(['1', '2', '3']);
		});

		it('one process holds a session; the next one does once that one leaves', async () => {
			const [a, b] = [open(), open()];
			expect(await state(a, {})).toMatchObject({ isHeld: true, holder: a.process });
			expect(await state(b, {})).toMatchObject({ isHeld: false, holder: a.process });
			expect(await state(a, { name: 'other' })).toMatchObject({ isHeld: true });
			await state(a, { role: 'leaver' });
			expect(await state(b, {})).toMatchObject({ isHeld: true, holder: b.process });
		});

		it('who may not ask lets another one hold', async () => {
			const [a, b] = [open(), open()];
			await state(a, {});
			expect(await state(a, { role: 'reader' })).toMatchObject({ isHeld: false, holder: undefined });
			expect(await state(b, {})).toMatchObject({ isHeld: true });
		});

		it('within a process the newest holds, and that the one before leaves changes nothing', async () => {
			const [a, b] = [open(), open()];
			await state(a, { member: 'old' });
			expect(await state(a, { member: 'new' })).toMatchObject({ isHeld: true });
			await state(a, { member: 'old', role: 'leaver' });
			expect(await state(b, {})).toMatchObject({ isHeld: false, holder: a.process });
		});

		it('a process that was not heard of for a while loses what it holds; what it brings then still gets in', async () => {
			const [a, b] = [open(), open()];
			await bring(a, '1');
			await goSilent(a);
			expect(await state(b, {})).toMatchObject({ isHeld: true });
			expect(await bring(a, '2')).toMatchObject({ isHeld: false, holder: b.process });
			expect(await readAll(b)).toEqual(['1', '2']);
		});

		it('a process that is killed is taken for dead within seconds', async () => {
			const [a, b] = [open(), open()];
			const began = performance.now();
			await state(a, {});
			let holder = (await state(b, {})).holder;
			while (holder === a.process) {
				await b.changes(0);
				({ holder } = await state(b, {}));
				if (performance.now() - began > 60_000) throw new Error('nobody took it over');
				await new Promise((resolve) => setTimeout(resolve, 100));
			}
			expect(holder).toBe(b.process);
			expect((await b.changes(0)).alive.has(a.process)).toBe(false);
			// Not before, or else a busy process would lose what it holds.
			expect(performance.now() - began).toBeGreaterThan(LEASE_IS_OVER_MS / 2);
		});

		it('a guest brings something, and holds and holds up nothing', async () => {
			const [a, b] = [open(), open()];
			expect(await state(a, { role: 'guest', entries: said('1') })).toMatchObject({ holder: undefined, behind: 0 });
			await state(b, {});
			await state(a, { role: 'guest', entries: said('2') });
			expect(await readAll(b)).toEqual(['1', '2']);
		});

		it('tells that somebody in another process waits for what comes, and that this is over', async () => {
			const [a, b] = [open(), open()];
			await state(a, {});
			const { number: before } = await state(b, {});
			expect(await state(b, { isAwaited: true })).toMatchObject({ isAwaited: false });
			const { number, isAwaited } = await state(a, {});
			expect(isAwaited).toBe(true);
			expect((await a.changes(before)).changed).toEqual(new Map([['session', number]]));
			await state(b, {});
			expect([...((await a.changes(number)).changed as Map<string, number>).keys()]).toEqual(['session']);
			expect(await state(a, {})).toMatchObject({ isAwaited: false });
			const again = await state(b, { isAwaited: true });
			await state(b, { role: 'leaver' });
			expect([...((await a.changes(again.number)).changed as Map<string, number>).keys()]).toEqual(['session']);
			await state(b, { isAwaited: true });
			await goSilent(b);
			expect(await state(a, {})).toMatchObject({ isAwaited: false });
		});

		it('tells how far the slowest reader is behind that lives', async () => {
			const [a, b] = [open(), open()];
			await state(b, {});
			const { last } = await bring(a, '1', '2', '3');
			const after = { position: last, id: '3' };
			expect(await state(a, { after })).toMatchObject({ behind: 3 });
			await state(b, { after: { position: 2, id: '2' } });
			expect(await state(a, { after })).toMatchObject({ behind: 1 });
			await goSilent(b);
			expect(await state(a, { after })).toMatchObject({ behind: 0 });
		});

		it('keeps the last for who comes later, and what the slowest has not read', async () => {
			const [a, b] = [open(), open()];
			const ids = Array.from({ length: KEPT_ENTRIES + 300 }, (_, index) => `id-${index}`);
			await state(b, { member: 'slow', after: BEGINNING });
			for (let from = 0; from < ids.length; from += 100) {
				await state(a, { role: 'guest', entries: said(...ids.slice(from, from + 100)) });
			}
			expect(idsIn(await state(b, { member: 'slow', role: 'reader', limit: 10_000 }))).toEqual(ids);
			await state(b, { member: 'slow', role: 'leaver' });
			await state(a, { role: 'guest', entries: said('last') });
			await state(a, { role: 'guest', entries: said('really') });
			await state(a, { role: 'guest', entries: said('end') });
			const kept = idsIn(await state(b, { limit: 10_000 }));
			expect(kept).toEqual([...ids, 'last', 'really', 'end'].slice(-KEPT_ENTRIES));
			// A service that says it all again fills it with nothing old.
			await state(a, { role: 'guest', entries: said(...ids.slice(0, 100)) });
			expect(idsIn(await state(b, { limit: 10_000 }))).toEqual(kept);
		});

		it('ids are forgotten in the end; who was told of one does not take it for a loss', async () => {
			const feed = open();
			const ids = Array.from({ length: KEPT_IDS + 500 }, (_, index) => `id-${index}`);
			const first = await state(feed, { role: 'guest', entries: said(...ids.slice(0, 1)) });
			for (let from = 1; from < ids.length; from += 500) {
				await state(feed, { role: 'guest', entries: said(...ids.slice(from, from + 500)) });
			}
			const known = await feed.ids('session');
			expect(known).toHaveLength(KEPT_IDS);
			expect(known.at(-1)).toBe(ids.at(-1));
			expect(await feed.exchange({ ...quiet, role: 'reader', brought: first.brought ?? BEGINNING })).not.toBe('lost');
		});

		it('tells that what was read or brought is lost, and does nothing then', async () => {
			const feed = open();
			const { last } = await bring(feed, '1', '2');
			const place = { position: last, id: '2' };
			expect(await feed.exchange({ ...quiet, role: 'reader', after: place, brought: place })).not.toBe('lost');
			for (const key of await keysOf(`*{${account}}*`)) await admin.command('DEL', key);
			expect(await feed.exchange({ ...quiet, role: 'holder', after: place, entries: said('3') })).toBe('lost');
			expect(await feed.exchange({ ...quiet, role: 'holder', brought: place, entries: said('3') })).toBe('lost');
			// Others have written in the place of it.
			await bring(open(), '4', '5', '6');
			expect(await feed.exchange({ ...quiet, role: 'reader', after: place })).toBe('lost');
			expect(await readAll(feed)).toEqual(['4', '5', '6']);
		});

		it('tells which sessions changed since, and that nobody knows after a silence or a loss', async () => {
			const [a, b] = [open(), open()];
			expect((await b.changes(-1)).changed).toBe('all');
			await state(b, { name: 'one' });
			await state(b, { name: 'two', role: 'reader' });
			const { number } = await b.changes(0);
			const { number: newest } = await state(a, { name: 'one', entries: said('1') });
			const changes = await b.changes(number);
			expect(changes).toMatchObject({ number: newest, changed: new Map([['one', newest]]) });
			expect([...changes.alive].sort()).toEqual([a.process, b.process].sort());
			expect((await b.changes(newest)).changed).toEqual(new Map());
			await goSilent(b);
			expect((await b.changes(newest)).changed).toBe('all');
			for (const key of await keysOf(`*{${account}}*`)) await admin.command('DEL', key);
			expect((await b.changes(newest)).changed).toBe('all');
		});

		it('what a session becomes free of is a change', async () => {
			const [a, b] = [open(), open()];
			await state(a, {});
			await state(b, {});
			const { number } = await b.changes(0);
			await state(a, { role: 'leaver' });
			expect([...((await b.changes(number)).changed as Map<string, number>).keys()]).toEqual(['session']);
		});

		it('what nobody can read is passed over', async () => {
			const feed = open();
			await bring(feed, '1');
			const [key = ''] = await keysOf(`*{${account}}*:entries`);
			await admin.command('ZADD', key, '2', '2:no JSON');
			await admin.command('HSET', key.replace(/:entries$/, ''), 'last', '2');
			const { read } = await state(feed, { limit: 10 });
			expect(read.map(({ message }) => message?.messageId)).toEqual(['1', undefined]);
			expect(await feed.exchange({ ...quiet, role: 'reader', after: read.at(-1)?.place ?? BEGINNING })).not.toBe(
				'lost',
			);
		});

		it('all keys are of the account and begin as all ours do, tell no name, and do not stay', async () => {
			const feed = open();
			await state(feed, { name: 'endpoint-token-1234', entries: said('1') });
			await feed.changes(0);
			const all = await keysOf(`*{${account}}*`);
			expect(all.length).toBeGreaterThan(5);
			for (const key of all) {
				expect(key.startsWith(`n8n-nodes-cognigy:{${account}}:feed`)).toBe(true);
				expect(key).not.toContain('1234');
				expect(Number(await admin.command('PTTL', key))).toBeGreaterThan(30 * 60_000);
			}
		});
	});
}
