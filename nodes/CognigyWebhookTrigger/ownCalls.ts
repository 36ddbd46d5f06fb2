import { edition, pause } from '../../client';

/** Answers become due at the same moment; one call puts them all out. In ms. */
const GATHER_MS = 200;

/** Pauses before the next call to ourselves, in ms: n8n may not be ready, or busy. */
const AGAIN_MS = [5_000, 30_000];

/** Calls that n8n makes to a webhook of its own. */
export class OwnCalls {
	#gathering: Promise<void> | undefined;
	#isTryingAgain = false;

	/**
	 * @param call makes one call; rejects when n8n has not taken it
	 * @param warn told when it cannot be made
	 */
	constructor(
		private readonly call: () => Promise<void>,
		private readonly warn: (message: string) => void,
	) {}

	/** Resolves when there was a call since, or when it failed: then it is tried again later. Never rejects. */
	async request(): Promise<void> {
		this.#gathering ??= this.#gather();
		await this.#gathering.catch(() => void this.#tryAgain());
	}

	async #gather(): Promise<void> {
		await pause(edition.clock, GATHER_MS);
		// What becomes due from now on may come too late for this call.
		this.#gathering = undefined;
		await this.call();
	}

	async #tryAgain(): Promise<void> {
		if (this.#isTryingAgain) return;
		this.#isTryingAgain = true;
		try {
			for (const pauseMs of AGAIN_MS) {
				await pause(edition.clock, pauseMs);
				const isDone = await this.call().then(
					() => true,
					() => false,
				);
				if (isDone) return;
			}
			this.warn('what is left of a streamed answer waits for the next call, as n8n cannot call its own webhook');
		} finally {
			this.#isTryingAgain = false;
		}
	}
}
