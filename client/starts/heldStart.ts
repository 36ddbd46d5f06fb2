import { randomUUID } from 'node:crypto';

import { CognigyError } from '../errors';
import type { SessionRegistry, StartClaim } from '../registry/sessionRegistry';
import type { Clock } from '../time/clock';
import type { StartIdentity } from './startIdentity';
import { outcomeToText, type StartOutcome } from './startOutcome';

/** Whoever holds a start and was not heard of for so long, in ms, has died. */
const LEASE_MS = 30_000;
/** How often it is heard of, in ms. */
const RENEW_MS = 10_000;

/** A start that is ours to make: nobody else makes it meanwhile, nor ever, if it may have run. */
export class HeldStart {
	readonly #owner = randomUUID();
	#stopRenewing: () => void = () => {};
	#isOver = false;
	#kept: Promise<unknown> = Promise.resolve();
	#problem: { reason: unknown } | undefined;

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
		this.#remember(this.#settle(outcomeToText(outcome)));
	}

	/** Begins to give it back: it certainly did not run. */
	release(): void {
		this.stop();
		this.#remember(this.registry.releaseStart(this.#key));
	}

	/** Nothing more is to come. */
	stop(): void {
		this.#isOver = true;
		this.#stopRenewing();
	}

	/** @returns why it could not be kept, if so */
	async kept(): Promise<{ reason: unknown } | undefined> {
		await this.#kept;
		return this.#problem;
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

	#remember(change: Promise<void>): void {
		const before = this.#kept;
		this.#kept = change.catch((reason: unknown) => (this.#problem = { reason })).then(() => before);
	}
}
