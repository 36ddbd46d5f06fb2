/** What a credential says about the budget of its account. */
export interface BudgetTerms {
	/** How many requests may be sent in any window; 0: no limit. */
	requestsPerWindow: number;
	/** The Redis in which all processes count together; empty: this process counts for itself. */
	redisUrl: string;
}

/** What counts of all that the credentials of an account say. */
export interface EffectiveTerms {
	/** Infinity: no limit. */
	requestsPerWindow: number;
	redisUrl: string;
}

interface StatedTerms {
	terms: BudgetTerms;
	/** When it was said last, in ms of the monotonic clock. */
	at: number;
	/** How many requests wait under them. */
	waiting: number;
}

/**
 * What the credentials of one account say about its budget, while they are in use: one that was edited, or another one of
 * the same account, may say something else. The smallest number counts, as the service will not let through more because
 * one of them says so; of several Redis the one that was named last.
 */
export class TermsInUse {
	readonly #stated = new Map<string, StatedTerms>();

	/** @param memoryMs how long terms count after their last request, in ms */
	constructor(private readonly memoryMs: number) {}

	/**
	 * A request comes under these terms.
	 * @returns to be called when it waits no more, with the time
	 */
	state(terms: BudgetTerms, now: number): (now: number) => void {
		const key = JSON.stringify([terms.requestsPerWindow, terms.redisUrl]);
		const stated = this.#stated.get(key) ?? { terms, at: now, waiting: 0 };
		// Once more, as the one that was said last comes last.
		this.#stated.delete(key);
		this.#stated.set(key, stated);
		stated.at = now;
		stated.waiting++;
		return (doneAt) => {
			stated.waiting--;
			stated.at = doneAt;
		};
	}

	/**
	 * Notes a request that need not wait, if all say the same.
	 * @returns whether they do; if not, nothing is changed
	 */
	use({ requestsPerWindow, redisUrl }: BudgetTerms, now: number): boolean {
		const [only] = this.#stated.values();
		if (!only || this.#stated.size > 1) return false;
		const { terms } = only;
		if (terms.requestsPerWindow !== requestsPerWindow || terms.redisUrl !== redisUrl) return false;
		only.at = now;
		return true;
	}

	effective(now: number): EffectiveTerms {
		for (const [key, { at, waiting }] of this.#stated) {
			if (waiting === 0 && now - at >= this.memoryMs) this.#stated.delete(key);
		}
		const all = Array.from(this.#stated.values(), ({ terms }) => terms);
		const limits = all.map(({ requestsPerWindow }) => requestsPerWindow || Infinity);
		const requestsPerWindow = Math.min(...limits, Infinity);
		// Nothing is counted where there is no limit.
		const redisUrl = requestsPerWindow === Infinity ? '' : (all.findLast((one) => one.redisUrl)?.redisUrl ?? '');
		return { requestsPerWindow, redisUrl };
	}

	/** When the first of them stops to count unless it is used again, in ms of the monotonic clock; Infinity: none does. */
	get nextEnd(): number {
		const unused = [...this.#stated.values()].filter(({ waiting }) => waiting === 0);
		return Math.min(...unused.map(({ at }) => at + this.memoryMs), Infinity);
	}
}
