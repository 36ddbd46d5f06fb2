/** The registry under random interleavings of several users of one file, against a plain model of it. */
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SessionRegistry } from '../../../client/registry/sessionRegistry';
import { openSqliteRegistry } from '../../../client/registry/sqliteRegistry';

const account = 'account';
const TTL_SECONDS = 60;
const LEASE_MS = 30_000;
const ids = ['a', 'b', 'c'];

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'registry-property-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Life {
	createdAt: number;
	isConfirmed: boolean;
	isReset: boolean;
	claimedUntil: number;
}

/** What is to be true of the sessions, whoever did what. */
class Model {
	now = 1_000_000;
	readonly lives = new Map<string, Life>();
	readonly emitted = new Map<string, Set<string>>();

	isExpired({ createdAt }: Life): boolean {
		return createdAt + TTL_SECONDS * 1000 <= this.now;
	}

	get claimable(): string[] {
		const free = ([, life]: [string, Life]) => !life.isReset && life.claimedUntil <= this.now && this.isExpired(life);
		return [...this.lives].filter(free).map(([id]) => id);
	}

	get open(): string[] {
		return [...this.lives].filter(([, life]) => life.isConfirmed && !this.isExpired(life)).map(([id]) => id);
	}
}

type Step = (registry: SessionRegistry, model: Model) => Promise<void>;

const sessionId = fc.constantFrom(...ids);
const steps: fc.Arbitrary<[string, Step]> = fc.oneof(
	sessionId.map((id): [string, Step] => [
		`start ${id}`,
		async (registry, model) => {
			const { now: createdAt } = model;
			const session = {
				account,
				sessionId: id,
				botId: 'b',
				flowId: 'f',
				userId: 'u',
				createdAt,
				ttlSeconds: TTL_SECONDS,
			};
			await registry.record({ ...session, context: {} });
			await registry.confirm({ account, sessionId: id });
			model.lives.set(id, { createdAt, isConfirmed: true, isReset: false, claimedUntil: 0 });
		},
	]),
	sessionId.map((id): [string, Step] => [
		`reset ${id}`,
		async (registry, model) => {
			await registry.markReset({ account, sessionId: id }, model.now);
			const life = model.lives.get(id);
			if (life) life.isReset = true;
		},
	]),
	fc.nat({ max: 3 }).map((limit): [string, Step] => [
		`claim ${limit}`,
		async (registry, model) => {
			const claimed = await registry.claimExpired({ account, now: model.now, leaseMs: LEASE_MS, limit });
			const got = claimed.map((session) => session.sessionId);
			expect(model.claimable).toEqual(expect.arrayContaining(got));
			expect(got).toHaveLength(Math.min(limit, model.claimable.length));
			for (const id of got) Object.assign(model.lives.get(id) ?? {}, { claimedUntil: model.now + LEASE_MS });
		},
	]),
	sessionId.map((id): [string, Step] => [
		`release ${id}`,
		async (registry, model) => {
			await registry.releaseClaim({ account, sessionId: id });
			Object.assign(model.lives.get(id) ?? {}, { claimedUntil: 0 });
		},
	]),
	fc
		.tuple(sessionId, fc.array(fc.string({ minLength: 1, maxLength: 2 }), { maxLength: 3 }))
		.map(([id, messages]): [string, Step] => [
			`emit ${messages.length} of ${id}`,
			async (registry, model) => {
				if (!model.lives.has(id)) return;
				await registry.recordDelivered({ account, sessionId: id }, 'w/n', messages);
				const known = model.emitted.get(id) ?? new Set();
				for (const message of messages) known.add(message);
				model.emitted.set(id, known);
			},
		]),
	fc.constantFrom(1_000, LEASE_MS, TTL_SECONDS * 1000).map((ms): [string, Step] => [
		`${ms} ms later`,
		async (_registry, model) => {
			model.now += ms;
		},
	]),
);

it('holds what all of its users did, and gives an expired session to one of them at a time', async () => {
	let run = 0;
	const orders = fc.array(fc.tuple(fc.nat({ max: 2 }), steps), { minLength: 1, maxLength: 40 });
	await fc.assert(
		fc.asyncProperty(orders, async (order) => {
			const file = join(folder, `${run++}.sqlite`);
			const users = await Promise.all([0, 1, 2].map(() => openSqliteRegistry(file)));
			const model = new Model();
			try {
				for (const [user, [, step]] of order) {
					await step(users[user] as SessionRegistry, model);
					const query = { account, now: model.now, after: 0, unconfirmedUntil: 0 };
					for (const registry of users) {
						const open = (await registry.openSessions(query)).map((session) => session.sessionId);
						expect(open.sort()).toEqual(model.open.sort());
						for (const [id, known] of model.emitted) {
							const emitted = await registry.deliveredIds({ account, sessionId: id }, 'w/n');
							expect(new Set(emitted)).toEqual(known);
						}
					}
				}
			} finally {
				await Promise.all(users.map((registry) => registry.close()));
			}
		}),
		{ numRuns: 40 },
	);
});

it('gives each of many expired sessions to exactly one of those who ask at the same time', async () => {
	const file = join(folder, 'claims.sqlite');
	const users = await Promise.all([0, 1, 2].map(() => openSqliteRegistry(file)));
	const limits = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: 1, max: 20 })), {
		minLength: 2,
		maxLength: 12,
	});
	let now = 1_000_000;
	try {
		await fc.assert(
			fc.asyncProperty(limits, async (asked) => {
				now += 10 * TTL_SECONDS * 1000;
				const [first] = users as [SessionRegistry];
				for (let index = 0; index < 30; index++) {
					const session = {
						account,
						sessionId: `${now}-${index}`,
						botId: 'b',
						flowId: 'f',
						userId: 'u',
						createdAt: now,
					};
					await first.record({ ...session, ttlSeconds: TTL_SECONDS, context: {} });
				}
				const at = now + TTL_SECONDS * 1000;
				const claims = await Promise.all(
					asked.map(async ([user, limit]) => {
						const query = { account, now: at, leaseMs: 1_000_000_000, limit };
						return await (users[user] as SessionRegistry).claimExpired(query);
					}),
				);
				const got = claims.flat().map((session) => session.sessionId);
				expect(new Set(got).size).toBe(got.length);
				const wanted = asked.reduce((sum, [, limit]) => sum + limit, 0);
				expect(got).toHaveLength(Math.min(wanted, 30));
				for (const id of got) await first.markReset({ account, sessionId: id }, at);
				for (let index = 0; index < 30; index++) await first.markReset({ account, sessionId: `${now}-${index}` }, at);
			}),
			{ numRuns: 20 },
		);
	} finally {
		await Promise.all(users.map((registry) => registry.close()));
	}
});
