import type { BudgetSize } from './budgetShape';
import type { RateBudget } from './rateBudget';
import type { SentRequests } from './sentRequests';
import type { WaitingLine } from './waitingLine';

/** What a budget leaves to the one that takes its place. */
export interface BudgetBefore {
	/** Who waits. */
	line: WaitingLine;
	/** What was sent, and how long the service asked to wait. */
	sent: SentRequests;
}

/** A budget whose size may change while requests wait and count. */
export interface ResizableBudget extends RateBudget {
	/** What was sent counts against the new size; who waits goes by it. */
	resize(size: BudgetSize): void;
	/** Serves nobody from now on: another budget takes its place. */
	release(): BudgetBefore;
}
