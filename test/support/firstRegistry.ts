import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import type { NewSession } from '../../client/registry/sessionRegistry';

const LIFE = `
	account TEXT NOT NULL, session_id TEXT NOT NULL, bot_id TEXT NOT NULL, flow_id TEXT NOT NULL, user_id TEXT NOT NULL,
	created_at REAL NOT NULL, ttl_seconds REAL NOT NULL, expires_at REAL NOT NULL, ended_at REAL, reset_at REAL,
	claimed_until REAL NOT NULL DEFAULT 0, confirmed INTEGER NOT NULL DEFAULT 0, context TEXT NOT NULL`;

const FIRST_VERSION = `
	PRAGMA journal_mode = WAL;
	CREATE TABLE sessions (sequence INTEGER PRIMARY KEY AUTOINCREMENT, ${LIFE}, UNIQUE (account, session_id)) STRICT;
	CREATE INDEX sessions_open ON sessions (account, expires_at, bot_id, flow_id) WHERE ended_at IS NULL;
	CREATE INDEX sessions_unreset ON sessions (account, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_unreset_of_bot ON sessions (account, bot_id, expires_at) WHERE reset_at IS NULL;
	CREATE INDEX sessions_expiry ON sessions (expires_at);
	CREATE TABLE earlier_lives (sequence INTEGER NOT NULL, ${LIFE}, PRIMARY KEY (account, session_id)) STRICT, WITHOUT ROWID;
	CREATE TABLE consumers (
		id INTEGER PRIMARY KEY, account TEXT NOT NULL, session_id TEXT NOT NULL, consumer TEXT NOT NULL,
		active_at REAL NOT NULL, UNIQUE (account, session_id, consumer)
	) STRICT;
	CREATE INDEX consumers_active_at ON consumers (active_at);
	CREATE TABLE emitted (
		consumer_id INTEGER NOT NULL REFERENCES consumers (id) ON DELETE CASCADE, message_id TEXT NOT NULL,
		PRIMARY KEY (consumer_id, message_id)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE staged_batches (
		sequence INTEGER PRIMARY KEY, consumer_id INTEGER NOT NULL REFERENCES consumers (id) ON DELETE CASCADE,
		batch_id TEXT NOT NULL, payload TEXT NOT NULL, UNIQUE (consumer_id, batch_id)
	) STRICT;
	INSERT INTO sqlite_sequence (name, seq) VALUES ('sessions', 1700000000000000);
	PRAGMA user_version = 1;`;

const COLUMNS = `account, session_id, bot_id, flow_id, user_id, created_at, ttl_seconds, expires_at, confirmed, context`;
const VALUES = `:account, :sessionId, :botId, :flowId, :userId, :createdAt, :ttlSeconds, :expiresAt, 1, :context`;

/** A session of which the first version may have kept a context that is no object. */
export type FirstSession = Omit<NewSession, 'context'> & { context: unknown };

export interface FirstFile {
	sessions: readonly FirstSession[];
	/** What sessions were before they were recorded again. */
	earlier?: readonly FirstSession[];
	/** Ids that a consumer called `c` has delivered, by session. */
	emitted?: Readonly<Record<string, string>>;
}

/** A registry as the first version of this package left it on the disk: contexts lie with their sessions. */
export function makeFirstFile(file: string, { sessions, earlier = [], emitted = {} }: FirstFile): void {
	const db = new DatabaseSync(file);
	chmodSync(file, 0o600);
	try {
		db.exec(FIRST_VERSION);
		db.exec('BEGIN');
		const record = db.prepare(`INSERT INTO sessions (${COLUMNS}) VALUES (${VALUES})`);
		for (const session of sessions) record.run(rowOf(session));
		const keep = db.prepare(`INSERT INTO earlier_lives (sequence, ${COLUMNS}) VALUES (:sequence, ${VALUES})`);
		for (const [index, session] of earlier.entries()) keep.run({ ...rowOf(session), sequence: index + 1 });
		const consumer = db.prepare(
			`INSERT INTO consumers (account, session_id, consumer, active_at) VALUES (?, ?, 'c', ?) RETURNING id`,
		);
		for (const [sessionId, messageId] of Object.entries(emitted)) {
			const { id = null } = consumer.get(sessions[0]?.account ?? '', sessionId, Date.now()) ?? {};
			db.prepare('INSERT INTO emitted VALUES (?, ?)').run(id, messageId);
		}
		db.exec('COMMIT');
	} finally {
		db.close();
	}
}

function rowOf({ context, ...session }: FirstSession) {
	const expiresAt = session.createdAt + session.ttlSeconds * 1000;
	return { ...session, expiresAt, context: JSON.stringify(context) };
}
