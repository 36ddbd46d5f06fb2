import { createHmac } from 'node:crypto';

import type { TokenState } from '../token/tokenProvider';
import { AccountBudget, type AccountBudgetOptions } from '../budget/accountBudget';
import type { RateBudget } from '../budget/rateBudget';
import type { BudgetTerms } from '../budget/termsInUse';
import { Metrics, type Counters } from '../metrics';
import { processState, type ProcessState, type SharedAccount } from './processState';

/** So many accounts are kept, used or not. */
const MAX_UNUSED = 200;
/** An account is kept for so long after its last use, in ms, however many there are: its requests count that long. */
const KEPT_MS = 15 * 60_000;
/** Passwords of an account of which is remembered what is known. */
const MAX_PASSWORDS = 20;

/** Which account, and how its budget is counted. */
export type AccountOptions = AccountBudgetOptions;

/**
 * What is shared by all who use an account in this process. To be asked for anew at each use: what nobody has used for
 * long is forgotten, and then all who come later must find the same one.
 */
export function sharedAccount(options: AccountOptions): SharedAccount {
	const { accounts } = processState();
	const { account: key, clock } = options;
	const now = clock.monotonic();
	const account = accounts.get(key) ?? { budget: new AccountBudget(options), tokens: new Map(), usedAt: now };
	account.usedAt = now;
	accounts.delete(key);
	accounts.set(key, account);
	forgetUnused(accounts, now);
	return account;
}

function forgetUnused(accounts: ProcessState['accounts'], now: number): void {
	if (accounts.size <= MAX_UNUSED) return;
	for (const [key, { usedAt, budget }] of accounts) {
		// Those after it were used later.
		if (now - usedAt < KEPT_MS) return;
		if (budget.isAwaited) continue;
		budget.close();
		accounts.delete(key);
		if (accounts.size <= MAX_UNUSED) return;
	}
}

/** The budget of an account, under what one of its credentials says. Closing it closes nothing that others use. */
export function budgetOf(options: AccountOptions, terms: BudgetTerms): RateBudget {
	return {
		take: async (kind, signal) => await sharedAccount(options).budget.take(kind, signal, terms),
		takeNow: (kind) => sharedAccount(options).budget.takeNow?.(kind, terms) ?? false,
		holdFor: (ms) => sharedAccount(options).budget.holdFor(ms),
		close: () => {},
	};
}

/** What is known of logins to an account with this password. */
export function tokenStateOf(options: AccountOptions, password: string): () => TokenState {
	const digest = createHmac('sha256', processState().salt).update(password).digest('base64url');
	return () => {
		const { tokens } = sharedAccount(options);
		const state = tokens.get(digest) ?? {};
		tokens.delete(digest);
		tokens.set(digest, state);
		for (const [key, { running }] of tokens) {
			if (tokens.size <= MAX_PASSWORDS) break;
			if (!running) tokens.delete(key);
		}
		return state;
	};
}

/** The counters of an account since n8n started, or since it was forgotten. @param account as the registry names it */
export function metricsOf(account: string): Counters {
	const { metrics } = processState();
	const counters = metrics.get(account) ?? new Metrics();
	metrics.delete(account);
	metrics.set(account, counters);
	const [oldest] = metrics.keys();
	if (oldest !== undefined && metrics.size > MAX_UNUSED) metrics.delete(oldest);
	return counters;
}
