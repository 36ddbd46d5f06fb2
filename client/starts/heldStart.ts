import { randomUUID } from 'node:crypto';

import { CognigyError } from '../errors';
import type { SessionRegistry, StartClaim } from '../registry/sessionRegistry';
import { sleep, type Clock } from '../time/clock';
import type { StartIdentity } from './startIdentity';
import { outcomeToText, type StartOutcome } from './startOutcome';

/** Whoever holds a start and was not heard of for so long, in ms, has died. */
const LEASE_MS = 30_000;
/** How often it is heard of, in ms. */
const RENEW_MS = 10_000;
/** What could not be kept is tried once more after this time, in ms: a connection that broke is there again by then. */
const TRY_AGAIN_MS = 250;

/** A start that is ours to make: nobody else makes it meanwhile, nor ever, if it may have run. */
export class HeldStart {
	readonly #owner = randomUUID();
	#stopRenewing: () => void = () => {};
	#isOver = false;
	#kept = Promise.resolve();

	constructor(
		private readonly registry: SessionRegistry,
		private readonly clock: Clock,
		private readonly account: string,
		private readonly identity: StartIdentity,
	) {}

	/** To claim it now. */
	claim(sessionId: string): Omit<StartClaim, 'account'> {
		const now = this.clock.wallTime();
		const { keptMs, ...identity } = this.identity;
		const aliveUntil = now + LEASE_MS;
		return {
			...identity,
			sessionId,
			owner: this.#owner,
			now,
			aliveUntil,
			expiresAt: Math.max(now + keptMs, aliveUntil),
		};
	}

	/**
	 * Makes it, and begins to keep what came of it at once: `kept` waits for that.
	 * @param outcomeOf an answer
	 */
	async make<T>(start: () => Promise<T>, outcomeOf: (answer: T) => StartOutcome): Promise<T> {
		this.#renew();
		try {
			const answer = await start();
			this.keep(outcomeOf(answer));
			return answer;
		} catch (error) {
			if (error instanceof CognigyError && error.mayHaveRun) this.keep({ error });
			else if (error instanceof CognigyError) this.release();
			else this.stop();
			throw error;
		}
	}

	/** Begins to keep what came of it. */
	keep(outcome: StartOutcome): void {
		if ('error' in outcome || outcome.isWhole) this.stop();
		const text = outcomeToText(outcome);
		this.#remember(async () => await this.#settle(text));
	}

	/** Begins to give it back: it certainly did not run. */
	release(): void {
		this.stop();
		this.#remember(async () => await this.registry.releaseStart(this.#key));
	}

	/** Nothing more is to come. */
	stop(): void {
		this.#isOver = true;
		this.#stopRenewing();
	}

	/** Resolves when all of that is kept, or cannot be. */
	async kept(): Promise<void> {
		await this.#kept;
	}

	/** Tells others that we live, until it is known what came of it. */
	#renew(): void {
		this.#stopRenewing = this.clock.after(RENEW_MS, () => {
			void this.#settle().catch(() => {});
			this.#renew();
		});
	}

	get #key() {
		return { account: this.account, startId: this.identity.startId, owner: this.#owner };
	}

	async #settle(outcome?: string): Promise<void> {
		const aliveUntil = this.clock.wallTime() + (this.#isOver ? 0 : LEASE_MS);
		await this.registry.settleStart(this.#key, { aliveUntil, ...(outcome === undefined ? {} : { outcome }) });
	}

	/** One after the other: what came last stays. */
	#remember(change: () => Promise<void>): void {
		this.#kept = this.#kept.then(async () => await this.#insistOn(change)).catch(() => {});
	}

	/** Otherwise others would be told for long that it may have run, without knowing what came of it. */
	async #insistOn(change: () => Promise<void>): Promise<void> {
		try {
			await change();
		} catch {
			await sleep(this.clock, TRY_AGAIN_MS, neverAborted);
			await change();
		}
	}
}

const neverAborted = new AbortController().signal;
