import { setImmediate } from 'node:timers';

import type { Prepare } from './database';

/** So long may one transaction take, in ms; what is large has to wait for the next one, and the process breathes. */
const SLICE_MS = 4;

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
 * still waits until their own write is committed, in the order in which they came.
 */
export class GroupCommit {
	#waiting: WaitingWrite[] = [];
	/** Somebody will see to what waits: in the next turn, or after what is being written. */
	#isSeenTo = false;

	/**
	 * @param commit runs something in a transaction: all or nothing. Tries at once, before it returns
	 * @param now in ms
	 */
	constructor(
		private readonly commit: <T>(work: (prepared: Prepare) => T) => Promise<T>,
		private readonly now: () => number,
	) {}

	/**
	 * Resolves when it is committed.
	 * @throws what `work` throws, or why nothing can be committed
	 */
	async write<T>(work: (prepared: Prepare) => T): Promise<T> {
		return await new Promise<T>((resolve, reject) => {
			const committed = (result: unknown) => resolve(result as T);
			this.#waiting.push({ work, committed, refused: reject });
			this.#schedule();
		});
	}

	/** Commits at once all that waits. Never fails. */
	async flush(): Promise<void> {
		let group = this.#waiting;
		this.#waiting = [];
		while (group.length > 0) group = (await this.#commitTogether(group, Infinity)).again;
	}

	#schedule(): void {
		if (this.#isSeenTo) return;
		this.#isSeenTo = true;
		// All answers that arrived together are dealt with by then.
		setImmediate(() => {
			void this.#flushSlice().finally(() => {
				this.#isSeenTo = false;
				if (this.#waiting.length > 0) this.#schedule();
			});
		});
	}

	/** Commits what there is time for; the rest stays in front of whatever comes. */
	async #flushSlice(): Promise<void> {
		let group = this.#waiting;
		this.#waiting = [];
		while (group.length > 0) {
			const { again, later } = await this.#commitTogether(group, SLICE_MS);
			group = again;
			this.#waiting.unshift(...later);
		}
	}

	/** @returns those who have to go again, because one among them has failed, and those for whom there was no time */
	async #commitTogether(
		group: WaitingWrite[],
		sliceMs: number,
	): Promise<{ again: WaitingWrite[]; later: WaitingWrite[] }> {
		let tried: WaitingWrite[] = [];
		let isDone = false;
		try {
			const results = await this.commit((prepared) => {
				const endsAt = this.now() + sliceMs;
				tried = [];
				isDone = false;
				const all: unknown[] = [];
				for (const write of group) {
					tried.push(write);
					all.push(write.work(prepared));
					if (this.now() >= endsAt) break;
				}
				isDone = true;
				return all;
			});
			for (const [index, { committed }] of tried.entries()) committed(results[index]);
			return { again: [], later: group.slice(tried.length) };
		} catch (error) {
			// None was tried where the transaction could not even begin.
			// eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by the work above
			const failed = isDone || tried.length === 0 ? group : tried.slice(-1);
			for (const { refused } of failed) refused(error);
			return { again: group.filter((write) => !failed.includes(write)), later: [] };
		}
	}
}
