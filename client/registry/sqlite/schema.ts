import type { DatabaseSync } from 'node:sqlite';

import { RegistryError } from '../sessionRegistry';

/** What describes one life of a session, as the first version kept it. Times are ms since 1970. */
const FIRST_LIFE = `
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

/** The same without the context: that may be large, and is never in the way of a list or a claim. */
const LIFE = FIRST_LIFE.replace('context TEXT NOT NULL', 'context_id INTEGER NOT NULL');

const LIFE_COLUMNS = `sequence, account, session_id, bot_id, flow_id, user_id, created_at, ttl_seconds, expires_at,
	ended_at, reset_at, claimed_until, confirmed`;

/**
 * Each entry brings a file of the version before to its own version. Published entries never change: files of users
 * went through them.
 */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE sessions (
		sequence INTEGER PRIMARY KEY AUTOINCREMENT,
		${FIRST_LIFE},
		UNIQUE (account, session_id)
	) STRICT;
	CREATE INDEX sessions_open ON sessions (account, expires_at, bot_id, flow_id) WHERE ended_at IS NULL;
	CREATE INDEX sessions_unreset ON sessions (account, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_unreset_of_bot ON sessions (account, bot_id, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_expiry ON sessions (expires_at);

	-- What a session was before it was recorded again.
	CREATE TABLE earlier_lives (
		sequence INTEGER NOT NULL,
		${FIRST_LIFE},
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
	`
	DROP INDEX sessions_open;
	DROP INDEX sessions_unreset;
	DROP INDEX sessions_unreset_of_bot;
	DROP INDEX sessions_expiry;

	-- Contexts that are there already stay where they are, until their sessions go: to move them all would take long.
	ALTER TABLE sessions RENAME TO first_sessions;
	ALTER TABLE earlier_lives RENAME TO first_earlier_lives;
	CREATE TABLE contexts (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		context TEXT NOT NULL
	) STRICT;
	CREATE TABLE sessions (
		sequence INTEGER PRIMARY KEY AUTOINCREMENT,
		${LIFE},
		UNIQUE (account, session_id)
	) STRICT;
	CREATE TABLE earlier_lives (
		sequence INTEGER NOT NULL,
		${LIFE},
		PRIMARY KEY (account, session_id)
	) STRICT, WITHOUT ROWID;

	-- The id of a context that stays is the sequence of its session; ids of new ones are higher.
	INSERT INTO sqlite_sequence (name, seq) SELECT 'sessions', seq FROM sqlite_sequence WHERE name = 'first_sessions';
	INSERT INTO sqlite_sequence (name, seq) SELECT 'contexts', seq FROM sqlite_sequence WHERE name = 'first_sessions';
	INSERT INTO sessions (${LIFE_COLUMNS}, context_id) SELECT ${LIFE_COLUMNS}, sequence FROM first_sessions;
	INSERT INTO earlier_lives (${LIFE_COLUMNS}, context_id) SELECT ${LIFE_COLUMNS}, sequence FROM first_earlier_lives;
	CREATE INDEX sessions_open ON sessions (account, expires_at, bot_id, flow_id) WHERE ended_at IS NULL;
	CREATE INDEX sessions_unreset ON sessions (account, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_unreset_of_bot ON sessions (account, bot_id, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_expiry ON sessions (expires_at);
	`,
	`
	-- Starts that are made only once. The outcome is JSON; while there is none, the start is under way.
	CREATE TABLE starts (
		id INTEGER PRIMARY KEY,
		account TEXT NOT NULL,
		start_id TEXT NOT NULL,
		owner TEXT NOT NULL,
		fingerprint TEXT NOT NULL,
		origin TEXT NOT NULL,
		session_id TEXT NOT NULL,
		alive_until REAL NOT NULL,
		expires_at REAL NOT NULL,
		outcome TEXT,
		UNIQUE (account, start_id)
	) STRICT;
	CREATE INDEX starts_expiry ON starts (expires_at);
	`,
	`
	-- The sequence of a session since it was confirmed; missing: it is that of its row.
	ALTER TABLE sessions ADD COLUMN opened_sequence INTEGER;
	ALTER TABLE earlier_lives ADD COLUMN opened_sequence INTEGER;
	`,
];

/**
 * Indexes that are made where they are missing. Older versions keep them up to date without knowing of them, so the format
 * is the same. This one ends with the sequence, as every index does.
 */
const INDEXES = 'CREATE INDEX IF NOT EXISTS staged_batches_order ON staged_batches (consumer_id)';

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
	for (const [index, migration] of MIGRATIONS.entries()) {
		if (index < version) continue;
		db.exec(migration);
		if (index === 0) db.exec(FIRST_SEQUENCE);
	}
	db.exec(INDEXES);
	if (version < MIGRATIONS.length) db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
}
