/** Long polls that follow sessions are `stream`; everything that somebody waits for is a `call`. */
export type CallKind = 'call' | 'stream';

/**
 * How many requests may be sent (guarantee 5): never more than the budget in any 60 s, in the order of their arrival;
 * streams take at most half.
 */
export interface RateBudget {
	/**
	 * Resolves when one request may be sent.
	 * @throws the signal's reason as soon as `signal` aborts; nothing is taken then
	 */
	take(kind: CallKind, signal: AbortSignal): Promise<void>;
	/**
	 * Takes one request at once, if it may be sent at once and nobody waits; missing where others have to be asked.
	 * @returns whether it is taken; otherwise, `take` finds out when
	 */
	takeNow?(kind: CallKind): boolean;
	/** The service asked to wait: nobody sends for `ms`. */
	holdFor(ms: number): void;
	close(): void;
}

/** A credential without a limit. `Retry-After` still holds back the call that it answered. */
export const unlimitedBudget: RateBudget = {
	take: async (_kind, signal) => signal.throwIfAborted(),
	takeNow: () => true,
	holdFor: () => {},
	close: () => {},
};
