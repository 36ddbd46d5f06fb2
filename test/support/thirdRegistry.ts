import { DatabaseSync } from 'node:sqlite';

import type { NewSession } from '../../client/registry/sessionRegistry';
import { makeSecondFile } from './secondRegistry';

/** What the third version made of an empty file of the second one. */
const THIRD_VERSION = `
	CREATE TABLE starts (
		id INTEGER PRIMARY KEY, account TEXT NOT NULL, start_id TEXT NOT NULL, owner TEXT NOT NULL,
		fingerprint TEXT NOT NULL, origin TEXT NOT NULL, session_id TEXT NOT NULL, alive_until REAL NOT NULL,
		expires_at REAL NOT NULL, outcome TEXT, UNIQUE (account, start_id)
	) STRICT;
	CREATE INDEX starts_expiry ON starts (expires_at);
	CREATE INDEX staged_batches_order ON staged_batches (consumer_id);
	PRAGMA user_version = 3;`;

const KEPT = `account, session_id, bot_id, flow_id, user_id, created_at, ttl_seconds, expires_at,
	reset_at, claimed_until, context_id`;
const LIFE = `sequence, ${KEPT}, ended_at, confirmed`;

/** A registry as the third version of this package left it on the disk: a confirmed session has a new row. */
export class ThirdFile {
	readonly #db: DatabaseSync;

	constructor(file: string) {
		makeSecondFile(file, []);
		this.#db = new DatabaseSync(file);
		this.#db.exec(THIRD_VERSION);
	}

	/** As that version did: a session that is there already becomes an earlier life. */
	record({ context, ...session }: NewSession): void {
		const { sessionId } = session;
		this.#db
			.prepare(`INSERT OR REPLACE INTO earlier_lives (${LIFE}) SELECT ${LIFE} FROM sessions WHERE session_id = ?`)
			.run(sessionId);
		const { lastInsertRowid: contextId } = this.#db
			.prepare('INSERT INTO contexts (context) VALUES (?)')
			.run(JSON.stringify(context));
		this.#db
			.prepare(
				`INSERT OR REPLACE INTO sessions
				(account, session_id, bot_id, flow_id, user_id, created_at, ttl_seconds, expires_at, context_id)
				VALUES (:account, :sessionId, :botId, :flowId, :userId, :createdAt, :ttlSeconds, :expiresAt, :contextId)`,
			)
			.run({ ...session, expiresAt: session.createdAt + session.ttlSeconds * 1000, contextId });
	}

	confirm(sessionId: string): void {
		this.#db
			.prepare(
				`INSERT OR REPLACE INTO sessions (${KEPT}, confirmed)
				SELECT ${KEPT}, 1 FROM sessions WHERE session_id = ? AND confirmed = 0`,
			)
			.run(sessionId);
	}

	/** Sets a mark, a time in ms since 1970. */
	mark(sessionId: string, column: 'ended_at' | 'reset_at' | 'claimed_until', at: number): void {
		this.#db.prepare(`UPDATE sessions SET ${column} = ? WHERE session_id = ?`).run(at, sessionId);
	}

	close(): void {
		this.#db.close();
	}
}
