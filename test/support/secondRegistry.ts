import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import type { NewSession } from '../../client/registry/sessionRegistry';
import { makeFirstFile } from './firstRegistry';

const LIFE = `
	account TEXT NOT NULL, session_id TEXT NOT NULL, bot_id TEXT NOT NULL, flow_id TEXT NOT NULL, user_id TEXT NOT NULL,
	created_at REAL NOT NULL, ttl_seconds REAL NOT NULL, expires_at REAL NOT NULL, ended_at REAL, reset_at REAL,
	claimed_until REAL NOT NULL DEFAULT 0, confirmed INTEGER NOT NULL DEFAULT 0, context_id INTEGER NOT NULL`;

/** What the second version made of an empty file of the first one. */
const SECOND_VERSION = `
	DROP INDEX sessions_open;
	DROP INDEX sessions_unreset;
	DROP INDEX sessions_unreset_of_bot;
	DROP INDEX sessions_expiry;
	ALTER TABLE sessions RENAME TO first_sessions;
	ALTER TABLE earlier_lives RENAME TO first_earlier_lives;
	CREATE TABLE contexts (id INTEGER PRIMARY KEY AUTOINCREMENT, context TEXT NOT NULL) STRICT;
	CREATE TABLE sessions (sequence INTEGER PRIMARY KEY AUTOINCREMENT, ${LIFE}, UNIQUE (account, session_id)) STRICT;
	CREATE TABLE earlier_lives (sequence INTEGER NOT NULL, ${LIFE}, PRIMARY KEY (account, session_id)) STRICT, WITHOUT ROWID;
	INSERT INTO sqlite_sequence (name, seq) VALUES ('sessions', 1700000000000000);
	INSERT INTO sqlite_sequence (name, seq) VALUES ('contexts', 1700000000000000);
	CREATE INDEX sessions_open ON sessions (account, expires_at, bot_id, flow_id) WHERE ended_at IS NULL;
	CREATE INDEX sessions_unreset ON sessions (account, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_unreset_of_bot ON sessions (account, bot_id, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_expiry ON sessions (expires_at);
	PRAGMA user_version = 2;`;

/** A registry as the second version of this package left it on the disk: it knows sessions, and no starts. */
export function makeSecondFile(file: string, sessions: readonly NewSession[]): void {
	makeFirstFile(file, { sessions: [] });
	const db = new DatabaseSync(file);
	chmodSync(file, 0o600);
	try {
		db.exec(SECOND_VERSION);
		const keep = db.prepare('INSERT INTO contexts (context) VALUES (?)');
		const record = db.prepare(`INSERT INTO sessions
			(account, session_id, bot_id, flow_id, user_id, created_at, ttl_seconds, expires_at, confirmed, context_id)
			VALUES (:account, :sessionId, :botId, :flowId, :userId, :createdAt, :ttlSeconds, :expiresAt, 1, :contextId)`);
		for (const { context, ...session } of sessions) {
			const { lastInsertRowid: contextId } = keep.run(JSON.stringify(context));
			record.run({ ...session, expiresAt: session.createdAt + session.ttlSeconds * 1000, contextId });
		}
	} finally {
		db.close();
	}
}
