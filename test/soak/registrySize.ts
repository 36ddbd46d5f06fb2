import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** The session registry of n8n, as its file tells. */
export interface RegistrySize {
	/** Pages in use, also those that are still in the write-ahead log. */
	bytes: number;
	/** The write-ahead log. */
	walBytes: number;
	/** Sessions that were recorded so far. */
	sessions: number;
}

const countSchema = z.object({ value: z.number() });

/** Nobody waits for the registry longer than this, in ms. */
const BUSY_MS = 5_000;

/** @param path of the SQLite file */
export function registrySizeOf(path: string): RegistrySize {
	return ask(path, (number) => {
		const pages = number('SELECT page_count - freelist_count AS value FROM pragma_page_count, pragma_freelist_count');
		const pageSize = number('SELECT page_size AS value FROM pragma_page_size');
		const sessions = number('SELECT count(*) AS value FROM sessions');
		return { bytes: pages * pageSize, walBytes: walBytesOf(path), sessions };
	});
}

/** How many sessions expired before a time (ms since 1970) and were not reset since. */
export function expiredNotReset(path: string, before: number): number {
	return ask(path, (number) =>
		number('SELECT count(*) AS value FROM sessions WHERE reset_at IS NULL AND expires_at <= ?', before),
	);
}

function ask<T>(path: string, question: (number: (sql: string, ...values: number[]) => number) => T): T {
	const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
	try {
		return question((sql, ...values) => countSchema.parse(database.prepare(sql).get(...values)).value);
	} finally {
		database.close();
	}
}

function walBytesOf(path: string): number {
	return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}
