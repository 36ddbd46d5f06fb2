import type { ReplayStyle } from './mailbox';
import type { RetryAfterForm } from '../http/rateLimit';
import type { Http2Options } from '../http/httpServer';
import type { TlsMaterial } from '../http/tls';

export interface SandboxOptions extends Http2Options {
	/** Default 127.0.0.1. */
	host?: string;
	/** Default 0: any free port. */
	port?: number;
	/** True: a certificate is made for this run. Default: plain HTTP. */
	tls?: boolean | TlsMaterial;
	/** The tenant that the runtime channel belongs to. Default `demo-tenant`. */
	tenantId?: string;
	/** How long every answer of the contract's routes and of the runtime channel is held back, in ms. Default 0. */
	latencyMs?: number;
	/** How long a token is valid, in minutes. Default 30 (docs/protocol-v1.md#login). */
	tokenTtlMinutes?: number;
	/** How many calls a user may make in any 60 seconds. Default 0: no limit. */
	requestsPerMinute?: number;
	/** The form of `Retry-After` in a 429. Default `seconds`. */
	retryAfter?: RetryAfterForm;
	/** How long a start of the bot `slow-support` takes, in ms. Default 2000. */
	slowStartMs?: number;
	/** How long a bot takes for each of its messages, in ms. Default 0: they are there before the start is answered. */
	botDelayMs?: number;
	/** How long a session lives, in minutes, counted from its creation. Default 30 (docs/protocol-v1.md#sessions). */
	sessionTtlMinutes?: number;
	/** How long a poll for messages is held open when there are none, in ms. Default 20,000. */
	pollWaitMs?: number;
	/** Whether messages that were handed out are handed out again. Default `once`. */
	replay?: ReplayStyle;
	/** How long an idle connection is kept open, in ms. Default 65,000. Clients are not told, as with many proxies. */
	keepAliveTimeoutMs?: number;
	/** The clock for tokens, sessions, rate limit and timestamps, in ms. Default `Date.now`. Delays and waits use real time. */
	now?: () => number;
	/** Takes one line per request to the service. Default: no log. */
	log?: (line: string) => void;
}
