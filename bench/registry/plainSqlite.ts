import { DatabaseSync } from 'node:sqlite';

import type { NewSession } from '../../client/registry/sessionRegistry';
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
		this.#record();
	}

	async recordAndConfirm(): Promise<void> {
		const { account, sessionId } = this.#record();
		this.#inTransaction(() => {
			this.#db.prepare(statements.confirm).run({ account, sessionId });
			this.#db.prepare(statements.takeNextPlace).run();
		});
	}

	close(): void {
		this.#db.close();
	}

	#record(): NewSession {
		const session = newSession();
		this.#inTransaction(() => recordIn(this.#db, session));
		return session;
	}

	#inTransaction(work: () => unknown): void {
		this.#db.exec('BEGIN IMMEDIATE');
		work();
		this.#db.exec('COMMIT');
	}
}
