import type { Clock } from '../time/clock';
import { budgetShape, type BudgetSize } from './budgetShape';
import type { CallKind } from './rateBudget';
import type { BudgetBefore, ResizableBudget } from './resizableBudget';
import { SentRequests } from './sentRequests';
import { WaitingLine } from './waitingLine';

export interface LocalBudgetOptions extends BudgetSize {
	clock: Clock;
	/** What another budget of the same account knew, which this one takes the place of. */
	before?: BudgetBefore;
}

/**
 * The budget of an account within one process: a log of the last requests, so that no window of 60 s, wherever it
 * starts, holds more than the budget.
 *
 * Our own code, as the libraries for it do less: p-throttle (in its strict mode) slides as well, but knows one queue
 * without shares and nothing that holds it up; bottleneck refills its reservoir in fixed intervals, so that around the
 * end of one twice the budget goes out, and so does rate-limiter-flexible, which counts in fixed windows.
 */
export function localBudget(options: LocalBudgetOptions): ResizableBudget {
	return new LocalBudget(options);
}

class LocalBudget implements ResizableBudget {
	readonly #clock: Clock;
	readonly #line: WaitingLine;
	readonly #sent: SentRequests;
	#isUnlimited: boolean;
	#cancelTimer = () => {};

	constructor({ clock, before, ...size }: LocalBudgetOptions) {
		this.#clock = clock;
		this.#line = before?.line ?? new WaitingLine();
		this.#line.onLeave = () => this.#serve();
		this.#sent = before?.sent ?? new SentRequests(budgetShape(size));
		this.#isUnlimited = size.requestsPerWindow === Infinity;
		if (before) this.resize(size);
	}

	async take(kind: CallKind, signal: AbortSignal): Promise<void> {
		const turn = this.#line.join(kind, signal);
		this.#serve();
		await turn;
	}

	takeNow(kind: CallKind): boolean {
		const now = this.#clock.monotonic();
		if (!this.#line.isEmpty || this.#sent.freeAt(kind) > now) return false;
		this.#sent.add(kind, now);
		return true;
	}

	holdFor(ms: number): void {
		// Without a limit, `Retry-After` holds back the call that it answered, and no other.
		if (this.#isUnlimited) return;
		this.#sent.hold(ms, this.#clock.monotonic());
		this.#serve();
	}

	resize(size: BudgetSize): void {
		this.#isUnlimited = size.requestsPerWindow === Infinity;
		this.#sent.resize(budgetShape(size));
		this.#serve();
	}

	release(): BudgetBefore {
		this.#cancelTimer();
		return { line: this.#line, sent: this.#sent };
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
