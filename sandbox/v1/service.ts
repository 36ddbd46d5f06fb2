import type { ScriptedBot } from './bots';
import type { Conversations } from './conversations';
import type { RateLimit, RetryAfterForm } from '../http/rateLimit';
import type { RuntimeStates } from './runtimeStates';
import type { Sessions } from './sessions';
import type { Stats } from './stats';
import type { Tokens } from './tokens';
import type { Users } from './users';

/** What the operations work on. */
export interface Service {
	tenantId: string;
	users: Users;
	tokens: Tokens;
	bots: readonly ScriptedBot[];
	sessions: Sessions;
	conversations: Conversations;
	runtimeStates: RuntimeStates;
	rateLimit: RateLimit;
	retryAfter: RetryAfterForm;
	/** How long a poll for messages is held open, in ms. */
	pollWaitMs: number;
	stats: Stats;
	/** The clock, in ms. */
	now: () => number;
}
