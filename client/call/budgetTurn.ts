import type { CallKind, RateBudget } from '../budget/rateBudget';
import { CognigyError } from '../errors';
import type { HttpResponse } from '../transport/http';
import { retryAfterOf } from './retryAfter';
import type { Clock } from '../time/clock';
import { Deadline } from '../time/deadline';

/** Nobody waits longer for the budget than this, in ms, however long the service asked everybody to wait. */
const MAX_WAIT_MS = 60 * 60_000;

export interface BudgetedCall {
	/** Which share of the budget it takes. Default `call`. */
	budgetKind?: CallKind | undefined;
	/** The credential's field that says the budget. Default `Requests per Minute`. */
	budgetField?: string | undefined;
	description: { action: string };
}

/**
 * Waits until the budget lets one request through (guarantee 5). The wait does not count for the time limit of the call: with
 * more items than requests per minute, waiting is how it should be.
 * @throws {CognigyError} `rateLimit` when its turn does not come within an hour
 * @throws the reason of the deadline's signal when it was cancelled
 */
export async function takeFromBudget(
	{ budget, clock }: { budget: RateBudget; clock: Clock },
	{ budgetKind = 'call', description: { action }, budgetField = 'Requests per Minute' }: BudgetedCall,
	deadline: Deadline,
): Promise<void> {
	deadline.signal.throwIfAborted();
	if (budget.takeNow?.(budgetKind)) return;
	const resume = deadline.pause();
	const wait = new Deadline(clock, MAX_WAIT_MS, [deadline.signal]);
	try {
		await budget.take(budgetKind, wait.signal);
	} catch (error) {
		deadline.signal.throwIfAborted();
		if (wait.end !== 'timeout') throw error;
		throw new CognigyError({
			category: 'rateLimit',
			message: `${action} was not sent: its turn within ${budgetField} did not come within an hour`,
			advice: `Send fewer items at a time, or raise ${budgetField} in the credential if Cognigy allows more.`,
		});
	} finally {
		wait.dispose();
		resume();
	}
}

/** A 429 with `Retry-After` holds back all calls of the account. */
export function holdBudget(budget: RateBudget, { status, headers }: HttpResponse, wallTimeMs: number): void {
	if (status !== 429) return;
	const retryAfterMs = retryAfterOf(headers, wallTimeMs);
	if (retryAfterMs) budget.holdFor(retryAfterMs);
}
