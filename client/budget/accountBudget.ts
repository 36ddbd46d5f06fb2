import type { Clock } from '../time/clock';
import { budgetShape } from './budgetShape';
import { localBudget } from './localBudget';
import type { CallKind } from './rateBudget';
import type { BudgetBefore, ResizableBudget } from './resizableBudget';
import { TermsInUse, type BudgetTerms, type EffectiveTerms } from './termsInUse';

export interface AccountBudgetOptions {
	/** Whose budget it is, as Redis knows it; holds no secret. */
	account: string;
	/** In ms. */
	windowMs: number;
	clock: Clock;
	/** Told of what is wrong with Redis. */
	onWarning: (message: string) => void;
	/** Where processes can share budgets; missing: this one counts by itself, whatever the credentials say. */
	openShared?: OpenSharedBudget | undefined;
}

/** Opens the place where processes share their budgets. @throws {Error} when the URL is malformed */
export type OpenSharedBudget = (redisUrl: string) => SharedBudgets;

export interface SharedBudgets {
	budget(options: SharedBudgetOptions): ResizableBudget;
	close(): Promise<void>;
}

export interface SharedBudgetOptions extends Pick<
	AccountBudgetOptions,
	'account' | 'windowMs' | 'clock' | 'onWarning'
> {
	requestsPerWindow: number;
	before: BudgetBefore;
}

/**
 * The one budget of an account in this process, whatever its credentials say (guarantee 5): one log of what was sent and
 * one line of who waits. What they say may change with every request, see `TermsInUse`.
 */
export class AccountBudget {
	readonly #options: AccountBudgetOptions;
	readonly #terms: TermsInUse;
	#effective: EffectiveTerms = { requestsPerWindow: Infinity, redisUrl: '' };
	#budget: ResizableBudget;
	#shared: SharedBudgets | undefined;
	#waiting = 0;
	#cancelTimer = () => {};

	constructor(options: AccountBudgetOptions) {
		this.#options = options;
		const { clock, windowMs } = options;
		// As long as a request counts, so do the terms under which it was sent.
		this.#terms = new TermsInUse(budgetShape({ requestsPerWindow: 1, windowMs }).all.spanMs);
		this.#budget = localBudget({ clock, windowMs, requestsPerWindow: Infinity });
	}

	/** Whether somebody waits. */
	get isAwaited(): boolean {
		return this.#waiting > 0;
	}

	/** As `RateBudget.take`, under what the credential of the request says. */
	async take(kind: CallKind, signal: AbortSignal, terms: BudgetTerms): Promise<void> {
		const { clock } = this.#options;
		const leave = this.#terms.state(terms, clock.monotonic());
		this.#waiting++;
		try {
			this.#review();
			await this.#budget.take(kind, signal);
		} finally {
			leave(clock.monotonic());
			if (--this.#waiting === 0) this.#cancelTimer();
			else this.#review();
		}
	}

	/** As `RateBudget.takeNow`, where all credentials of the account say the same. */
	takeNow(kind: CallKind, terms: BudgetTerms): boolean {
		if (!this.#terms.use(terms, this.#options.clock.monotonic())) return false;
		return this.#budget.takeNow?.(kind) ?? false;
	}

	/** The service asked to wait: nobody sends for `ms`. */
	holdFor(ms: number): void {
		this.#budget.holdFor(ms);
	}

	close(): void {
		this.#cancelTimer();
		this.#budget.close();
		void this.#shared?.close();
	}

	/** Goes by what the credentials say now, and comes back when that may change while somebody waits. */
	#review(): void {
		const { clock, windowMs } = this.#options;
		const now = clock.monotonic();
		const before = this.#effective;
		this.#effective = this.#terms.effective(now);
		const { requestsPerWindow, redisUrl } = this.#effective;
		if (redisUrl !== before.redisUrl) this.#moveTo(this.#effective);
		else if (requestsPerWindow !== before.requestsPerWindow) this.#budget.resize({ requestsPerWindow, windowMs });
		this.#cancelTimer();
		const { nextEnd } = this.#terms;
		if (nextEnd < Infinity) this.#cancelTimer = clock.after(Math.max(1, nextEnd - now), () => this.#review());
	}

	#moveTo({ requestsPerWindow, redisUrl }: EffectiveTerms): void {
		const { account, clock, windowMs, onWarning, openShared } = this.#options;
		const shared = redisUrl === '' ? undefined : openShared?.(redisUrl);
		const before = this.#budget.release();
		void this.#shared?.close();
		this.#shared = shared;
		const size = { clock, windowMs, requestsPerWindow, before };
		this.#budget = shared ? shared.budget({ ...size, account, onWarning }) : localBudget(size);
	}
}
