import { makeMemoryStore, openMemoryRegistry, type MemoryStore } from '../../../../client/registry/memoryRegistry';
import { RegistryError, type SessionRegistry } from '../../../../client/registry/sessionRegistry';
import { FakeClock } from '../../../support/fakeClock';
import {
	account,
	claim,
	EXPIRY,
	expired,
	expiring,
	idsOf,
	keyOf,
	MINUTE,
	NOW,
	numbered,
	otherAccount,
	recorded,
	session,
	start,
} from '../../../support/registrySessions';

const DAY = 24 * 60 * MINUTE;

let clock: FakeClock;
let warnings: string[];
let store: MemoryStore;
let registry: SessionRegistry;

/** A registry in memory that holds no more than this; its time begins at `NOW`. */
function holding({ sessions = 100_000, characters = 64_000_000 }): void {
	clock = new FakeClock();
	warnings = [];
	const onWarning = (message: string) => warnings.push(message);
	store = makeMemoryStore({ clock, onWarning, limits: { sessions, characters } });
	registry = openMemoryRegistry(store);
}

beforeEach(() => holding({}));

/** @param time in ms since 1970 */
const setTime = (time: number) => clock.jumpWallTime(time - clock.wallTime());
const recordedIds = async () => [
	...idsOf(await registry.openSessions(recorded({ now: 0 }))),
	...idsOf(await registry.openSessions(recorded({ now: 0, account: otherAccount }))),
];
const batch = (id: string, characters = 2) => ({ id, payload: 'p'.repeat(characters) });
const stagedIds = async (sessionId: string) =>
	(await registry.stagedBatches(keyOf(sessionId), 'c')).map(({ id }) => id);

async function refusal(work: Promise<unknown>): Promise<RegistryError> {
	const error: unknown = await work.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	expect(error).toBeInstanceOf(RegistryError);
	return error as RegistryError;
}

it('is closed by each user for itself only', async () => {
	const other = openMemoryRegistry(store);
	await start(registry, session('s'));
	await registry.close();
	expect((await refusal(registry.openSessions(recorded()))).message).toBe('The session registry in memory is closed.');
	expect(idsOf(await other.openSessions(recorded()))).toEqual(['s']);
});

it('gives back all room when nothing is left', async () => {
	await start(registry, session('s', { context: { turn: 1 } }));
	await registry.record(session('s', { context: { turn: 2 } }));
	await registry.record(session('s', { context: { turn: 3 } }));
	await registry.forget(keyOf('s'));
	await start(registry, session('s', { context: { turn: 4 } }));
	await start(registry, session('t', { account: otherAccount }));
	await registry.recordDelivered(keyOf('s'), 'c', ['m', 'm', 'n']);
	await registry.recordDelivered(keyOf('s'), 'c', ['n', 'o']);
	await registry.stage(keyOf('s'), 'c', batch('a'));
	await registry.stage(keyOf('s'), 'c', batch('a'));
	await registry.stage(keyOf('s'), 'c2', batch('b'));
	await registry.recordDelivered(keyOf('s'), 'c2', ['m'], 'b');
	await registry.claimStart(claim('a'), session('u', { context: { turn: 1 } }));
	await registry.settleStart(claim('a'), { aliveUntil: NOW, outcome: '{}' });
	await registry.settleStart(claim('a'), { aliveUntil: NOW, outcome: '{"longer":1}' });
	await registry.claimStart(claim('a', { now: NOW + DAY, expiresAt: NOW + 2 * DAY }));
	await registry.claimStart(claim('b', { startId: 'released' }));
	await registry.settleStart(claim('b', { startId: 'released' }), { aliveUntil: NOW, outcome: '{}' });
	await registry.releaseStart(claim('b', { startId: 'released' }));
	expect(store.characters).toBeGreaterThan(0);

	await registry.prune(EXPIRY + 1, NOW + 2 * DAY);
	expect(store.characters).toBe(0);
});

it('keeps nothing of whoever has staged and taken away', async () => {
	for (const id of numbered(1_000)) {
		await registry.stage(keyOf(id), 'c', batch('b'));
		await registry.recordDelivered(keyOf(id), 'c', [], 'b');
		await registry.recordDelivered(keyOf(id), 'c', [], 'unknown');
	}
	expect(store.characters).toBe(0);
});

describe('without anybody who prunes it', () => {
	it('lets sessions go a week after they expired, and starts at once', async () => {
		await start(registry, session('s'));
		await registry.claimStart(claim('a', { expiresAt: NOW + 1 }));
		setTime(EXPIRY + 7 * DAY);
		await registry.record(session('t', { createdAt: EXPIRY + 7 * DAY }));
		expect(await recordedIds()).toEqual(['s', 't']);

		setTime(EXPIRY + 7 * DAY + 60 * MINUTE);
		await registry.stage(keyOf('t'), 'c', batch('b'));
		expect(await recordedIds()).toEqual(['t']);
		// As a claim finds that has it that it is still early.
		expect(await registry.claimStart(claim('b'))).toBeUndefined();
	});

	it('forgets what was delivered of sessions of others a week after the last of it', async () => {
		await registry.recordDelivered(keyOf('idle'), 'c', ['m']);
		await registry.recordDelivered(keyOf('busy'), 'c', ['m']);
		await registry.recordDelivered(keyOf('busy'), 'idle', ['m']);
		await registry.record(session('ours', { ttlSeconds: (8 * DAY) / 1000 }));
		await registry.recordDelivered(keyOf('ours'), 'c', ['m']);
		setTime(NOW + 5 * DAY);
		await registry.recordDelivered(keyOf('busy'), 'c', ['n']);
		setTime(NOW + 7 * DAY + 60 * MINUTE);
		await registry.recordDelivered(keyOf('new'), 'c', ['m']);

		expect(await registry.deliveredIds(keyOf('idle'), 'c')).toEqual([]);
		expect(await registry.deliveredIds(keyOf('busy'), 'c')).toEqual(['m', 'n']);
		expect(await registry.deliveredIds(keyOf('busy'), 'idle')).toEqual([]);
		expect(await registry.deliveredIds(keyOf('ours'), 'c')).toEqual(['m']);
	});
});

describe('that holds as many sessions as it may', () => {
	const late = { createdAt: EXPIRY, ttlSeconds: 60 };

	beforeEach(() => holding({ sessions: 3 }));

	it('lets those go that expired longest ago, of whatever account, and says so', async () => {
		await start(registry, expiring('b', 2));
		await start(registry, expiring('a', 1, { account: otherAccount }));
		await start(registry, expiring('c', 3));
		await registry.recordDelivered({ account: otherAccount, sessionId: 'a' }, 'c', ['m']);
		setTime(EXPIRY + 2);
		await start(registry, session('d', late));
		expect(await recordedIds()).toEqual(['b', 'c', 'd']);
		expect(await registry.deliveredIds({ account: otherAccount, sessionId: 'a' }, 'c')).toEqual([]);
		await registry.claimStart(claim('o'), session('e', late));
		expect(await recordedIds()).toEqual(['c', 'd', 'e']);
		expect(warnings).toEqual([expect.stringContaining('expired longest ago are dropped')]);

		setTime(EXPIRY + 60 * MINUTE + 2);
		await start(registry, session('f', late));
		expect(warnings).toHaveLength(2);
	});

	it('refuses what is new while none has expired, and changes nothing', async () => {
		for (const id of ['a', 'b', 'c']) await start(registry, session(id));
		const before = await registry.openSessions(recorded());
		const { characters } = store;

		const { message } = await refusal(registry.record(session('d')));
		expect(message).toContain(
			'The session registry in memory is full: it holds 3 sessions, and none that has expired.',
		);
		await refusal(registry.claimStart(claim('o'), session('d')));
		expect(await registry.openSessions(recorded())).toEqual(before);
		expect(store.characters).toBe(characters);
		expect(warnings).toEqual([]);
		// The claim was not made either: whoever asks next may make it.
		expect(await registry.claimStart(claim('p'))).toBeUndefined();
	});

	it('still begins a new life of what it holds', async () => {
		for (const id of ['a', 'b', 'c']) await start(registry, session(id));
		await start(registry, session('a', { context: { turn: 2 } }));
		expect(await registry.claimStart(claim('o'), session('b', { context: { turn: 2 } }))).toBeUndefined();
		await registry.forget(keyOf('a'));
		expect((await recordedIds()).sort()).toEqual(['a', 'b', 'c']);
		await registry.forget(keyOf('a'));
		await start(registry, session('d'));
		expect((await recordedIds()).sort()).toEqual(['b', 'c', 'd']);
	});

	it('keeps those of which something waits to be delivered', async () => {
		for (const id of ['a', 'b', 'c']) await start(registry, session(id));
		for (const id of ['a', 'c']) await registry.stage(keyOf(id), 'c', batch('b'));
		setTime(EXPIRY);
		await start(registry, session('d', late));
		expect(await recordedIds()).toEqual(['a', 'c', 'd']);
		await refusal(registry.record(session('e', late)));
		expect(await stagedIds('a')).toEqual(['b']);
		await registry.recordDelivered(keyOf('a'), 'c', [], 'b');
		await registry.record(session('e', late));
		expect(await recordedIds()).toEqual(['c', 'd', 'e']);
	});
});

describe('that holds as much as it may', () => {
	const LIMIT = 10_000;
	/** JSON text of so many characters. */
	const context = (characters: number) => ({ a: 'x'.repeat(characters - '{"a":""}'.length) });
	const rest = () => LIMIT - store.characters;
	/** Fills what is left with a batch of a session of its own that waits to be delivered. */
	const fill = async (left = 0) => {
		const key = keyOf('filling');
		await registry.stage(key, 'c', batch('small'));
		await registry.stage(key, 'c', batch('large', rest() - 50 - 'large'.length - left));
		expect(rest()).toBe(left);
	};

	beforeEach(() => holding({ characters: LIMIT }));

	it('lets the oldest contexts go first, and says so to whoever asks for them', async () => {
		for (const id of ['a', 'b', 'c']) await start(registry, session(id, { context: context(2_500) }));
		await start(registry, session('empty'));
		setTime(EXPIRY);
		await start(registry, session('d', { context: context(4_000) }));

		expect((await recordedIds()).sort()).toEqual(['a', 'b', 'c', 'd', 'empty']);
		expect((await refusal(registry.contextOf(keyOf('a')))).message).toContain('context of session "a" is not known');
		expect(await registry.contextOf(keyOf('b'))).toEqual(context(2_500));
		expect(await registry.contextOf(keyOf('d'))).toEqual(context(4_000));
		await registry.stage(keyOf('b'), 'c', batch('b', 4_500));
		await refusal(registry.contextOf(keyOf('c')));
		expect(await registry.contextOf(keyOf('empty'))).toEqual({});
		expect(await registry.contextOf(keyOf('unknown'))).toBeUndefined();
		expect(store.characters).toBeLessThanOrEqual(LIMIT);
	});

	it('records a session without its context if that is too large, and leaves those of others', async () => {
		await start(registry, session('s', { context: context(1_000) }));
		await start(registry, session('large', { context: context(LIMIT) }));
		expect(await recordedIds()).toEqual(['s', 'large']);
		expect(await registry.contextOf(keyOf('s'))).toEqual(context(1_000));
		await refusal(registry.contextOf(keyOf('large')));

		await registry.record(session('s', { context: context(LIMIT) }));
		await refusal(registry.contextOf(keyOf('s')));
		await registry.forget(keyOf('s'));
		expect(await registry.contextOf(keyOf('s'))).toEqual(context(1_000));
	});

	it('then lets sessions go that expired longest ago, with what was delivered of them', async () => {
		for (const [index, id] of ['a', 'b'].entries()) {
			await start(registry, expiring(id, index));
			await registry.recordDelivered(keyOf(id), 'c', numbered(40, 'message'));
		}
		setTime(EXPIRY + 1);
		// It is the oldest, but it is the one that goes on.
		await registry.recordDelivered(keyOf('a'), 'c', numbered(100, 'more'));
		expect(await recordedIds()).toEqual(['a']);
		expect(await registry.deliveredIds(keyOf('a'), 'c')).toHaveLength(140);
		expect(warnings).toEqual([expect.stringContaining('expired longest ago are dropped')]);
	});

	it('lets starts go whose time is over, before it takes anything else away', async () => {
		await registry.claimStart(claim('a', { expiresAt: NOW + 10 }), session('s', { context: context(1_000) }));
		await registry.settleStart(claim('a'), { aliveUntil: NOW, outcome: 'o'.repeat(5_000) });
		setTime(NOW + 9);
		await refusal(registry.settleStart(claim('a'), { aliveUntil: NOW, outcome: 'o'.repeat(LIMIT) }));
		expect(await registry.claimStart(claim('b'))).toMatchObject({ outcome: 'o'.repeat(5_000) });

		holding({ characters: LIMIT });
		await registry.claimStart(claim('a', { expiresAt: NOW + 10 }), session('s', { context: context(1_000) }));
		await registry.settleStart(claim('a'), { aliveUntil: NOW, outcome: 'o'.repeat(5_000) });
		setTime(NOW + 10);
		await registry.stage(keyOf('s'), 'c', batch('b', 5_000));
		expect(await registry.contextOf(keyOf('s'))).toEqual(context(1_000));
		expect(await registry.claimStart(claim('b'))).toBeUndefined();
	});

	it('refuses a batch, a claim, an outcome, a session or what was delivered, and changes nothing', async () => {
		await start(registry, session('s'));
		await registry.recordDelivered(keyOf('s'), 'c', ['m']);
		await registry.stage(keyOf('s'), 'c', batch('a'));
		await registry.claimStart(claim('a'));
		await registry.settleStart(claim('a'), { aliveUntil: NOW, outcome: '{}' });
		await fill(10);
		const refused = [
			() => registry.stage(keyOf('s'), 'c', batch('b')),
			() => registry.claimStart(claim('b', { startId: 'other' })),
			() => registry.claimStart(claim('b', { startId: 'other' }), session('t')),
			() => registry.settleStart(claim('a'), { aliveUntil: NOW + 1, outcome: 'o'.repeat(13) }),
			() => registry.record(session('t')),
			() => registry.record(session('s', { context: { turn: 2 } })),
			() => registry.recordDelivered(keyOf('s'), 'c', ['n'], 'unknown'),
			() => registry.recordDelivered(keyOf('t'), 'c', ['n']),
		];
		for (const work of refused) {
			expect((await refusal(work())).message).toMatch(
				/^The session registry in memory is full: there is no room for \d+ characters more, of 10000\. /,
			);
		}

		expect(rest()).toBe(10);
		expect(await recordedIds()).toEqual(['s']);
		expect(await registry.contextOf(keyOf('s'))).toEqual({});
		expect(await stagedIds('s')).toEqual(['a']);
		expect(await registry.deliveredIds(keyOf('s'), 'c')).toEqual(['m']);
		expect(await registry.claimStart(claim('b'))).toMatchObject({ aliveUntil: NOW, outcome: '{}' });
		expect(warnings).toEqual([]);
	});

	it('takes nothing away for what would never fit', async () => {
		await start(registry, session('s', { context: context(1_000) }));
		setTime(EXPIRY);
		await refusal(registry.stage(keyOf('t'), 'c', batch('b', LIMIT)));
		expect(await recordedIds()).toEqual(['s']);
		expect(await registry.contextOf(keyOf('s'))).toEqual(context(1_000));
	});

	it('still takes what needs no room', async () => {
		await start(registry, session('s'));
		await registry.claimStart(claim('a'), session('t'));
		await registry.stage(keyOf('s'), 'c', batch('a', 60));
		await registry.recordDelivered(keyOf('s'), 'c', ['m']);
		await fill();

		await registry.confirm(keyOf('t'));
		await registry.settleStart(claim('a'), { aliveUntil: NOW + 1 });
		await registry.stage(keyOf('s'), 'c', batch('a', 60));
		// What is delivered takes the room of its batch.
		await registry.recordDelivered(keyOf('s'), 'c', ['m', 'n'], 'a');
		expect(await registry.deliveredIds(keyOf('s'), 'c')).toEqual(['m', 'n']);
		expect(idsOf(await registry.claimExpired(expired({ account })))).toEqual(['s', 't']);
		await registry.markReset(keyOf('s'), NOW);
		await registry.forget(keyOf('t'));
		await registry.releaseStart(claim('a'));
		expect(await registry.claimStart(claim('b'))).toBeUndefined();
	});

	it('never holds more, whatever comes', async () => {
		let refusals = 0;
		const attempt = async (work: Promise<unknown>) => {
			await work.catch((error: unknown) => {
				expect(error).toBeInstanceOf(RegistryError);
				refusals++;
			});
			expect(store.characters).toBeLessThanOrEqual(LIMIT);
		};
		for (let turn = 0; turn < 400; turn++) {
			setTime(NOW + turn * MINUTE);
			const id = `s${turn % 70}`;
			const times = { now: clock.wallTime(), expiresAt: clock.wallTime() + 40 * MINUTE };
			const given = session(id, { createdAt: clock.wallTime(), context: context(10 + ((turn * 37) % 900)) });
			await attempt(registry.claimStart(claim('a', { startId: `start${turn}`, ...times }), given));
			const outcome = 'o'.repeat((turn * 53) % 200);
			await attempt(registry.settleStart(claim('a', { startId: `start${turn}` }), { aliveUntil: 0, outcome }));
			await attempt(registry.stage(keyOf(id), 'c', batch(`b${turn}`, (turn * 91) % 300)));
			if (turn % 3 > 0) await attempt(registry.recordDelivered(keyOf(id), 'c', [`m${turn}`], `b${turn}`));
		}
		expect(refusals).toBeGreaterThan(0);
		expect(refusals).toBeLessThan(1_600);
		await registry.prune(NOW + 100 * DAY);
		for (const id of numbered(70)) await registry.recordDelivered(keyOf(id), 'c', []);
		await registry.prune(NOW + 100 * DAY);
		expect(store.characters).toBe(0);
	});
});

it('finds what a cursor left out quickly, beside a hundred thousand others', async () => {
	for (const id of numbered(99_990)) await start(registry, session(id));
	const after = (await registry.openSessions(recorded())).at(-1)?.sequence ?? NaN;
	await start(registry, session('new'));
	const timeOf = async (looks: number, cursor: number) => {
		const startedAt = performance.now();
		let found = 0;
		for (let look = 0; look < looks; look++) {
			found += (await registry.openSessions(recorded({ after: cursor }))).length;
		}
		return { found, ms: performance.now() - startedAt };
	};
	const all = await timeOf(20, 0);
	const late = await timeOf(500, after);
	expect([all.found, late.found]).toEqual([20 * 99_991, 500]);
	expect(late.ms).toBeLessThan(all.ms);
}, 30_000);
