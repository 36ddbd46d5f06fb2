import type { TransportFailure } from '../transport/transportFailure';
import type { Clock } from '../time/clock';

/** Time limit of one long poll, in ms: longer than the service holds it open, up to 30 s. */
const LONGEST_MS = 45_000;
/** A poll that was open for so long, in ms, was held; what ends sooner with a fault is a fault. */
const HELD_MS = 5_000;
/** Statuses by which a gateway gives up waiting for the service: 524 is Cloudflare's. */
const CUT_STATUSES = [408, 502, 504, 524];
/** So many cuts, one after the other and after the same time, are the time limit of a gateway. */
const CUTS_OF_A_LIMIT = 3;
/** By so much, in ms, the cuts of one limit may differ. */
const SPREAD_MS = 1_000;
/** What is open for so much longer than the gateway's limit, in ms, will never be answered. */
const GRACE_MS = 15_000;

/** One poll, from when it is sent. */
export interface HeldPoll {
	/** Whether the answer is that of a gateway which gave up waiting after the poll was held: nothing was said until then. */
	isCutBy(status: number): boolean;
	/** The same of an exchange that ended without an answer. */
	isCutShort(failure: TransportFailure): boolean;
	/** The service itself answered. */
	answered(): void;
}

/**
 * Tells a long poll that is given up on by what is in between (a load balancer whose time limit is shorter than the
 * service's wait) from an outage, and learns that time limit: for all sessions of a client, as they go the same way.
 *
 * The contract knows no shorter wait that could be asked for, and a poll is never ended before the gateway does: some
 * gateways do not pass that on, and the service would give its next message to a poll that nobody reads any more.
 */
export class HeldPolls {
	/** After how long polls were cut lately, in ms, and when the last of them ended. */
	#cuts = { afterMs: 0, times: 0, lastAt: -Infinity };

	constructor(private readonly clock: Clock) {}

	/** Time limit for the next poll, in ms: shorter where a gateway would have ended it long before. */
	get limitMs(): number {
		const { afterMs, times } = this.#cuts;
		return times < CUTS_OF_A_LIMIT ? LONGEST_MS : Math.min(LONGEST_MS, afterMs + GRACE_MS);
	}

	/** To be called when a poll is sent. */
	begin(): HeldPoll {
		return new OpenPoll(this, this.clock);
	}

	/** The service itself answered a poll after this time, in ms. */
	answered(afterMs: number): void {
		if (afterMs > this.#cuts.afterMs + SPREAD_MS) this.forget();
	}

	/** Many at once, as when a gateway is restarted, are one cut. @param afterMs how long the poll was open, in ms */
	cut(sentAt: number, afterMs: number): void {
		const { lastAt, times, afterMs: before } = this.#cuts;
		if (sentAt < lastAt) return;
		const isSame = Math.abs(afterMs - before) <= SPREAD_MS;
		this.#cuts = {
			afterMs: isSame ? Math.max(before, afterMs) : afterMs,
			times: isSame ? times + 1 : 1,
			lastAt: this.clock.monotonic(),
		};
	}

	/** What was learnt of cuts is not so any more. */
	forget(): void {
		this.#cuts = { afterMs: 0, times: 0, lastAt: -Infinity };
	}
}

class OpenPoll implements HeldPoll {
	readonly #limitMs: number;
	readonly #sentAt: number;

	constructor(
		private readonly all: HeldPolls,
		private readonly clock: Clock,
	) {
		this.#limitMs = all.limitMs;
		this.#sentAt = clock.monotonic();
	}

	isCutBy(status: number): boolean {
		return this.#cutIf(CUT_STATUSES.includes(status));
	}

	isCutShort({ kind, requestSent, answerBegan }: TransportFailure): boolean {
		// What the gateway used to end and now does not: it may allow more, or the connection is dead.
		if (kind === 'aborted' && this.#limitMs < LONGEST_MS && this.#openMs >= this.#limitMs - SPREAD_MS) {
			this.all.forget();
			return true;
		}
		// An answer that breaks off may have held messages.
		return this.#cutIf(kind === 'dropped' && requestSent && !answerBegan);
	}

	answered(): void {
		this.all.answered(this.#openMs);
	}

	get #openMs(): number {
		return this.clock.monotonic() - this.#sentAt;
	}

	#cutIf(isCut: boolean): boolean {
		if (!isCut || this.#openMs < HELD_MS) return false;
		this.all.cut(this.#sentAt, this.#openMs);
		return true;
	}
}
