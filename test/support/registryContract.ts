import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
	RegistryError,
	type NewSession,
	type SessionKey,
	type SessionRegistry,
	type StagedPage,
	type StartClaim,
} from '../../client/registry/sessionRegistry';
import type { RegistryDifference } from '../editions/registryDifferences';
import { bundleRegistryWorker, RegistryHandle, RegistryProcess, type RegistryUser } from './registryProcesses';
import {
	account,
	claim,
	expired,
	expiring,
	EXPIRY,
	idsOf,
	keyOf,
	MINUTE,
	NOW,
	numbered,
	open,
	otherAccount,
	recorded,
	session,
	start,
	withoutContext,
} from './registrySessions';

/** One store, empty at first. */
export interface RegistryStore {
	/** For other processes: a file, a URL, or `memory`, of which each has one of its own. */
	place: string;
	/** A registry over connections of its own, as another process would have it. */
	open(): Promise<SessionRegistry>;
	remove(): Promise<void>;
	/** How many sessions count as very many; by default a hundred thousand. */
	readonly veryMany?: number;
}

const strangeTexts = [
	' ',
	"it's",
	'"quoted"',
	'back\\slash',
	'a/b?c#d%20',
	'{curly}:[square]*',
	'Größe ✓ 日本語 🚀',
	'line\nbreak\ttab\u0000nul',
	"'; DROP TABLE sessions; --",
	'__proto__',
	'count',
	'x'.repeat(5_000),
];

/**
 * What every `SessionRegistry` must do, whatever store is behind it.
 * @param differences what this one does not do; for each there is a test of what happens instead
 */
export function describeRegistryContract(
	name: string,
	makeStore: () => Promise<RegistryStore>,
	differences: readonly RegistryDifference[] = [],
): void {
	describe(`the registry contract: ${name}`, () => {
		let store: RegistryStore;
		let registry: SessionRegistry;

		beforeEach(async () => {
			store = await makeStore();
			registry = await store.open();
		});
		afterEach(async () => {
			await registry.close();
			await store.remove();
		});

		const startAll = async (sessions: readonly NewSession[]) => {
			for (const one of sessions) await start(registry, one);
		};
		const sequenceOf = async (sessionId: string, of = account) => {
			const sessions = await registry.openSessions(recorded({ account: of }));
			return sessions.find((one) => one.sessionId === sessionId)?.sequence ?? NaN;
		};
		/** Ends the life that the session has now. */
		const markEnded = async (key: SessionKey) =>
			await registry.markEnded({ ...key, sequence: await sequenceOf(key.sessionId, key.account) }, NOW);
		const openIds = async (changes?: Parameters<typeof open>[0]) => idsOf(await registry.openSessions(open(changes)));
		const claimedIds = async (changes?: Parameters<typeof expired>[0]) =>
			idsOf(await registry.claimExpired(expired(changes)));
		const deliveredIds = async (sessionId: string, consumer: string) =>
			(await registry.deliveredIds(keyOf(sessionId), consumer)).sort();

		describe('a session that was started', () => {
			it('is open, with all that was recorded', async () => {
				const context = { text: 'Größe 🚀\u0000', list: [1, null, { 'a b': '"' }], empty: {}, none: [], big: 2 ** 53 };
				const given = session('s', {
					context,
					botId: 'b',
					flowId: 'f',
					userId: 'u',
					createdAt: NOW,
					ttlSeconds: 90,
				});
				await start(registry, given);

				const sessions = await registry.openSessions(open());
				const listed = { ...withoutContext(given), expiresAt: NOW + 90_000, sequence: expect.any(Number) };
				expect(sessions).toEqual([listed]);
				expect(sessions[0]?.sequence).toBeGreaterThan(0);
				expect(await registry.contextOf(keyOf('s'))).toEqual(context);
			});

			it('stays as it was recorded, whatever becomes of what was given or got', async () => {
				const given = session('s', { context: { list: [1], date: new Date(NOW), none: undefined } });
				await start(registry, given);
				given.botId = 'changed';
				(given.context['list'] as number[]).push(2);
				const context = { list: [1], date: '2026-01-31T12:00:00.000Z' };
				expect(await registry.contextOf(keyOf('s'))).toEqual(context);

				const got = await registry.contextOf(keyOf('s'));
				(got?.['list'] as number[]).push(3);
				for (const one of await registry.openSessions(open())) one.flowId = 'changed';
				for (const one of await registry.claimExpired(expired())) one.expiresAt = 0;
				expect(await registry.contextOf(keyOf('s'))).toEqual(context);
				expect(await registry.openSessions(open())).toMatchObject([
					{ botId: 'bot', flowId: 'flow', expiresAt: EXPIRY },
				]);
			});

			it('is there for others too', async () => {
				await start(registry, session('s'));
				const other = await store.open();

				expect(idsOf(await other.openSessions(open()))).toEqual(['s']);
				await other.close();
			});

			it('keeps its context, whatever becomes of others', async () => {
				await startAll([session('s', { context: { of: 's' } }), session('t', { context: { of: 't' } }), session('u')]);
				await registry.forget(keyOf('t'));
				await registry.record(session('u', { context: { of: 'u' }, ttlSeconds: 9_999 }));
				expect(await registry.contextOf(keyOf('s'))).toEqual({ of: 's' });
				expect(await registry.contextOf(keyOf('t'))).toBeUndefined();
				expect(await registry.contextOf(keyOf('u'))).toEqual({ of: 'u' });

				await registry.record(session('u', { ttlSeconds: 9_999 }));
				expect(await registry.contextOf(keyOf('u'))).toEqual({});
				await registry.forget(keyOf('u'));
				expect(await registry.contextOf(keyOf('u'))).toEqual({ of: 'u' });
				await registry.prune(EXPIRY + 1);
				expect(await registry.contextOf(keyOf('s'))).toBeUndefined();
				expect(await registry.contextOf(keyOf('u'))).toEqual({ of: 'u' });
				expect(await registry.contextOf({ account: otherAccount, sessionId: 'u' })).toBeUndefined();
			});

			it('may live for a fraction of a second', async () => {
				await start(registry, session('s', { ttlSeconds: 0.0125 }));

				expect(await registry.openSessions(open())).toMatchObject([{ ttlSeconds: 0.0125, expiresAt: NOW + 12.5 }]);
				expect(await openIds({ now: NOW + 12 })).toEqual(['s']);
				expect(await openIds({ now: NOW + 13 })).toEqual([]);
			});

			it('may have a context that is nested deeply', async () => {
				let context: Record<string, unknown> = {};
				for (let depth = 0; depth < 1_500; depth++) context = { context };
				await start(registry, session('s', { context }));

				expect(await registry.contextOf(keyOf('s'))).toEqual(context);
			});

			it.each(strangeTexts.map((text) => [text.slice(0, 30), text]))('may have ids like %j', async (_, text = '') => {
				await start(registry, session(text, { botId: text, flowId: text, userId: text }));
				await start(registry, session('other'));

				expect(await registry.openSessions(open({ botId: text, flowId: text }))).toMatchObject([
					{ sessionId: text, botId: text, flowId: text, userId: text },
				]);
				expect(await claimedIds({ botId: text })).toEqual([text]);
				await registry.releaseClaim(keyOf(text));
				await markEnded(keyOf(text));
				expect(await openIds()).toEqual(['other']);
				await registry.recordDelivered(keyOf(text), text, [text, 'm']);
				expect(await deliveredIds(text, text)).toEqual([text, 'm'].sort());
				expect(await claimedIds({ botId: text })).toEqual([text]);
				await registry.markReset(keyOf(text), NOW);
				await registry.forget(keyOf(text));
				await start(registry, session(text));
				expect(await openIds()).toEqual(['other', text]);
			});
		});

		describe('the open sessions', () => {
			it('are the oldest first, in the order in which they were started', async () => {
				await startAll([session('c'), session('a', { createdAt: NOW - 1 }), session('b', { ttlSeconds: 10 })]);
				expect(await openIds()).toEqual(['c', 'a', 'b']);
			});

			it('are no longer those that have expired', async () => {
				await startAll([session('s'), session('longer', { ttlSeconds: 1801 })]);

				expect(await openIds({ now: EXPIRY - 1 })).toEqual(['s', 'longer']);
				expect(await openIds({ now: EXPIRY })).toEqual(['longer']);
				expect(await openIds({ now: EXPIRY + 1_000 })).toEqual([]);
			});

			it('are no longer those that have ended', async () => {
				await startAll([session('s'), session('t')]);
				await markEnded(keyOf('s'));
				expect(await openIds()).toEqual(['t']);
			});

			it('are still those that were reset: they may go on', async () => {
				await start(registry, session('s'));
				await registry.markReset(keyOf('s'), NOW);
				expect(await openIds()).toEqual(['s']);
			});

			it('can be those of one bot, of one flow, and of both', async () => {
				await startAll([
					session('s1', { botId: 'b1', flowId: 'f1' }),
					session('s2', { botId: 'b1', flowId: 'f2' }),
					session('s3', { botId: 'b2', flowId: 'f1' }),
				]);

				expect(await openIds({ botId: 'b1' })).toEqual(['s1', 's2']);
				expect(await openIds({ flowId: 'f1' })).toEqual(['s1', 's3']);
				expect(await openIds({ botId: 'b2', flowId: 'f1' })).toEqual(['s3']);
				expect(await openIds({ botId: 'b2', flowId: 'f2' })).toEqual([]);
				expect(await openIds({ botId: undefined, flowId: undefined })).toHaveLength(3);
			});

			it('can be those that came after another one', async () => {
				await startAll(numbered(5).map((id) => session(id)));
				const sessions = await registry.openSessions(open());

				expect(await openIds({ after: sessions[2]?.sequence })).toEqual(['s3', 's4']);
				expect(await openIds({ after: sessions[4]?.sequence })).toEqual([]);
				await markEnded(keyOf('s3'));
				await start(registry, session('s5', { ttlSeconds: 60 }));
				expect(await openIds({ after: sessions[2]?.sequence })).toEqual(['s4', 's5']);
				expect(await openIds({ after: sessions[2]?.sequence, now: NOW + MINUTE })).toEqual(['s4']);
			});

			it('follow each other in one sequence, also after the latest was deleted', async () => {
				await startAll([session('s'), session('t')]);
				const latest = (await registry.openSessions(open())).at(-1)?.sequence ?? NaN;
				await registry.forget(keyOf('t'));
				await start(registry, session('u'));
				expect(await openIds({ after: latest })).toEqual(['u']);

				expect(await registry.prune(EXPIRY + 1)).toBe(2);
				await start(registry, session('v'));
				expect(await openIds({ after: latest })).toEqual(['v']);
			});
		});

		describe('a session that is not confirmed', () => {
			it('is not open, also not for a cursor', async () => {
				await start(registry, session('first'));
				const after = await sequenceOf('first');
				await registry.record(session('s', { createdAt: 0.5 }));

				expect(await openIds()).toEqual(['first']);
				expect(await openIds({ after })).toEqual([]);
				expect(await openIds({ botId: 'bot', flowId: 'flow' })).toEqual(['first']);
			});

			it('is open once it is confirmed, with all that was recorded', async () => {
				const given = session('s', { context: { a: [1] }, ttlSeconds: 90 });
				await registry.record(given);
				const sequence = await sequenceOf('s');
				await registry.confirm(keyOf('s'));

				const sessions = await registry.openSessions(open());
				const listed = { ...withoutContext(given), expiresAt: NOW + 90_000, sequence: expect.any(Number) };
				expect(sessions).toEqual([listed]);
				expect(sessions[0]?.sequence).toBeGreaterThan(sequence);
				expect(await registry.contextOf(keyOf('s'))).toEqual({ a: [1] });
			});

			it('is found with a cursor that went past it before it was confirmed', async () => {
				await registry.record(session('s'));
				await start(registry, session('t'));
				const after = await sequenceOf('t');
				expect(after).toBeGreaterThan(await sequenceOf('s'));
				expect(await openIds({ after })).toEqual([]);
				await registry.confirm(keyOf('s'));

				expect(await openIds({ after })).toEqual(['s']);
				expect(await openIds()).toEqual(['t', 's']);
				await start(registry, session('u'));
				expect(await openIds({ after })).toEqual(['s', 'u']);
			});

			it('comes after all that were confirmed before it, in whatever order they were recorded', async () => {
				for (const id of ['a', 'b', 'c']) await registry.record(session(id));
				let after = await sequenceOf('c');
				for (const [index, id] of ['c', 'a', 'b'].entries()) {
					await registry.confirm(keyOf(id));
					expect(await openIds()).toEqual(['c', 'a', 'b'].slice(0, index + 1));
					expect(await openIds({ after })).toEqual([id]);
					expect(await sequenceOf(id)).toBeGreaterThan(after);
					after = await sequenceOf(id);
				}
				await registry.record(session('d'));
				expect(await sequenceOf('d')).toBeGreaterThan(after);
			});

			it('is open nevertheless when it was recorded long ago', async () => {
				await startAll([session('t', { createdAt: NOW + MINUTE })]);
				await registry.record(session('s', { createdAt: NOW + 0.25 }));
				const after = await sequenceOf('t');

				expect(await openIds({ unconfirmedUntil: NOW })).toEqual(['t']);
				expect(await openIds({ unconfirmedUntil: NOW + 0.2, after })).toEqual([]);
				expect(await openIds({ unconfirmedUntil: NOW + 0.25 })).toEqual(['t', 's']);
				expect(await openIds({ unconfirmedUntil: NOW + 1, after })).toEqual(['s']);
				expect(await openIds({ unconfirmedUntil: NOW + 1, flowId: 'other' })).toEqual([]);
				expect(await openIds({ unconfirmedUntil: EXPIRY, now: EXPIRY + 1 })).toEqual(['t']);
			});

			it('can be confirmed late: it is found anew', async () => {
				await registry.record(session('s'));
				const after = await sequenceOf('s');
				expect(await openIds({ unconfirmedUntil: NOW, after })).toEqual([]);
				await registry.confirm(keyOf('s'));
				expect(await openIds({ unconfirmedUntil: NOW, after })).toEqual(['s']);
			});

			it('is open once it is confirmed, also if somebody found before that it had ended', async () => {
				await registry.record(session('s'));
				await markEnded(keyOf('s'));
				expect(await openIds({ unconfirmedUntil: NOW })).toEqual([]);
				await registry.confirm(keyOf('s'));
				expect(await openIds()).toEqual(['s']);
			});

			it('stays as it is when it is confirmed again', async () => {
				await startAll([session('s'), session('t'), session('ended')]);
				await markEnded(keyOf('ended'));
				const before = await registry.openSessions(open());
				for (const id of ['s', 'ended']) await registry.confirm(keyOf(id));
				expect(await registry.openSessions(open())).toEqual(before);
			});

			it('is claimed when it has expired, confirmed meanwhile or not', async () => {
				await registry.record(session('s'));
				expect(await claimedIds({ now: EXPIRY - 1 })).toEqual([]);
				expect(await claimedIds({ botId: 'bot' })).toEqual(['s']);
				await registry.confirm(keyOf('s'));
				expect(await claimedIds()).toEqual([]);
				await registry.releaseClaim(keyOf('s'));
				expect(await claimedIds()).toEqual(['s']);
				await registry.markReset(keyOf('s'), NOW);

				await registry.record(session('reset'));
				await registry.markReset(keyOf('reset'), NOW);
				await registry.confirm(keyOf('reset'));
				expect(await claimedIds()).toEqual([]);
			});

			it('is pruned as others are', async () => {
				await registry.record(session('s'));
				expect(await registry.prune(EXPIRY + 1)).toBe(1);
				await registry.confirm(keyOf('s'));
				expect(await registry.openSessions(recorded())).toEqual([]);
			});

			it('is another one than that of another account', async () => {
				const theirs = session('s', { account: otherAccount });
				await registry.record(session('s'));
				await registry.record(theirs);
				await registry.confirm(theirs);

				expect(await openIds()).toEqual([]);
				expect(await openIds({ account: otherAccount })).toEqual(['s']);
			});

			it.each(strangeTexts.map((text) => [text.slice(0, 30), text]))('may have ids like %j', async (_, text = '') => {
				await registry.record(session(text));
				expect(await openIds()).toEqual([]);
				expect(await openIds({ unconfirmedUntil: NOW })).toEqual([text]);
				await registry.confirm(keyOf(text));
				expect(await openIds()).toEqual([text]);
			});
		});

		describe('a start', () => {
			/** What others are told of a claim. */
			const told = ({ fingerprint, origin, sessionId, aliveUntil }: StartClaim) => {
				return { fingerprint, origin, sessionId, aliveUntil };
			};

			it('is claimed by whoever comes first; others are told what is known of it', async () => {
				const first = claim('a', { origin: 'o', sessionId: 's' });
				expect(await registry.claimStart(first)).toBeUndefined();

				const other = await store.open();
				expect(await registry.claimStart(claim('b', { fingerprint: 'other' }))).toEqual(told(first));
				expect(await other.claimStart(claim('c', { sessionId: 't' }))).toEqual(told(first));
				expect(await registry.claimStart(claim('b', { startId: 'another' }))).toBeUndefined();
				expect(await registry.claimStart(claim('b', { account: otherAccount }))).toBeUndefined();
				await other.close();
			});

			it('stays with its owner, should that ask again: its answer may have got lost', async () => {
				await start(registry, session('s', { context: { turn: 1 } }));
				const first = claim('a', { sessionId: 's' });
				for (const aliveUntil of [first.aliveUntil, first.aliveUntil + 1]) {
					const turn = session('s', { context: { turn: 2 } });
					expect(await registry.claimStart({ ...first, aliveUntil }, turn)).toBeUndefined();
				}
				expect(await registry.claimStart(claim('b'))).toEqual(told(first));
				await registry.forget(keyOf('s'));
				expect(await registry.contextOf(keyOf('s'))).toEqual({ turn: 1 });
			});

			it('is claimed once, however many ask at the same moment over several connections', async () => {
				const others = await Promise.all([store.open(), store.open(), store.open()]);
				const all = [registry, ...others];
				for (const startId of numbered(20)) {
					const claims = numbered(12).map(async (owner, index) => {
						const given = claim(owner, { startId, sessionId: owner });
						return await all[index % all.length]?.claimStart(given, session(owner));
					});
					const answers = await Promise.all(claims);
					const owners = numbered(12).filter((_, index) => answers[index] === undefined);
					expect(owners).toHaveLength(1);
					expect(new Set(answers.map((answer) => answer?.sessionId ?? owners[0]))).toEqual(new Set(owners));
				}
				await Promise.all(others.map(async (other) => await other.close()));
			});

			it('is settled by its owner, with what came of it and without', async () => {
				const first = claim('a');
				await registry.claimStart(first);
				await registry.settleStart(first, { aliveUntil: NOW + 5 });
				expect(await registry.claimStart(claim('b'))).toEqual({ ...told(first), aliveUntil: NOW + 5 });
				await registry.settleStart(first, { aliveUntil: NOW, outcome: '{"a":1}' });
				const settled = { ...told(first), aliveUntil: NOW, outcome: '{"a":1}' };
				expect(await registry.claimStart(claim('b'))).toEqual(settled);
				await registry.settleStart(first, { aliveUntil: NOW + 7 });
				expect(await registry.claimStart(claim('b'))).toEqual({ ...settled, aliveUntil: NOW + 7 });
				await registry.settleStart(first, { aliveUntil: NOW, outcome: '{"a":2}' });
				expect(await registry.claimStart(claim('b'))).toEqual({ ...settled, outcome: '{"a":2}' });
			});

			it('stays as it was claimed, whatever becomes of what was given or got', async () => {
				const first = claim('a');
				await registry.claimStart(first);
				const before = told(first);
				Object.assign(first, { owner: 'changed', fingerprint: 'changed' });
				Object.assign((await registry.claimStart(claim('b'))) ?? {}, { sessionId: 'changed', outcome: '{}' });
				expect(await registry.claimStart(claim('b'))).toEqual(before);
				expect(await registry.claimStart(claim('a'))).toBeUndefined();
			});

			it('is neither settled nor released by anybody else', async () => {
				const first = claim('a');
				await registry.claimStart(first);
				for (const other of [claim('b'), claim('a', { account: otherAccount }), claim('a', { startId: 'other' })]) {
					await registry.settleStart(other, { aliveUntil: NOW, outcome: '{}' });
					await registry.releaseStart(other);
				}
				expect(await registry.claimStart(claim('c'))).toEqual(told(first));
				expect(await registry.claimStart(claim('c', { startId: 'other' }))).toBeUndefined();
			});

			it('is free again once its owner releases it, and nothing is left of what was known', async () => {
				const first = claim('a');
				await registry.claimStart(first);
				await registry.settleStart(first, { aliveUntil: NOW, outcome: '{}' });
				await registry.releaseStart(first);
				await registry.settleStart(first, { aliveUntil: NOW, outcome: '{}' });

				const second = claim('b', { fingerprint: 'g' });
				expect(await registry.claimStart(second)).toBeUndefined();
				await registry.settleStart(first, { aliveUntil: NOW, outcome: '{}' });
				await registry.releaseStart(first);
				expect(await registry.claimStart(claim('c'))).toEqual(told(second));
			});

			it('can be claimed anew once it has expired', async () => {
				// Redis looks at its own clock, and SQLite at ours.
				const keptMs = 1_000;
				const first = claim('a', { expiresAt: NOW + keptMs });
				await registry.claimStart(first);
				await registry.settleStart(first, { aliveUntil: NOW, outcome: '{}' });
				expect(await registry.claimStart(claim('b', { now: NOW + keptMs - 1 }))).toMatchObject({ outcome: '{}' });
				await sleep(keptMs + 20);
				const second = claim('b', { now: NOW + keptMs, fingerprint: 'g' });
				expect(await registry.claimStart(second, session('s'))).toBeUndefined();
				await registry.settleStart(first, { aliveUntil: NOW, outcome: '{}' });
				await registry.releaseStart(first);
				expect(await registry.claimStart(claim('c', { now: NOW + keptMs }))).toEqual(told(second));
				expect(await openIds({ unconfirmedUntil: NOW })).toEqual(['s']);
			});

			it('is kept as long as its claim says, however often it is settled', async () => {
				const first = claim('a', { expiresAt: NOW + 300 });
				await registry.claimStart(first, session('s'));
				for (let turn = 0; turn < 4; turn++) {
					await sleep(80);
					await registry.settleStart(first, { aliveUntil: NOW + 30_000 });
				}
				expect(await registry.claimStart(claim('b', { now: NOW + 300 }))).toBeUndefined();
			});

			it('is recorded with its session in one step', async () => {
				const given = session('s', { context: { of: 's' }, ttlSeconds: 90 });
				expect(await registry.claimStart(claim('a'), given)).toBeUndefined();
				expect(await openIds()).toEqual([]);
				const listed = { ...withoutContext(given), expiresAt: NOW + 90_000, sequence: expect.any(Number) };
				expect(await registry.openSessions(open({ unconfirmedUntil: NOW }))).toEqual([listed]);
				await registry.confirm(keyOf('s'));
				expect(await openIds()).toEqual(['s']);
				expect(await registry.contextOf(keyOf('s'))).toEqual({ of: 's' });
				expect(await registry.prune(EXPIRY + 1)).toBe(1);
			});

			it('of a session that was there before begins its next life, which can be taken back', async () => {
				await start(registry, session('s', { context: { turn: 1 } }));
				await registry.claimStart(claim('a', { sessionId: 's' }), session('s', { context: { turn: 2 }, flowId: 'f2' }));
				expect(await openIds()).toEqual([]);
				expect(await registry.contextOf(keyOf('s'))).toEqual({ turn: 2 });
				await registry.forget(keyOf('s'));
				expect(await registry.openSessions(open())).toMatchObject([{ sessionId: 's', flowId: 'flow' }]);
				expect(await registry.contextOf(keyOf('s'))).toEqual({ turn: 1 });
			});

			it('that somebody else has changes no session', async () => {
				await start(registry, session('s', { context: { turn: 1 } }));
				const before = await registry.openSessions(open());
				await registry.claimStart(claim('a'));
				expect(await registry.claimStart(claim('b'), session('s', { context: { turn: 2 } }))).toBeDefined();
				expect(await registry.claimStart(claim('b'), session('new'))).toBeDefined();
				expect(await registry.openSessions(recorded())).toEqual(before);
				expect(await registry.contextOf(keyOf('s'))).toEqual({ turn: 1 });
				await registry.forget(keyOf('s'));
				expect(await registry.openSessions(recorded())).toEqual([]);
			});

			it('is forgotten when its time is over, and no session with it', async () => {
				const kept = claim('a', { startId: 'kept' });
				await registry.claimStart(kept, session('s'));
				// More than go in one batch.
				await Promise.all(
					numbered(450).map((startId) => registry.claimStart(claim('a', { startId, expiresAt: NOW + 1 }))),
				);
				expect(await registry.prune(NOW, NOW + 1)).toBe(0);
				await sleep(5);
				const free = numbered(450).map((startId) => registry.claimStart(claim('b', { startId, now: NOW })));
				expect((await Promise.all(free)).filter((known) => known !== undefined)).toEqual([]);
				expect(await registry.claimStart(claim('b', { startId: 'kept' }))).toEqual(told(kept));
				expect(await openIds({ unconfirmedUntil: NOW })).toEqual(['s']);
			});

			it.each(strangeTexts.map((text) => [text.slice(0, 30), text]))('may have texts like %j', async (_, text = '') => {
				const first = claim(text, { startId: text, fingerprint: text, origin: text, sessionId: text });
				expect(await registry.claimStart(first, session(text))).toBeUndefined();
				const outcome = JSON.stringify({ text });
				await registry.settleStart(first, { aliveUntil: NOW + 0.5, outcome });
				expect(await registry.claimStart({ ...first, owner: 'other' })).toEqual({
					...told(first),
					aliveUntil: NOW + 0.5,
					outcome,
				});
				expect(await openIds({ unconfirmedUntil: NOW })).toEqual([text]);
				await registry.releaseStart(first);
				expect(await registry.claimStart({ ...first, owner: 'other' })).toBeUndefined();
			});

			it('may have a large outcome', async () => {
				const outcome = JSON.stringify({ reply: 'é'.repeat(2_000_000) });
				await registry.claimStart(claim('a'));
				await registry.settleStart(claim('a'), { aliveUntil: NOW, outcome });
				expect((await registry.claimStart(claim('b')))?.outcome).toBe(outcome);
			});
		});

		describe('the end of a session', () => {
			it('is not that of a life that began meanwhile, confirmed or not', async () => {
				await start(registry, session('s'));
				const sequence = await sequenceOf('s');
				await registry.record(session('s'));
				await registry.markEnded({ ...keyOf('s'), sequence }, NOW);
				await registry.confirm(keyOf('s'));
				expect(await openIds()).toEqual(['s']);
				await registry.markEnded({ ...keyOf('s'), sequence }, NOW);
				expect(await openIds()).toEqual(['s']);

				await markEnded(keyOf('s'));
				expect(await openIds()).toEqual([]);
			});

			it('is not that of a session whose start was confirmed meanwhile', async () => {
				await registry.record(session('s'));
				const sequence = await sequenceOf('s');
				await registry.confirm(keyOf('s'));
				await registry.markEnded({ ...keyOf('s'), sequence }, NOW);
				expect(await openIds()).toEqual(['s']);
			});

			it('is not that of another session', async () => {
				await startAll([session('s'), session('t')]);
				await registry.markEnded({ ...keyOf('s'), sequence: await sequenceOf('t') }, NOW);
				expect(await openIds()).toEqual(['s', 't']);
			});
		});

		describe('a session that is recorded again', () => {
			it('begins a new life: newer, with new particulars, and open', async () => {
				await startAll([session('s'), session('t')]);
				const latest = (await registry.openSessions(open())).at(-1)?.sequence ?? NaN;
				await markEnded(keyOf('s'));
				const again = session('s', { botId: 'b', flowId: 'f', userId: 'u', createdAt: NOW + 1, context: { turn: 2 } });
				await start(registry, again);

				expect(await registry.openSessions(open({ after: latest }))).toEqual([
					{ ...withoutContext(again), expiresAt: EXPIRY + 1, sequence: expect.any(Number) },
				]);
				expect(await registry.contextOf(keyOf('s'))).toEqual({ turn: 2 });
				expect(await openIds()).toEqual(['t', 's']);
			});

			it('is neither reset nor claimed', async () => {
				await startAll([session('reset'), session('claimed')]);
				await registry.markReset(keyOf('reset'), NOW);
				expect(await claimedIds()).toEqual(['claimed']);
				await startAll([session('reset'), session('claimed')]);

				expect((await claimedIds()).sort()).toEqual(['claimed', 'reset']);
			});

			it('belongs to its new bot only', async () => {
				await startAll([session('s', { botId: 'old' }), session('s', { botId: 'new' })]);

				expect(await claimedIds({ botId: 'old' })).toEqual([]);
				expect(await claimedIds({ botId: 'new' })).toEqual(['s']);
			});

			it('keeps what was emitted: the service may hand it out once more', async () => {
				await start(registry, session('s'));
				await registry.recordDelivered(keyOf('s'), 'c', ['m']);
				await registry.record(session('s'));
				expect(await deliveredIds('s', 'c')).toEqual(['m']);
				await registry.confirm(keyOf('s'));
				expect(await deliveredIds('s', 'c')).toEqual(['m']);
			});

			it('is not confirmed', async () => {
				await startAll([session('s'), session('t')]);
				await registry.record(session('s', { createdAt: NOW + 1 }));

				expect(await openIds({ unconfirmedUntil: NOW })).toEqual(['t']);
				expect(await openIds({ unconfirmedUntil: NOW + 1 })).toEqual(['t', 's']);
				await registry.confirm(keyOf('s'));
				expect(await openIds()).toEqual(['t', 's']);
			});
		});

		describe('a session that is forgotten', () => {
			it('is gone', async () => {
				await startAll([session('s'), session('t')]);
				await registry.forget(keyOf('s'));

				expect(await openIds()).toEqual(['t']);
				expect(await claimedIds()).toEqual(['t']);
				expect(await registry.prune(EXPIRY + 1)).toBe(1);
			});

			it('is what it was before, when it was recorded again: an earlier start did run', async () => {
				await startAll([session('s', { context: { turn: 1 } }), session('t')]);
				const before = await registry.openSessions(open());
				await registry.record(session('s', { botId: 'other', createdAt: NOW + 1, context: { turn: 2 } }));
				await registry.forget(keyOf('s'));

				expect(await registry.openSessions(open())).toEqual(before);
				expect(await registry.contextOf(keyOf('s'))).toEqual({ turn: 1 });
				expect(await claimedIds({ botId: 'other' })).toEqual([]);
				expect((await claimedIds({ botId: 'bot' })).sort()).toEqual(['s', 't']);
				await registry.forget(keyOf('s'));
				expect(await openIds()).toEqual(['t']);
			});

			it('gets the place back that it had before', async () => {
				for (const id of ['s', 't']) await registry.record(session(id));
				for (const id of ['t', 's']) await registry.confirm(keyOf(id));
				await start(registry, session('u'));
				const before = await registry.openSessions(open());
				await registry.record(session('s', { flowId: 'next' }));
				await registry.forget(keyOf('s'));
				expect(await registry.openSessions(open())).toEqual(before);

				const key = { ...keyOf('s'), sequence: await sequenceOf('s') };
				await start(registry, session('s', { flowId: 'next' }));
				await registry.forget(key);
				await registry.markEnded(key, NOW);
				expect(await openIds()).toEqual(['t', 'u']);
			});

			it('keeps the marks that it had before', async () => {
				await start(registry, session('s'));
				await markEnded(keyOf('s'));
				await registry.markReset(keyOf('s'), NOW);
				await registry.record(session('s'));
				await registry.forget(keyOf('s'));

				expect(await openIds()).toEqual([]);
				expect(await claimedIds()).toEqual([]);
				expect(await registry.prune(EXPIRY + 1)).toBe(1);
			});

			it('is confirmed or not, as it was before', async () => {
				await registry.record(session('unconfirmed'));
				await startAll([session('s'), session('late')]);
				const before = await registry.openSessions(open());
				for (const id of ['unconfirmed', 's', 'late']) await registry.record(session(id, { createdAt: NOW + 1 }));
				expect(await openIds({ unconfirmedUntil: NOW })).toEqual([]);
				await registry.confirm(keyOf('late'));
				for (const id of ['unconfirmed', 's', 'late']) await registry.forget(keyOf(id));

				expect(await registry.openSessions(open())).toEqual(before);
				expect(await openIds({ unconfirmedUntil: NOW })).toEqual(['unconfirmed', 's', 'late']);
				await registry.confirm(keyOf('unconfirmed'));
				expect(await openIds()).toEqual(['s', 'late', 'unconfirmed']);
			});

			it('comes back without an earlier life', async () => {
				await startAll([session('s', { botId: 'b1' }), session('s', { botId: 'b2' })]);
				await registry.prune(EXPIRY + 1);
				await registry.record(session('s', { botId: 'b3' }));
				await registry.forget(keyOf('s'));
				expect(await openIds()).toEqual([]);
			});
		});

		describe('a claim', () => {
			it('gets expired sessions with all that was recorded, the longest expired first', async () => {
				const oldest = expiring('c', 0, { context: { a: 1 } });
				await startAll([expiring('a', 2_000), oldest, expiring('b', 1_000)]);

				const sessions = await registry.claimExpired(expired());
				expect(idsOf(sessions)).toEqual(['c', 'b', 'a']);
				expect(sessions[0]).toEqual({ ...withoutContext(oldest), expiresAt: EXPIRY, sequence: expect.any(Number) });
			});

			it('does not get what has not expired', async () => {
				await start(registry, session('s'));
				expect(await claimedIds({ now: EXPIRY - 1 })).toEqual([]);
				expect(await claimedIds({ now: EXPIRY })).toEqual(['s']);
			});

			it('gets no more than it wants, the longest expired of all', async () => {
				await startAll([expiring('c', 3_000), expiring('a', 1_000), expiring('b', 2_000), expiring('d', 4_000)]);

				expect(await claimedIds({ limit: 2 })).toEqual(['a', 'b']);
				expect(await claimedIds({ limit: 1 })).toEqual(['c']);
				expect(await claimedIds({ limit: 5 })).toEqual(['d']);
			});

			it('can be for one bot', async () => {
				await startAll([expiring('a', 1, { botId: 'other' }), expiring('b', 2), expiring('c', 3)]);
				expect(await claimedIds({ botId: 'bot', limit: 1 })).toEqual(['b']);
				expect(await claimedIds({ botId: 'bot' })).toEqual(['c']);
				expect(await claimedIds({ botId: 'none' })).toEqual([]);
				expect(await claimedIds()).toEqual(['a']);
			});

			it('gets sessions that have ended: they are not clean for that', async () => {
				await start(registry, session('s'));
				await markEnded(keyOf('s'));
				expect(await claimedIds()).toEqual(['s']);
			});

			it('does not get what was reset', async () => {
				await startAll([session('before'), session('claimed')]);
				await registry.markReset(keyOf('before'), NOW);
				expect(await claimedIds()).toEqual(['claimed']);
				await registry.markReset(keyOf('claimed'), NOW);

				const { now } = expired();
				expect(await claimedIds({ now: now + 24 * 60 * MINUTE })).toEqual([]);
				await registry.releaseClaim(keyOf('claimed'));
				expect(await claimedIds({ now: now + 24 * 60 * MINUTE })).toEqual([]);
			});

			it('holds until its lease is over', async () => {
				const { now } = expired();
				await start(registry, session('s'));
				expect(await claimedIds({ leaseMs: 1_000 })).toEqual(['s']);

				expect(await claimedIds({ now: now + 999 })).toEqual([]);
				expect(await claimedIds({ now: now + 1_000, leaseMs: 500 })).toEqual(['s']);
				expect(await claimedIds({ now: now + 1_499 })).toEqual([]);
				expect(await claimedIds({ now: now + 1_500 })).toEqual(['s']);
			});

			it('puts what nobody reset in its old place', async () => {
				await startAll([expiring('a', 1), expiring('b', 2), expiring('c', 3)]);
				const { now } = expired();
				await claimedIds({ limit: 1, leaseMs: 10 });
				expect(await claimedIds({ now: now + 10, limit: 2 })).toEqual(['a', 'b']);
				await registry.releaseClaim(keyOf('a'));
				expect(await claimedIds({ now: now + 10, limit: 1 })).toEqual(['a']);
			});

			it('ends when it is released', async () => {
				await startAll([expiring('a', 1), expiring('b', 2)]);
				await claimedIds();
				await registry.releaseClaim(keyOf('b'));
				expect(await claimedIds()).toEqual(['b']);
				expect(await claimedIds()).toEqual([]);
			});

			it('cannot be released by whoever has none', async () => {
				await start(registry, session('s'));
				await registry.markReset(keyOf('s'), NOW);
				await registry.releaseClaim(keyOf('s'));
				expect(await claimedIds()).toEqual([]);
			});
		});

		describe('what was emitted', () => {
			it('is nothing at first', async () => {
				await start(registry, session('s'));
				expect(await deliveredIds('s', 'c')).toEqual([]);
				expect(await deliveredIds('unknown', 'c')).toEqual([]);
			});

			it('is kept by consumer', async () => {
				await start(registry, session('s'));
				await registry.recordDelivered(keyOf('s'), 'c1', ['m1', 'm2']);
				await registry.recordDelivered(keyOf('s'), 'c2', ['m2', 'm3']);
				await registry.recordDelivered(keyOf('s'), 'c1', ['m4']);

				expect(await deliveredIds('s', 'c1')).toEqual(['m1', 'm2', 'm4']);
				expect(await deliveredIds('s', 'c2')).toEqual(['m2', 'm3']);
			});

			it('is there once, however often it is recorded', async () => {
				await registry.recordDelivered(keyOf('s'), 'c', ['m1', 'm1', 'm2']);
				await registry.recordDelivered(keyOf('s'), 'c', ['m2', 'm3']);
				await registry.recordDelivered(keyOf('s'), 'c', []);
				expect(await deliveredIds('s', 'c')).toEqual(['m1', 'm2', 'm3']);
			});

			it('is kept also for a session that is not recorded', async () => {
				await registry.recordDelivered(keyOf('s'), 'c', ['m']);
				expect(await deliveredIds('s', 'c')).toEqual(['m']);
				expect(await openIds()).toEqual([]);
			});

			it('cannot be mixed up by moving text from one id to the next', async () => {
				await registry.recordDelivered(keyOf('s:c'), 'd', ['m']);
				await registry.recordDelivered(keyOf('s'), 'c:d', ['m']);
				await registry.recordDelivered(keyOf('s'), 'c', ['d:m']);

				expect(await deliveredIds('s', 'c:d')).toEqual(['m']);
				expect(await deliveredIds('s', 'c')).toEqual(['d:m']);
				expect(await deliveredIds('s', 'd')).toEqual([]);
			});

			it('may be much', async () => {
				const ids = numbered(20_000, 'message-');
				await registry.recordDelivered(keyOf('s'), 'c', ids);
				expect(await deliveredIds('s', 'c')).toEqual([...ids].sort());
			});

			it('survives that a start of the session did not run', async () => {
				await registry.recordDelivered(keyOf('s'), 'c', ['m']);
				await registry.record(session('s'));
				await registry.forget(keyOf('s'));
				expect(await deliveredIds('s', 'c')).toEqual(['m']);
			});
		});

		describe('a staged batch', () => {
			const batch = (id: string, payload = `{"of":${JSON.stringify(id)}}`) => ({ id, payload });
			const staged = (sessionId: string, consumer: string) => registry.stagedBatches(keyOf(sessionId), consumer);

			it('is kept by consumer, in the order of staging', async () => {
				expect(await staged('s', 'c')).toEqual([]);
				for (const id of ['z', 'a', 'm']) await registry.stage(keyOf('s'), 'c', batch(id));
				await registry.stage(keyOf('s'), 'c2', batch('a', '"other"'));
				await registry.stage(keyOf('t'), 'c', batch('t'));

				expect(await staged('s', 'c')).toEqual([batch('z'), batch('a'), batch('m')]);
				expect(await staged('s', 'c2')).toEqual([batch('a', '"other"')]);
				expect(await staged('t', 'c')).toEqual([batch('t')]);
			});

			it('stays in its place when it is staged again', async () => {
				for (const id of ['a', 'b', 'a']) await registry.stage(keyOf('s'), 'c', batch(id));
				expect(await staged('s', 'c')).toEqual([batch('a'), batch('b')]);
			});

			it('stays as it was staged, whatever becomes of what was given or got', async () => {
				const given = batch('a');
				await registry.stage(keyOf('s'), 'c', given);
				given.payload = '"changed"';
				for (const one of await staged('s', 'c')) one.payload = '"changed"';
				expect(await staged('s', 'c')).toEqual([batch('a')]);
				await registry.recordDelivered(keyOf('s'), 'c', ['m']);
				(await registry.deliveredIds(keyOf('s'), 'c')).push('changed');
				expect(await deliveredIds('s', 'c')).toEqual(['m']);
			});

			it('is done when its messages are recorded as emitted with it, and only then', async () => {
				for (const id of numbered(12, 'b')) await registry.stage(keyOf('s'), 'c', batch(id));
				await registry.stage(keyOf('s'), 'c2', batch('b1'));
				await registry.recordDelivered(keyOf('s'), 'c', ['m0']);
				expect(await staged('s', 'c')).toHaveLength(12);
				await registry.recordDelivered(keyOf('s'), 'c', ['m1'], 'b1');
				await registry.recordDelivered(keyOf('s'), 'c', [], 'b2');
				await registry.recordDelivered(keyOf('s'), 'c', ['m1'], 'unknown');

				const left = numbered(12, 'b').filter((id) => id !== 'b1' && id !== 'b2');
				expect(await staged('s', 'c')).toEqual(left.map((id) => batch(id)));
				expect(await staged('s', 'c2')).toEqual([batch('b1')]);
				expect(await deliveredIds('s', 'c')).toEqual(['m0', 'm1']);
				await registry.stage(keyOf('s'), 'c', batch('b1'));
				expect((await staged('s', 'c')).at(-1)).toEqual(batch('b1'));
			});

			it.each(strangeTexts.map((text) => [text.slice(0, 30), text]))('may have ids like %j', async (_, text = '') => {
				await registry.stage(keyOf(text), text, batch(text, text));
				expect(await staged(text, text)).toEqual([batch(text, text)]);
				await registry.recordDelivered(keyOf(text), text, [text], text);
				expect(await staged(text, text)).toEqual([]);
			});

			it('may be large', async () => {
				const large = batch('b', JSON.stringify('x'.repeat(2_000_000)));
				await registry.stage(keyOf('s'), 'c', large);
				expect(await staged('s', 'c')).toEqual([large]);
			});

			it('can be read in portions, in the order of staging', async () => {
				const ids = numbered(25, 'b');
				for (const id of ids) {
					await registry.stage(keyOf('s'), 'c', batch(id));
					await registry.stage(keyOf('s'), 'c2', batch(`other ${id}`));
				}
				const page = async (options: StagedPage) =>
					(await registry.stagedBatches(keyOf('s'), 'c', options)).map(({ id }) => id);
				const two = batch('b0').payload.length + batch('b1').payload.length;

				expect(await page({ limit: 10 })).toEqual(ids.slice(0, 10));
				expect(await page({ limit: 10, after: 'b9' })).toEqual(ids.slice(10, 20));
				expect(await page({ limit: 10, after: 'b19' })).toEqual(ids.slice(20));
				expect(await page({ limit: 10, after: 'b24' })).toEqual([]);
				expect(await page({ after: 'b2' })).toEqual(ids.slice(3));
				// One that is done, or of somebody else: nobody knows where that was.
				await registry.recordDelivered(keyOf('s'), 'c', [], 'b1');
				expect(await page({ limit: 2, after: 'b1' })).toEqual(['b0', 'b2']);
				expect(await page({ limit: 2, after: 'other b5' })).toEqual(['b0', 'b2']);

				expect(await page({ maxCharacters: two })).toEqual(['b0', 'b2']);
				expect(await page({ maxCharacters: two - 1 })).toEqual(['b0']);
				expect(await page({ maxCharacters: 0, after: 'b5' })).toEqual(['b6']);
			});

			it('goes with its session, but not when a start of that did not run', async () => {
				await registry.stage(keyOf('s'), 'c', batch('b'));
				await registry.record(session('s'));
				await registry.forget(keyOf('s'));
				expect(await staged('s', 'c')).toEqual([batch('b')]);

				await startAll([session('s'), session('later', { ttlSeconds: 9_999 })]);
				await registry.stage(keyOf('later'), 'c', batch('b'));
				await registry.prune(EXPIRY + 1);
				expect(await staged('s', 'c')).toEqual([]);
				expect(await staged('later', 'c')).toEqual([batch('b')]);
			});
		});

		describe('pruning', () => {
			it('deletes sessions that expired before the time, with what was emitted of them', async () => {
				await startAll([expiring('a', 0), expiring('b', 1), expiring('c', 2)]);
				for (const id of ['a', 'b', 'c']) {
					await registry.recordDelivered(keyOf(id), 'c1', ['m']);
					await registry.recordDelivered(keyOf(id), 'c2', ['m']);
				}

				expect(await registry.prune(EXPIRY + 1)).toBe(1);
				expect(await openIds()).toEqual(['b', 'c']);
				expect(await deliveredIds('a', 'c1')).toEqual([]);
				expect(await deliveredIds('a', 'c2')).toEqual([]);
				expect(await deliveredIds('b', 'c1')).toEqual(['m']);
				expect((await claimedIds()).sort()).toEqual(['b', 'c']);
				expect(await registry.prune(EXPIRY + 1)).toBe(0);
			});

			it('deletes sessions in whatever state, of all accounts', async () => {
				const ids = ['open', 'ended', 'reset', 'claimed'];
				await startAll([...ids.map((id) => session(id)), session('s', { account: otherAccount })]);
				await markEnded(keyOf('ended'));
				await registry.markReset(keyOf('reset'), NOW);
				await claimedIds({ limit: 1 });

				expect(await registry.prune(EXPIRY + 1)).toBe(5);
				expect(await openIds({ account: otherAccount })).toEqual([]);
				expect(await claimedIds({ now: EXPIRY + 24 * 60 * MINUTE })).toEqual([]);
			});

			it('deletes any number', async () => {
				await startAll(numbered(1_234).map((id) => session(id)));
				await start(registry, session('later', { ttlSeconds: 9_999 }));
				expect(await registry.prune(EXPIRY + 1)).toBe(1_234);
				expect(await openIds()).toEqual(['later']);
			});

			it('finds nothing in an empty registry', async () => {
				expect(await registry.prune(EXPIRY)).toBe(0);
			});
		});

		describe('accounts', () => {
			it('have nothing to do with each other', async () => {
				const theirs = { account: otherAccount, sessionId: 's' };
				await startAll([session('s'), session('s', { ...theirs, botId: 'b' })]);
				await registry.recordDelivered(theirs, 'c', ['m']);
				await markEnded(theirs);
				expect(await openIds()).toEqual(['s']);
				expect(await openIds({ account: otherAccount })).toEqual([]);
				expect(await deliveredIds('s', 'c')).toEqual([]);

				expect(await registry.claimExpired(expired({ account: otherAccount }))).toMatchObject([{ botId: 'b' }]);
				expect(await registry.claimExpired(expired())).toMatchObject([{ account, botId: 'bot' }]);
				await registry.markReset(keyOf('s'), NOW);
				await registry.releaseClaim(theirs);
				expect(await claimedIds({ account: otherAccount })).toEqual(['s']);
				await registry.forget(keyOf('s'));
				await registry.releaseClaim(theirs);
				expect(await claimedIds({ account: otherAccount })).toEqual(['s']);
			});
		});

		describe('a session that is not known', () => {
			it('can be confirmed, marked, released and forgotten without harm', async () => {
				await start(registry, session('s'));
				const before = await registry.openSessions(open());
				await registry.confirm(keyOf('unknown'));
				await registry.markEnded({ ...keyOf('unknown'), sequence: before[0]?.sequence ?? NaN }, NOW);
				await registry.markReset(keyOf('unknown'), NOW);
				await registry.releaseClaim(keyOf('unknown'));
				await registry.forget(keyOf('unknown'));
				expect(await registry.contextOf(keyOf('unknown'))).toBeUndefined();

				expect(await registry.openSessions(recorded())).toEqual(before);
				expect(await claimedIds()).toEqual(['s']);
			});
		});

		describe('closing', () => {
			it('may be repeated, and ends everything else with a RegistryError', async () => {
				await registry.record(session('s'));
				await registry.close();
				await registry.close();

				const calls = [
					registry.record(session('s')),
					registry.confirm(keyOf('s')),
					registry.forget(keyOf('s')),
					registry.claimStart(claim('a')),
					registry.settleStart(claim('a'), { aliveUntil: NOW }),
					registry.releaseStart(claim('a')),
					registry.openSessions(open()),
					registry.markEnded({ ...keyOf('s'), sequence: 1 }, NOW),
					registry.markReset(keyOf('s'), NOW),
					registry.contextOf(keyOf('s')),
					registry.claimExpired(expired()),
					registry.releaseClaim(keyOf('s')),
					registry.deliveredIds(keyOf('s'), 'c'),
					registry.recordDelivered(keyOf('s'), 'c', ['m']),
					registry.stage(keyOf('s'), 'c', { id: 'b', payload: '{}' }),
					registry.stagedBatches(keyOf('s'), 'c'),
					registry.prune(NOW),
				];
				for (const outcome of await Promise.allSettled(calls)) {
					expect(outcome).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('closed') } });
					expect(outcome).toMatchObject({ reason: expect.any(RegistryError) });
				}
			});
		});

		describe('very many sessions', () => {
			it('are no problem', async () => {
				const { veryMany = 100_000 } = store;
				const ids = numbered(veryMany);
				for (let first = 0; first < ids.length; first += 500) {
					const batch = ids.slice(first, first + 500);
					await Promise.all(batch.map((id, index) => start(registry, expiring(id, first + index))));
				}
				// The last hundred have not expired yet.
				const now = EXPIRY + veryMany - 101;

				expect((await openIds({ now })).sort()).toEqual(ids.slice(-100));
				expect(await claimedIds({ now, limit: 3 })).toEqual(['s0', 's1', 's2']);
				expect(await claimedIds({ now, limit: 3, botId: 'none' })).toEqual([]);
				expect(await registry.prune(now + 1)).toBe(veryMany - 100);
				expect(await openIds({ now })).toHaveLength(100);
			}, 120_000);
		});

		const isOneProcess = differences.includes('one-process');

		describe(isOneProcess ? 'several users in one process' : 'several processes', () => {
			let folder: string;
			let worker: string;
			const processes: RegistryUser[] = [];

			beforeAll(async () => {
				folder = await mkdtemp(join(tmpdir(), 'registry-worker-'));
				worker = await bundleRegistryWorker(folder);
			});
			afterEach(async () => {
				await Promise.all(processes.splice(0).map((process) => process.kill()));
			});
			afterAll(async () => {
				await rm(folder, { recursive: true, force: true });
			});

			const startOther = () => {
				const process = new RegistryProcess(worker, store.place);
				processes.push(process);
				return process;
			};
			const startProcesses = (count: number) => {
				while (processes.length < count) {
					if (isOneProcess) processes.push(new RegistryHandle(store.open()));
					else startOther();
				}
				return processes;
			};

			const startIn = async (process: RegistryUser, started: NewSession) => {
				await process.call('record', started);
				await process.call('confirm', keyOf(started.sessionId));
			};
			/** Follows with a cursor until `isDone`. @returns every session as often as it was found */
			const followUntil = async (isDone: Promise<unknown>) => {
				const seen: string[] = [];
				let after = 0;
				const look = async () => {
					const sessions = await registry.openSessions(open({ after }));
					after = sessions.at(-1)?.sequence ?? after;
					seen.push(...idsOf(sessions));
				};
				let isWorking = true;
				void isDone.finally(() => (isWorking = false)).catch(() => {});
				while (isWorking) {
					await look();
					await new Promise((resolve) => setImmediate(resolve));
				}
				await isDone;
				await look();
				return seen;
			};

			if (isOneProcess) {
				it('are in the same process: another one has a registry of its own', async () => {
					await start(registry, session('s'));
					await registry.recordDelivered(keyOf('s'), 'c', ['m']);
					await registry.stage(keyOf('s'), 'c', { id: 'b', payload: '{}' });
					await registry.claimStart(claim('a'));

					const other = startOther();
					expect(await other.call('openSessions', recorded())).toEqual([]);
					expect(await other.call('claimExpired', expired())).toEqual([]);
					expect(await other.call('deliveredIds', keyOf('s'), 'c')).toEqual([]);
					expect(await other.call('stagedBatches', keyOf('s'), 'c')).toEqual([]);
					// So two processes make the same start, each once.
					expect(await other.call('claimStart', claim('b'), session('t'))).toBeUndefined();
					expect(idsOf(await registry.openSessions(recorded()))).toEqual(['s']);
					expect(await registry.claimStart(claim('c'))).toMatchObject({ sessionId: 's' });
				}, 60_000);
			} else {
				it('have the same registry', async () => {
					await start(registry, session('s'));
					await registry.claimStart(claim('a'));

					const other = startOther();
					expect(idsOf(await other.call('openSessions', recorded()))).toEqual(['s']);
					expect(await other.call('claimStart', claim('b'), session('t'))).toMatchObject({ sessionId: 's' });
					await startIn(other, session('u'));
					expect(await openIds()).toEqual(['s', 'u']);
				}, 60_000);
			}

			if (differences.includes('ends-with-process')) {
				it('find nothing of what one kept that is gone', async () => {
					const gone = startOther();
					await startIn(gone, session('s'));
					await gone.call('claimStart', claim('a'));
					await gone.kill();

					const next = startOther();
					expect(await next.call('openSessions', recorded())).toEqual([]);
					expect(await next.call('claimStart', claim('b'))).toBeUndefined();
				}, 60_000);
			} else {
				it('find what one kept that is gone', async () => {
					const gone = startOther();
					await startIn(gone, session('s'));
					await gone.call('claimStart', claim('a'));
					await gone.kill();

					const next = startOther();
					expect(idsOf(await next.call('openSessions', recorded()))).toEqual(['s']);
					expect(await next.call('claimStart', claim('b'))).toMatchObject({ sessionId: 's' });
				}, 60_000);
			}

			it('never claim the same session', async () => {
				const ids = numbered(400);
				await Promise.all(ids.map((id) => registry.record(session(id))));

				const claims = startProcesses(4).flatMap((process) =>
					Array.from({ length: 60 }, () => process.call('claimExpired', expired({ limit: 2 }))),
				);
				const claimed = (await Promise.all(claims)).flatMap(idsOf);
				expect(claimed).toHaveLength(ids.length);
				expect(claimed.sort()).toEqual([...ids].sort());
			}, 60_000);

			it('never claim the same start, and all are told whose it is', async () => {
				const ids = numbered(300);
				const claims = startProcesses(4).flatMap((process, index) =>
					ids.map(async (startId) => {
						const owner = `p${index}`;
						const sessionId = `${startId}-${owner}`;
						const given = claim(owner, { startId, sessionId, now: NOW });
						const known = await process.call('claimStart', given, session(sessionId));
						return { startId, sessionId, known };
					}),
				);
				const answers = await Promise.all(claims);
				const own = answers.filter(({ known }) => known === undefined);
				expect(own.map(({ startId }) => startId).sort()).toEqual([...ids].sort());
				const sessionOf = new Map(own.map(({ startId, sessionId }) => [startId, sessionId]));
				for (const { startId, known } of answers) if (known) expect(known.sessionId).toBe(sessionOf.get(startId));
				expect(idsOf(await registry.openSessions(recorded())).sort()).toEqual([...sessionOf.values()].sort());
			}, 60_000);

			it('start sessions at once, and nothing is lost or gets the same sequence', async () => {
				const records = startProcesses(4).flatMap((process, index) =>
					numbered(250, `p${index}-`).map(async (id) => {
						await startIn(process, session(id));
						await process.call('recordDelivered', keyOf(id), 'c', [`${id}-m`]);
					}),
				);
				await Promise.all(records);

				const sessions = await registry.openSessions(open());
				expect(new Set(idsOf(sessions)).size).toBe(1_000);
				expect(new Set(sessions.map(({ sequence }) => sequence)).size).toBe(1_000);
				for (const { sessionId } of sessions) expect(await deliveredIds(sessionId, 'c')).toEqual([`${sessionId}-m`]);
			}, 60_000);

			it('that follow with a cursor find all that others start meanwhile, once', async () => {
				const isDone = Promise.all(
					startProcesses(3).flatMap((process, index) =>
						numbered(200, `p${index}-`).map((id) => startIn(process, session(id))),
					),
				);
				const seen = await followUntil(isDone);

				expect(seen).toHaveLength(600);
				expect(new Set(seen).size).toBe(600);
			}, 60_000);

			it('that confirm the same sessions at once open each of them once', async () => {
				const ids = numbered(200);
				await Promise.all(ids.map((id) => registry.record(session(id))));

				const isDone = Promise.all(
					startProcesses(3).flatMap((process) => ids.map((id) => process.call('confirm', keyOf(id)))),
				);
				const seen = await followUntil(isDone);

				expect(seen.sort()).toEqual([...ids].sort());
			}, 60_000);

			it('that find the end of a life never end the next one, which another one just begins', async () => {
				const ids = numbered(300);
				await Promise.all(ids.map((id) => start(registry, session(id))));
				const sessions = await registry.openSessions(open());

				const [starting, ...ending] = startProcesses(3);
				// One after the other, so that both meet at every single one.
				for (const one of sessions) {
					await Promise.all([
						starting && startIn(starting, session(one.sessionId)),
						...ending.map((process) => process.call('markEnded', one, NOW)),
					]);
				}

				expect((await openIds()).sort()).toEqual([...ids].sort());
			}, 60_000);
		});
	});
}
