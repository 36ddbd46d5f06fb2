import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

import type { NewSession, SessionRegistry } from '../../client/registry/sessionRegistry';
import { statements } from '../../client/registry/sqlite/statements';
import { openSqliteRegistry } from '../../client/registry/sqliteRegistry';

/** Sessions that are open at the same time, however many were recorded before. */
export const OPEN = 100;
/** How many sessions one clean-up claims. */
export const CLAIM = 50;

const account = 'bench';
const now = Date.UTC(2026, 0, 31);
const TTL_SECONDS = 1800;

/** @param ageMs how long ago it began */
export function newSession(ageMs = 0): NewSession {
	const context = { userId: 'user', metadata: { orderId: 'A-1001', source: 'external_api', payload: { total: 42 } } };
	const ids = { account, sessionId: randomUUID(), botId: 'bot', flowId: 'flow', userId: 'user' };
	return { ...ids, createdAt: now - ageMs, ttlSeconds: TTL_SECONDS, context };
}

/** Records it as the registry does, with its statements. */
export function recordIn(db: DatabaseSync, { context, ...session }: NewSession): void {
	const expiresAt = session.createdAt + session.ttlSeconds * 1000;
	const { lastInsertRowid: contextId } = db.prepare(statements.recordContext).run({ context: JSON.stringify(context) });
	db.prepare(statements.record).run({ ...session, expiresAt, contextId });
}

/** A registry with so many sessions, nearly all of which have expired and wait to be reset. */
export class Place {
	private constructor(
		readonly file: string,
		readonly registry: SessionRegistry,
	) {}

	static async make(file: string, count: number): Promise<Place> {
		const registry = await openSqliteRegistry(file);
		fill(file, count);
		return new Place(file, registry);
	}

	/** What a start costs at least. */
	async record(): Promise<void> {
		await this.registry.record(newSession());
	}

	/** What a start costs altogether. */
	async recordAndConfirm(): Promise<void> {
		const session = newSession();
		await this.registry.record(session);
		await this.registry.confirm(session);
	}

	async open(): Promise<void> {
		expectCount(await this.registry.openSessions({ ...openNow, after: 0 }), OPEN);
	}

	/** With a lease that is over at once, so that the next claim finds the same. */
	async claim(): Promise<void> {
		expectCount(await this.registry.claimExpired({ account, now, leaseMs: 0, limit: CLAIM }), CLAIM);
	}

	async close(): Promise<void> {
		await this.registry.close();
	}
}

const openNow = { account, now, unconfirmedUntil: now - 120_000 };

/** The same statements on the same sessions, but as they would run if there were no index. */
export class PlaceWithoutIndexes {
	readonly #db: DatabaseSync;

	constructor(file: string) {
		this.#db = new DatabaseSync(file);
	}

	async open(): Promise<void> {
		expectCount(this.#all(statements.open, { ...anyFlow, ...openNow, after: 0 }), OPEN);
	}

	async claim(): Promise<void> {
		expectCount(this.#all(statements.claimExpired, { account, now, until: now, limit: CLAIM }), CLAIM);
	}

	close(): void {
		this.#db.close();
	}

	#all(sql: string, parameters: Record<string, string | number | null>): unknown[] {
		return this.#db.prepare(sql.replace(/INDEXED BY \w+/, 'NOT INDEXED')).all(parameters);
	}
}

const anyFlow = { botId: null, flowId: null };

function fill(file: string, count: number): void {
	const db = new DatabaseSync(file);
	try {
		db.exec('BEGIN IMMEDIATE');
		for (let index = 0; index < count; index++) {
			const isOpen = index >= count - OPEN;
			recordIn(db, newSession(isOpen ? 0 : 2 * TTL_SECONDS * 1000 + count - index));
		}
		db.exec('UPDATE sessions SET confirmed = 1; COMMIT');
	} finally {
		db.close();
	}
}

function expectCount(sessions: readonly unknown[], count: number): void {
	if (sessions.length !== count) throw new Error(`${sessions.length} sessions were found instead of ${count}.`);
}
