import { randomBytes } from 'node:crypto';

import { edition } from '../edition';
import type { TokenState } from '../token/tokenProvider';
import type { AccountBudget } from '../budget/accountBudget';
import type { PushedSessions } from '../cognigyAi/socket/pushedMessages';
import type { SessionLinks } from '../cognigyAi/socket/sessionLinks';
import { FollowerHub } from '../streams/followerHub';
import type { Counters } from '../metrics';

/**
 * The number of the contract below. n8n loads a new version of this package beside the one that runs, and what runs goes
 * on: published triggers, executions. All copies with the same number share what is here, whichever of them made it, so
 * they call methods of each other's objects. Who changes what another copy could notice (a public member of a class that
 * is named here, or of what it takes and returns, as the sources of messages; a field of `TokenState`) raises the number,
 * and says here how the state of the number before is taken over. Errors pass from copy to copy too: `CognigyError` knows
 * its own of every copy.
 *
 * Since 2, followers push to their readers and are pushed to by their sources. Nothing of 1 is taken over: it was never
 * published.
 */
export const CONTRACT = 2;

/** What must exist once for an account of the service: who is logged in where. */
export interface SharedAccount {
	readonly budget: Pick<AccountBudget, 'take' | 'holdFor' | 'isAwaited' | 'close'> &
		// Copies of this package that are older do not have it.
		Partial<Pick<AccountBudget, 'takeNow'>>;
	/** What is known of logins, by the digest of the password: another password must not ride on the token of this one. */
	readonly tokens: Map<string, TokenState>;
	/** In ms of the monotonic clock. */
	usedAt: number;
}

/** Sockets of Cognigy.AI endpoints; whoever knows the address of an endpoint may use them, whatever the credential. */
export interface SharedSockets {
	readonly links: Pick<SessionLinks, 'use' | 'close'>;
	readonly pushed: Pick<PushedSessions, 'source' | 'note'>;
	/** What no error may show. */
	readonly secrets: string[];
}

/** What exists once in this process, for all copies of this package. */
export interface ProcessState {
	/** By the name of the account; who was used last comes last. */
	readonly accounts: Map<string, SharedAccount>;
	/** By the name of the account in the registry; who was used last comes last. */
	readonly metrics: Map<string, Counters>;
	/** Sessions that are followed, by account or endpoint. */
	followers: Pick<FollowerHub, 'seenIds' | 'note' | 'read' | 'hold'>;
	sockets: SharedSockets | undefined;
	/** For digests of passwords. It never leaves this process. */
	readonly salt: Buffer;
}

/** The state of this process; the first copy of this package that asks makes it. */
export function processState(): ProcessState {
	return edition.host.processWide<ProcessState>(`process-state/${CONTRACT}`, () => ({
		accounts: new Map(),
		metrics: new Map(),
		followers: new FollowerHub(),
		sockets: undefined,
		salt: randomBytes(32),
	}));
}

/** Ends all that is shared, in all copies. What comes later begins anew. */
export function endProcessState(): void {
	const state = processState();
	for (const { budget } of state.accounts.values()) budget.close();
	state.accounts.clear();
	state.metrics.clear();
	state.sockets?.links.close();
	state.sockets = undefined;
	state.followers = new FollowerHub();
}
