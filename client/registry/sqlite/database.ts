import type { DatabaseSync, StatementSync } from 'node:sqlite';
import pRetry from 'p-retry';

import { RegistryError, RegistryGoneError } from '../sessionRegistry';
import { sleep, type Clock } from '../../time/clock';
import { loadSqlite } from './driver';
import { isBusy, toRegistryError } from './errors';
import { identityOf, prepareFiles } from './files';
import { GroupCommit } from './groupCommit';
import { migrate } from './schema';

/** How long SQLite itself may wait for other processes, in ms: the whole process stands still meanwhile. */
const BLOCKING_WAIT_MS = 5;
/** How long other processes may keep us waiting altogether, in ms. */
const BUSY_LIMIT_MS = 2_000;
/** Upper limit of a pause between two attempts, in ms. The first ones are shorter. */
const MAX_PAUSE_MS = 50;

export interface DatabaseDependencies {
	clock: Clock;
	/** A number from 0 (included) to 1 (excluded). */
	random: () => number;
	/** Told once when the file was deleted or replaced; whoever uses it gets the same reason. */
	onGone?: (reason: RegistryGoneError) => void;
}

/** Gives the statement of some SQL, compiled at first use. */
export type Prepare = (sql: string) => StatementSync;

/** One SQLite file that several processes use. Errors are `RegistryError`s that name the file. */
export class Database {
	readonly #statements = new Map<string, StatementSync>();
	readonly #closing = new AbortController();
	readonly #identity: string | undefined;
	readonly #writes = new GroupCommit(
		(work) => this.#commit(work),
		() => this.dependencies.clock.monotonic(),
	);

	private constructor(
		private readonly db: DatabaseSync,
		readonly path: string,
		private readonly dependencies: DatabaseDependencies,
	) {
		this.#identity = identityOf(path);
	}

	/** Opens the file, after it has made it or brought it up to date. */
	static async open(path: string, dependencies: DatabaseDependencies): Promise<Database> {
		const { DatabaseSync } = await loadSqlite();
		let database: Database | undefined;
		try {
			await prepareFiles(path);
			database = new Database(new DatabaseSync(path), path, dependencies);
			await database.#setUp();
			return database;
		} catch (error) {
			database?.close();
			throw toRegistryError(error, path);
		}
	}

	/** Runs `work`, again and again while other processes are writing. It must not wait for anything. */
	async read<T>(work: (prepared: Prepare) => T): Promise<T> {
		return await this.#whenFree(() => work((sql) => this.#prepared(sql)));
	}

	/**
	 * As `read`, in a transaction: all or nothing. Resolves when it is committed, together with whatever else is written in
	 * this turn of the event loop.
	 */
	async write<T>(work: (prepared: Prepare) => T): Promise<T> {
		return await this.#writes.write(work);
	}

	/** What is to be written is written if that works at once; whoever has to wait gets a `RegistryError`. */
	close(): void {
		void this.#writes.flush();
		if (this.#closing.signal.aborted) return;
		this.#closing.abort(this.#closedError());
		this.db.close();
	}

	async #setUp(): Promise<void> {
		await this.#whenFree(() => {
			this.db.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
			// Readers and a writer do not wait for each other, and what was committed survives kill -9 without an fsync.
			this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
		});
		await this.write(() => migrate(this.db, this.path));
	}

	async #commit<T>(work: (prepared: Prepare) => T): Promise<T> {
		return await this.read((prepared) => this.#inTransaction(() => work(prepared)));
	}

	async #whenFree<T>(work: () => T): Promise<T> {
		try {
			return this.#attempt(work);
		} catch (error) {
			if (!(error instanceof BusyError)) throw error;
			return await this.#whenOthersAreDone(work);
		}
	}

	/** Rarely needed; to prepare for it takes as long as what is to be done. */
	async #whenOthersAreDone<T>(work: () => T): Promise<T> {
		const { clock, random } = this.dependencies;
		const giveUpAt = clock.monotonic() + BUSY_LIMIT_MS;
		return await pRetry(() => this.#attempt(work), {
			retries: Infinity,
			// The pause is made in shouldRetry, on our clock.
			minTimeout: 0,
			shouldRetry: async ({ error, retriesConsumed }) => {
				const pauseMs = random() * Math.min(MAX_PAUSE_MS, 2 ** retriesConsumed);
				if (!(error instanceof BusyError) || clock.monotonic() + pauseMs > giveUpAt) return false;
				await sleep(clock, pauseMs, this.#closing.signal);
				return true;
			},
		});
	}

	#attempt<T>(work: () => T): T {
		this.#closing.signal.throwIfAborted();
		try {
			this.#throwIfGone();
			return work();
		} catch (error) {
			throw isBusy(error) ? new BusyError(this.path) : toRegistryError(error, this.path);
		}
	}

	/** SQLite would go on with a file that nobody finds any more. */
	#throwIfGone(): void {
		if (identityOf(this.path) === this.#identity) return;
		const reason = new RegistryGoneError(this.path);
		this.#closing.abort(reason);
		// Before anybody opens the new one: both would use the same further files.
		this.db.close();
		this.dependencies.onGone?.(reason);
		throw reason;
	}

	#inTransaction<T>(work: () => T): T {
		// Takes the right to write at once; to ask for it halfway could fail, for another process may have written.
		this.#prepared('BEGIN IMMEDIATE').run();
		try {
			const result = work();
			this.#prepared('COMMIT').run();
			return result;
		} catch (error) {
			this.#rollBack();
			throw error;
		}
	}

	#rollBack(): void {
		try {
			this.#prepared('ROLLBACK').run();
		} catch {
			// After some errors, that of a full disk for example, SQLite has rolled back already.
		}
	}

	#prepared(sql: string): StatementSync {
		let statement = this.#statements.get(sql);
		if (!statement) {
			statement = this.db.prepare(sql);
			this.#statements.set(sql, statement);
		}
		return statement;
	}

	#closedError(): RegistryError {
		return new RegistryError(`The session registry ${this.path} is closed.`);
	}
}

class BusyError extends RegistryError {
	constructor(path: string) {
		super(
			`The session registry ${path} is busy: another process has been writing to it for ${BUSY_LIMIT_MS / 1000} s. ` +
				'Only n8n should use this file. Try again.',
		);
	}
}
