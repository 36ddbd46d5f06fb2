import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const sqliteBusy = 5;

export interface InstallLockOptions {
	/** Called once when another process holds the lock. */
	readonly onWait: () => void;
	readonly signal?: AbortSignal;
}

/**
 * Runs `work` while no other process runs it with the same lock file. The lock is SQLite's own lock on that file: the
 * operating system drops it with the process that held it, so that there are no stale locks to guess about.
 */
export async function withInstallLock<T>(
	lockFile: string,
	options: InstallLockOptions,
	work: () => Promise<T>,
): Promise<T> {
	mkdirSync(dirname(lockFile), { recursive: true });
	const lock = new DatabaseSync(lockFile);
	try {
		for (let isWaiting = false; !tryLock(lock); isWaiting = true) {
			if (!isWaiting) options.onWait();
			await sleep(500, undefined, { signal: options.signal });
		}
		return await work();
	} finally {
		lock.close();
	}
}

function tryLock(lock: DatabaseSync): boolean {
	try {
		lock.exec('BEGIN EXCLUSIVE');
		return true;
	} catch (error) {
		if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return false;
		throw error;
	}
}
