/**
 * Which form the `Retry-After` header of a 429 takes; the contract (docs/protocol-v1.md#rate-limit) allows all three.
 */
export const RETRY_AFTER_FORMS = ['seconds', 'http-date', 'none'] as const;
export type RetryAfterForm = (typeof RETRY_AFTER_FORMS)[number];

/**
 * At most so many calls of one caller in any window of time (docs/protocol-v1.md#rate-limit). A refused call does not
 * count.
 */
export class RateLimit {
	readonly #callTimes = new Map<string, number[]>();
	readonly #requestsPerWindow: number;
	readonly #now: () => number;
	readonly #windowMs: number;

	/**
	 * @param requestsPerWindow 0: no limit
	 * @param now the clock, in ms
	 * @param windowMs how long the window is, in ms
	 */
	constructor(requestsPerWindow: number, now: () => number, windowMs = 60_000) {
		this.#requestsPerWindow = requestsPerWindow;
		this.#now = now;
		this.#windowMs = windowMs;
	}

	/** Counts a call. Returns undefined when it may go on, else when the next one may come (in ms, on the clock). */
	admit(caller: string): number | undefined {
		if (this.#requestsPerWindow === 0) return undefined;
		const now = this.#now();
		const recent = (this.#callTimes.get(caller) ?? []).filter((time) => time > now - this.#windowMs);
		this.#callTimes.set(caller, recent);

		const oldest = recent[0];
		if (oldest !== undefined && recent.length >= this.#requestsPerWindow) return oldest + this.#windowMs;
		recent.push(now);
		return undefined;
	}
}

/**
 * The headers of a 429. Both forms have whole seconds only, so the time is rounded up: who obeys is never too early.
 *
 * @param freeAt when the next call may come, in ms
 * @param now the time, in ms
 */
export function retryAfterHeaders(form: RetryAfterForm, freeAt: number, now: number): Record<string, string> {
	switch (form) {
		case 'seconds':
			return { 'retry-after': String(Math.ceil((freeAt - now) / 1000)) };
		case 'http-date':
			return { 'retry-after': new Date(Math.ceil(freeAt / 1000) * 1000).toUTCString() };
		case 'none':
			return {};
	}
}
