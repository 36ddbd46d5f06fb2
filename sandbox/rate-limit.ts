const windowMs = 60_000;

/** Which form the `Retry-After` header of a 429 takes; the contract (section 1) allows all three. */
export const retryAfterForms = ['seconds', 'http-date', 'none'] as const;
export type RetryAfterForm = (typeof retryAfterForms)[number];

/** Contract section 1: at most so many calls of one user in any 60 seconds. A refused call does not count. */
export class RateLimit {
	private readonly callTimes = new Map<string, number[]>();

	/**
	 * @param requestsPerMinute 0: no limit
	 * @param now the clock, in ms
	 */
	constructor(
		private readonly requestsPerMinute: number,
		private readonly now: () => number,
	) {}

	/** Counts a call. Returns undefined when it may go on, else when the next one may come (in ms, on the clock). */
	admit(username: string): number | undefined {
		if (this.requestsPerMinute === 0) return undefined;
		const now = this.now();
		const recent = (this.callTimes.get(username) ?? []).filter((time) => time > now - windowMs);
		this.callTimes.set(username, recent);

		const oldest = recent[0];
		if (oldest !== undefined && recent.length >= this.requestsPerMinute) return oldest + windowMs;
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
