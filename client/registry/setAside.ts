import { lru } from 'tiny-lru';

import { shortLine } from '../call/serviceText';
import type { OnRegistryWarning, SessionKey } from './sessionRegistry';

/** Records that were told of are remembered, should they come up again because they could not be put away. */
const MAX_REMEMBERED = 1_000;

/** Takes records that cannot be read out of the way of the others: one of them must not hold up all. */
export class SetAside {
	readonly #told = lru<true>(MAX_REMEMBERED);

	/** @param store names the registry at the beginning of a sentence */
	constructor(
		private readonly store: string,
		private readonly onWarning: OnRegistryWarning,
	) {}

	/**
	 * Never fails.
	 * @param sessionId of the session that cannot be read
	 * @param putAway so that lists and claims find it no more
	 */
	async put(sessionId: string, putAway: () => Promise<unknown>): Promise<void> {
		// Where it cannot be put away, it is only left out each time.
		await putAway().catch(() => {});
		this.#tellOnce(
			`a record of session "${shortLine(sessionId)}" that cannot be read. It was set aside: this session is neither ` +
				'followed nor reset by itself. All other sessions go on, and nothing needs to be deleted.',
		);
	}

	/** Something of the messages of a session, without which it goes on. */
	leaveOut({ sessionId }: SessionKey): void {
		this.#tellOnce(
			`something about the messages of session "${shortLine(sessionId)}" that cannot be read. That is left out; the ` +
				'session goes on.',
		);
	}

	#tellOnce(what: string): void {
		if (this.#told.has(what)) return;
		this.#told.set(what, true);
		this.onWarning(`${this.store} holds ${what}`);
	}
}
