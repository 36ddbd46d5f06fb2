import { DatabaseSync } from 'node:sqlite';

import { statements } from '../../client/registry/sqlite/statements';
import { newSession, recordIn } from './place';

/** The same sessions and statements in SQLite as it comes: a rollback journal, and an fsync for each transaction. */
export class PlainSqlite {
	readonly #db: DatabaseSync;

	/** @param file a registry that nobody else has open */
	constructor(file: string) {
		this.#db = new DatabaseSync(file);
		this.#db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
	}

	async record(): Promise<void> {
		const session = newSession();
		this.#inTransaction(() => {
			this.#db.prepare(statements.keepEarlierLife).run(keyOf(session));
			recordIn(this.#db, session);
		});
	}

	async recordAndConfirm(): Promise<void> {
		const session = newSession();
		this.#inTransaction(() => {
			this.#db.prepare(statements.keepEarlierLife).run(keyOf(session));
			recordIn(this.#db, session);
		});
		this.#inTransaction(() => this.#db.prepare(statements.confirm).run(keyOf(session)));
	}

	close(): void {
		this.#db.close();
	}

	#inTransaction(work: () => unknown): void {
		this.#db.exec('BEGIN IMMEDIATE');
		work();
		this.#db.exec('COMMIT');
	}
}

function keyOf({ account, sessionId }: { account: string; sessionId: string }) {
	return { account, sessionId };
}
