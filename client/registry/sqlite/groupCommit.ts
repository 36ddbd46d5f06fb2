import { setImmediate } from 'node:timers';

import type { Prepare } from './database';

/** Something to write, as part of a transaction. */
type Write = (prepared: Prepare) => unknown;

interface WaitingWrite {
	/** May run several times, until a transaction with it is committed. */
	work: Write;
	committed: (result: unknown) => void;
	refused: (reason: unknown) => void;
}

/**
 * Commits all writes of the same moment together: a transaction costs several times as much as what is in it. Everybody
 * still waits until their own write is committed.
 */
export class GroupCommit {
	#waiting: WaitingWrite[] = [];

	/** @param commit runs something in a transaction: all or nothing. Tries at once, before it returns */
	constructor(private readonly commit: <T>(work: (prepared: Prepare) => T) => Promise<T>) {}

	/**
	 * Resolves when it is committed.
	 * @throws what `work` throws, or why nothing can be committed
	 */
	async write<T>(work: (prepared: Prepare) => T): Promise<T> {
		return await new Promise<T>((resolve, reject) => {
			const committed = (result: unknown) => resolve(result as T);
			this.#waiting.push({ work, committed, refused: reject });
			// All answers that arrived together are dealt with by then.
			if (this.#waiting.length === 1) setImmediate(() => void this.flush());
		});
	}

	/** Commits at once what waits. Never fails. */
	async flush(): Promise<void> {
		let group = this.#waiting;
		this.#waiting = [];
		while (group.length > 0) group = await this.#commitTogether(group);
	}

	/** @returns those who have to go again, because one among them has failed */
	async #commitTogether(group: WaitingWrite[]): Promise<WaitingWrite[]> {
		let current: WaitingWrite | undefined;
		try {
			const results = await this.commit((prepared) => {
				const all = group.map((write) => {
					current = write;
					return write.work(prepared);
				});
				current = undefined;
				return all;
			});
			for (const [index, { committed }] of group.entries()) committed(results[index]);
			return [];
		} catch (error) {
			const failed = current ? [current] : group;
			for (const { refused } of failed) refused(error);
			return group.filter((write) => !failed.includes(write));
		}
	}
}
