import type { CallGroup } from './callGroup';
import type { CognigyError } from './errors';
import type { FollowInput, FollowOptions } from './follow/types';
import type { AuditEntry, AuditInput } from './observe/audit';
import type { MetricsSnapshot } from './observe/metrics';

/** How one operation is to be carried out. */
export interface CallOptions {
	/** Time limit of the whole operation with its retries, in s: 1 to 3600. */
	timeoutSeconds: number;
	/** How often a failed request is repeated at most: 0 to 10. */
	retries: number;
	auditInput: AuditInput;
	/** Cancels the operation. */
	signal?: AbortSignal;
	/** The calls that this one belongs to: it shares their connections. Without it, it opens its own and closes them. */
	group?: CallGroup;
	/** Told of what went wrong beside the operation itself, e.g. that the session registry does not work. */
	onWarning?: (message: string) => void;
	/** Gets the audit entry of the operation, however it ended. */
	onAudit?: (entry: AuditEntry) => void;
}

export interface ValidateVersionInput {
	botId: string;
	flowId: string;
	targetEnvironment: string;
	/** Whether an environment without a published version is an error. */
	failIfNotPublished?: boolean;
}

export interface Version {
	id: string;
	name: string;
	state: string;
}

export interface ValidateVersionResult {
	/** Whether the flow may be triggered in the environment. */
	valid: boolean;
	botId: string;
	flowId: string;
	targetEnvironment: string;
	/** The published version of the environment. */
	version: Version | null;
	/** All versions of the bot. */
	available: Version[];
	audit: AuditEntry;
}

export interface TriggerFlowInput {
	botId: string;
	flowId: string;
	userId: string;
	/** Empty or missing: a UUID v4 is made, so that the id is known before anything is sent. */
	sessionId?: string;
	/** The user's utterance; may be empty. */
	input: string;
	/** What the flow finds in its context: a JSON object. */
	context: Record<string, unknown>;
	/** Checks first that a version is published for this environment. */
	targetEnvironment?: string;
	/** How long the service keeps the session, in minutes. */
	sessionTtlMinutes: number;
	/** Waits for what the bot says; missing: does not wait. */
	reply?: ReplyInput;
}

export interface ReplyInput {
	/** The reply is complete when nothing came for so long after a message of the bot, in ms: 100 to 60000. */
	quietMs: number;
	/** How long to wait at most, in s: 1 to 3600. */
	maxWaitSeconds: number;
}

export interface TriggerFlowResult {
	sessionId: string;
	/** The service's word for the state of the session. */
	status: string;
	botId: string;
	flowId: string;
	userId: string;
	session: {
		id: string;
		/** ISO 8601; when the start was sent. */
		createdAt: string;
		/** ISO 8601. */
		expiresAt: string;
		ttlSeconds: number;
	};
	/** What was said in the session until the bot was quiet; only with `reply`. */
	messages?: Message[];
	/** The bot's texts, a line each; only with `reply`. */
	reply?: string;
	/** What went wrong beside the start. */
	warnings?: string[];
	audit: AuditEntry;
}

export interface StreamMessagesInput {
	botId: string;
	flowId: string;
	sessionId: string;
	/** Ids of messages that are not wanted again. */
	knownIds?: readonly string[];
}

/** A message of a session (contract section 4). */
export interface Message {
	messageId: string;
	text: string;
	/** `user`, `bot` or `webhook`; the service may add more. */
	type: string;
	/** ISO 8601, as the service says. */
	timestamp: string;
}

export interface StreamOptions {
	/** Ends the stream at once. */
	signal: AbortSignal;
	/** Told of each attempt that failed, while it goes on by itself. */
	onTrouble?: (error: CognigyError) => void;
	/** Told once when it works again. */
	onRecovered?: () => void;
}

export interface ResetSessionInput {
	botId: string;
	sessionId: string;
	/** How long the service may work on the reset, in s: 60 to 3600. */
	maxDurationSec: number;
	clearVariables: boolean;
	clearHistory: boolean;
	clearNluContext: boolean;
	/** What the states of the session are set to. Empty or missing: as after a fresh start. */
	stateClearMatrix?: { flowState?: string; dialogState?: string; engineState?: string };
	/** Whether to check afterwards that the session is clean. */
	verify: boolean;
	/** How long the check may be repeated, in s: 1 to 3600, within the time limit of the operation. Missing: no own limit. */
	verifyTimeoutSeconds?: number;
}

/** A session that is to be reset. */
export interface ExpiredSession {
	sessionId: string;
	botId: string;
}

export interface ResetSessionResult {
	sessionId: string;
	status: 'RESET_COMPLETE';
	/** Whether the session was seen clean. */
	verified: boolean;
	/** The state seen last; null when it was not asked for or not told. */
	flowState: string | null;
	/** How many variables the session still has; null when that was not asked for. */
	remainingVariables: number | null;
	/** From compiling the reset to the clean session, in ms. */
	latencyMs: number;
	audit: AuditEntry;
}

/**
 * The shared internal client: one per credential and process. Every operation checks its input before anything is sent,
 * and throws only `CognigyError`, with the audit entry in it.
 */
export interface CognigyClient {
	/**
	 * Whether a version of the bot is published for the environment (contract section 2). A safe call.
	 * @throws {CognigyError} `notPublished` when `failIfNotPublished` is set; otherwise that is `valid: false`
	 */
	validateVersion(input: ValidateVersionInput, options: CallOptions): Promise<ValidateVersionResult>;
	/**
	 * Starts a flow (contract section 3). Never starts it twice (guarantee 1).
	 * @throws {CognigyError} `notPublished` when `targetEnvironment` is set and has no published version; with
	 *   `mayHaveRun` when no usable answer came to a start that was sent
	 */
	triggerFlow(input: TriggerFlowInput, options: CallOptions): Promise<TriggerFlowResult>;
	/**
	 * Resets a session and checks that it is clean (contract section 6). A safe call: resetting twice does no harm.
	 * @throws {CognigyError} `rejected` when the service does not reset it; `timeout` when it was reset but does not
	 *   become clean in time
	 */
	resetSession(input: ResetSessionInput, options: CallOptions): Promise<ResetSessionResult>;
	/**
	 * Follows the messages of a session (contract section 4): one array for each answer of the service that holds new ones.
	 * Faults are ridden out with back-off, without losing or repeating a message (guarantee 3). Ends when the session does or
	 * `signal` aborts. All streams of a session share one long poll.
	 * @throws {CognigyError} `invalidInput`, before anything is sent
	 */
	streamMessages(input: StreamMessagesInput, options: StreamOptions): AsyncIterable<Message[]>;
	/**
	 * Follows one session or every open one in the session registry, and hands over their messages (guarantees 3 and 8).
	 * Resolves when the session is over or `signal` aborts; passing faults are ridden out.
	 * @throws {CognigyError} `invalidInput`, before anything is sent
	 */
	follow(input: FollowInput, options: FollowOptions): Promise<void>;
	/**
	 * Expired sessions in the registry that nobody has reset yet, at most `limit`; for a while they are the caller's to
	 * reset (design section 5). `resetSession` marks them; whoever fails to reset one releases it.
	 * @throws {CognigyError} `server` when the registry does not work
	 */
	claimExpiredSessions(query: { botId?: string; limit: number }): Promise<ExpiredSession[]>;
	/**
	 * Checks the input and options of an operation without sending anything (guarantee 9).
	 * @throws {CognigyError} `invalidInput`, naming the parameter; without an audit entry
	 */
	check(operation: 'validateVersion', input: ValidateVersionInput, options: CallOptions): void;
	check(operation: 'triggerFlow', input: TriggerFlowInput, options: CallOptions): void;
	check(operation: 'resetSession', input: ResetSessionInput, options: CallOptions): void;
	/** A claimed session was not reset after all: somebody else may try. Never fails. */
	releaseExpiredSession(sessionId: string): Promise<void>;
	/**
	 * Logs in, unless there is a token.
	 * @throws {CognigyError} why that failed; `cancelled` when `signal` aborts first
	 */
	logIn(signal: AbortSignal): Promise<void>;
	/** Counters since this client was made. */
	metrics(): MetricsSnapshot;
	/** Ends every running operation as cancelled and closes all connections. */
	close(): void;
}
