import type { Clock } from '../time/clock';
import { budgetShape, type BudgetSize } from './budgetShape';
import type { CallKind, RateBudget } from './rateBudget';
import { SentRequests } from './sentRequests';
import { WaitingLine } from './waitingLine';

export interface LocalBudgetOptions extends BudgetSize {
	clock: Clock;
}

/**
 * The budget of a credential within one process: a log of the last requests, so that no window of 60 s, wherever it
 * starts, holds more than the budget.
 *
 * Our own code, as the libraries for it do less: p-throttle (in its strict mode) slides as well, but knows one queue
 * without shares and nothing that holds it up; bottleneck refills its reservoir in fixed intervals, so that around the
 * end of one twice the budget goes out, and so does rate-limiter-flexible, which counts in fixed windows.
 */
export function localBudget(options: LocalBudgetOptions): RateBudget {
	return new LocalBudget(options);
}

class LocalBudget implements RateBudget {
	readonly #clock: Clock;
	readonly #sent: SentRequests;
	readonly #line = new WaitingLine(() => this.#serve());
	#cancelTimer = () => {};

	constructor({ clock, ...size }: LocalBudgetOptions) {
		this.#clock = clock;
		this.#sent = new SentRequests(budgetShape(size));
	}

	async take(kind: CallKind, signal: AbortSignal): Promise<void> {
		const turn = this.#line.join(kind, signal);
		this.#serve();
		await turn;
	}

	holdFor(ms: number): void {
		this.#sent.hold(ms, this.#clock.monotonic());
		this.#serve();
	}

	close(): void {
		this.#cancelTimer();
		this.#line.close();
	}

	/** Lets go who may, and comes back when the next one may. */
	#serve(): void {
		this.#cancelTimer();
		const now = this.#clock.monotonic();
		const waitMs = this.#sent.letGo(this.#line, now);
		if (waitMs !== undefined) this.#cancelTimer = this.#clock.after(waitMs, () => this.#serve());
	}
}
