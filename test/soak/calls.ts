import { z } from 'zod';

import { pause } from './pause';
import type { Caller } from './side';

/** Far longer than any node here may take, in ms. */
const PATIENCE_MS = 90_000;

const answerSchema = z.object({ errorCategory: z.string().optional(), sessionId: z.string().optional() });

/** Calls webhooks of n8n at a steady pace, whether they have been answered or not, until it is stopped. */
export class Calls {
	readonly #ending = new AbortController();
	readonly #running: Array<Promise<void>> = [];
	readonly #waiting = new Set<Promise<void>>();
	#count = 0;

	/** @param n8nUrl without a slash at the end */
	constructor(private readonly n8nUrl: string) {}

	begin(callers: readonly Caller[]): void {
		for (const caller of callers) this.#running.push(this.#callAgainAndAgain(caller));
	}

	/** Begins no more calls. */
	stop(): void {
		this.#ending.abort();
	}

	/** After `stop`: every call has been answered, or nobody waits for it any more, when it resolves. */
	async ended(): Promise<void> {
		await Promise.all(this.#running);
		await Promise.all(this.#waiting);
	}

	async #callAgainAndAgain(caller: Caller): Promise<void> {
		const { signal } = this.#ending;
		for (;;) {
			await pause(caller.everyMs, signal);
			if (signal.aborted) return;
			const call = this.#call(caller);
			this.#waiting.add(call);
			void call.finally(() => this.#waiting.delete(call));
		}
	}

	async #call({ path, ledger, body }: Caller): Promise<void> {
		const name = `caller-${++this.#count}`;
		const content = body(name);
		if (!content) return;
		ledger.called(name);
		try {
			const response = await fetch(`${this.n8nUrl}/webhook/${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(content),
				signal: AbortSignal.timeout(PATIENCE_MS),
			});
			const { errorCategory, sessionId } = answerSchema.parse(await response.json());
			// What is neither a success nor an error of the node is no answer.
			const httpStatus = errorCategory === undefined && sessionId === undefined ? 0 : response.status;
			ledger.answered(name, { httpStatus, ...(errorCategory === undefined ? {} : { errorCategory }) });
		} catch {
			// It stays without an answer.
		}
	}
}
