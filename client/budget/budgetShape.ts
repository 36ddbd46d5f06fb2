import type { CallKind } from './rateBudget';

/** The window of guarantee 5, in ms, where a service does not count in another one. */
const WINDOW_MS = 60_000;
/**
 * Requests do not travel equally fast: of two that leave 60.0 s apart, the first may arrive late and the second early,
 * and then both are in one window of the service. So a request counts for this much longer, in ms: the greatest
 * difference between the delays of two requests that the budget forgives.
 */
const MARGIN_MS = 1_000;
/** However long a service asks to wait, after this time, in ms, one request may ask again whether it still wants that. */
export const MAX_HOLD_MS = 15 * 60_000;

export interface BudgetSize {
	/** A whole number, 1 or more; a credential without a limit takes `unlimitedBudget`. */
	requestsPerWindow: number;
	/** Length of the window in ms, if not a minute. */
	windowMs?: number;
	/** How much longer than the window a request counts, in ms. */
	marginMs?: number;
}

/** At most `limit` requests within `spanMs`. */
export interface Allowance {
	limit: number;
	spanMs: number;
}

/** What all requests together may do, and what streams may do within that. */
export type BudgetShape = Readonly<Record<'all' | Extract<CallKind, 'stream'>, Allowance>>;

/**
 * Streams get half, rounded down. Half of 1 is one in two spans: so every other request at the latest is a call's if
 * one waits, and streams are not shut out for ever.
 */
export function budgetShape({
	requestsPerWindow,
	windowMs = WINDOW_MS,
	marginMs = MARGIN_MS,
}: BudgetSize): BudgetShape {
	const spanMs = windowMs + marginMs;
	const all = { limit: requestsPerWindow, spanMs };
	const stream =
		requestsPerWindow > 1 ? { limit: Math.floor(requestsPerWindow / 2), spanMs } : { limit: 1, spanMs: 2 * spanMs };
	return { all, stream };
}
