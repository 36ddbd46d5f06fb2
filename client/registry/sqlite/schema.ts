import type { DatabaseSync } from 'node:sqlite';

import { RegistryError } from '../sessionRegistry';

/** What describes one life of a session. Times are ms since 1970. The context is last: it may be large, and is rarely read. */
const LIFE = `
	account TEXT NOT NULL,
	session_id TEXT NOT NULL,
	bot_id TEXT NOT NULL,
	flow_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	created_at REAL NOT NULL,
	ttl_seconds REAL NOT NULL,
	expires_at REAL NOT NULL,
	ended_at REAL,
	reset_at REAL,
	claimed_until REAL NOT NULL DEFAULT 0,
	confirmed INTEGER NOT NULL DEFAULT 0,
	context TEXT NOT NULL`;

/**
 * Each entry brings a file of the version before to its own version. Published entries never change: files of users
 * went through them.
 */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE sessions (
		sequence INTEGER PRIMARY KEY AUTOINCREMENT,
		${LIFE},
		UNIQUE (account, session_id)
	) STRICT;
	CREATE INDEX sessions_open ON sessions (account, expires_at, bot_id, flow_id) WHERE ended_at IS NULL;
	CREATE INDEX sessions_unreset ON sessions (account, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_unreset_of_bot ON sessions (account, bot_id, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_expiry ON sessions (expires_at);

	-- What a session was before it was recorded again.
	CREATE TABLE earlier_lives (
		sequence INTEGER NOT NULL,
		${LIFE},
		PRIMARY KEY (account, session_id)
	) STRICT, WITHOUT ROWID;

	-- Who emits messages of which session. The session need not be ours.
	CREATE TABLE consumers (
		id INTEGER PRIMARY KEY,
		account TEXT NOT NULL,
		session_id TEXT NOT NULL,
		consumer TEXT NOT NULL,
		active_at REAL NOT NULL,
		UNIQUE (account, session_id, consumer)
	) STRICT;
	CREATE INDEX consumers_active_at ON consumers (active_at);
	CREATE TABLE emitted (
		consumer_id INTEGER NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
		message_id TEXT NOT NULL,
		PRIMARY KEY (consumer_id, message_id)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE staged_batches (
		sequence INTEGER PRIMARY KEY,
		consumer_id INTEGER NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
		batch_id TEXT NOT NULL,
		payload TEXT NOT NULL,
		UNIQUE (consumer_id, batch_id)
	) STRICT;
	`,
];

/** The time in microseconds, so that the sequence goes on growing when this file takes the place of one that is gone. */
const FIRST_SEQUENCE = `INSERT INTO sqlite_sequence (name, seq)
	VALUES ('sessions', CAST(unixepoch('subsec') * 1000000 AS INTEGER))`;

/**
 * Brings the file to the version of this package, within the caller's transaction.
 * @throws {RegistryError} when a newer version wrote it
 */
export function migrate(db: DatabaseSync, path: string): void {
	const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
	if (version > MIGRATIONS.length) {
		throw new RegistryError(
			`The session registry ${path} was written by a newer version of n8n-nodes-cognigy (its format is ${version}, ` +
				`this version knows ${MIGRATIONS.length}). Update the package.`,
		);
	}
	for (const migration of MIGRATIONS.slice(version)) db.exec(migration);
	if (version === 0) db.exec(FIRST_SEQUENCE);
	if (version < MIGRATIONS.length) db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
}
